// Does the command end zstd(1) with itself, however it ends, and start it only for long files?
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { zstdProgram } from '../../src/host/node/zstd-program.ts';
import { open, summarize } from '../../src/node.ts';
import { aioscope, environment, main, printed } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-zstd-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const program = zstdProgram();
const log = join(folder, 'log');
const { PATH } = process.env;
const SEARCH = `${join(folder, 'bin')}:/usr/bin:/bin`;
const env = { PATH: SEARCH };
const [dump, long, short] = ['dump', 'long.zst', 'short.zst'].map((name) => join(folder, name));

const reason =
  program === undefined
    ? 'zstd is not installed'
    : 'createZstdDecompress' in zlib
      ? 'zlib of this Node has zstd'
      : undefined;

beforeAll(() => {
  if (reason !== undefined) return;
  mkdirSync(join(folder, 'bin'));
  const script = join(folder, 'bin/zstd');
  writeFileSync(
    script,
    `#!/bin/sh\necho "$$ $* $(env | cut -d= -f1 | grep -v PWD | xargs)" >> ${log}\nexec ${program} "$@"\n`,
  );
  chmodSync(script, 0o755);
  for (const [path, records] of [
    [long, '1.5M'],
    [short, '20k'],
  ]) {
    printed(['generate', '--kind', 'io_event', '--records', records, '--force', '-o', dump]);
    spawnSync(program as string, ['-q', dump, '-o', path]);
  }
  spawnSync(program as string, ['-q', '-d', '-f', long, '-o', dump]);
  process.env['PATH'] = SEARCH;
}, 60_000);
afterAll(() => {
  process.env['PATH'] = PATH;
});
beforeEach(({ skip }) => skip(reason !== undefined, reason));

/** How the program was started since the last call: process, arguments and environment. */
function starts(): readonly string[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  rmSync(log);
  return lines;
}

/** Waits for the program to start. */
async function startOf(): Promise<string> {
  while (!existsSync(log) || readFileSync(log, 'utf8') === '') await turn();
  return starts()[0].split(' ')[0];
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** Waits for the end of a process that nobody else may wait for. */
async function end(pid: string): Promise<void> {
  const isThere = () => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1][0] !== 'Z';
    } catch {
      return false;
    }
  };
  while (isThere()) await turn();
}

test('a long file, with the same result; nothing else of the environment is passed on', () => {
  const all = ['--kind', 'io_event', '--json'];
  const of = (path: string) =>
    printed(['summary', ...all, path], { env: { ...env, ZSTD_CLEVEL: '9' } }).replaceAll(path, '');
  expect(of(long).replace('"zstd"', 'null')).toBe(of(dump).replace('"zstd"', 'null'));
  expect(starts()).toEqual([expect.stringMatching(/^\d+ -dcq PATH( SHLVL| _)*$/)]);
});

test.each([
  ['a short file', ['summary', short]],
  ['a few records of a long one', ['print', '--limit', '3', long]],
])('not started for %s', (_, args) => {
  expect(aioscope(args, { env }).status).toBe(0);
  expect(starts()).toEqual([]);
});

describe('ends with', () => {
  const run = (args: readonly string[], stdout: 'ignore' | 'pipe'): ChildProcess =>
    spawn(process.execPath, [main, ...args], {
      env: environment(env),
      stdio: ['ignore', stdout, 'ignore'],
    });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('a command that %s ends', async (signal) => {
    const child = run(['summary', long], 'ignore');
    const pid = await startOf();
    child.kill(signal);
    await once(child, 'exit');
    await end(pid);
  });

  test('a pipe whose reader goes away', async () => {
    const child = run(['print', long], 'pipe');
    child.stdout?.resume();
    const pid = await startOf();
    child.stdout?.destroy();
    const [status] = await once(child, 'exit');
    expect(status).toBe(0);
    await end(pid);
  });

  test('an abort, and a loop that ends early', async () => {
    const stop = new AbortController();
    const summary = summarize(long, { kind: 'io_event', signal: stop.signal });
    const first = await startOf();
    stop.abort(new Error('enough'));
    await expect(summary).rejects.toThrow('enough');
    await end(first);
    let pid = '';
    for await (const _ of open(long, { kind: 'io_event' })) {
      pid = starts()[0]?.split(' ')[0] ?? '';
      if (pid !== '') break;
    }
    expect(pid).not.toBe('');
    await end(pid);
  });
});
