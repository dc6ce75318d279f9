// Does the command give a result, or say what to raise, where a limit of the process is low?
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { aioscope, environment, fixture, main, printed } from './support/cli.ts';

const EVENTS = fixture('fio_nowait.ioev56');
const IOCBS = fixture('fio_nowait.iocb88');

const folder = mkdtempSync(join(tmpdir(), 'aioscope-limits-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command under a limit of `ulimit`. */
function limited(limit: string, args: readonly string[]): SpawnSyncReturns<string> {
  const command = ['-c', `ulimit ${limit}; exec "$@"`, 'sh', process.execPath, main, ...args];
  return spawnSync('sh', command, { encoding: 'utf8', env: environment({ AIOSCOPE_ENGINE: '' }) });
}

/** Analyses of one block or more. */
const COMMANDS = [
  ['summary', [EVENTS]],
  ['check', [EVENTS]],
  ['report', [EVENTS]],
  ['match', [IOCBS, EVENTS]],
] as const;

describe('without memory for WebAssembly', () => {
  // Node 20 has none with 8 GB of address space; newer ones reserve less.
  const code =
    "WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory'); } };";
  const env = {
    AIOSCOPE_ENGINE: '',
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}`,
  };
  const REASON = 'could not allocate memory; the address space may be limited (ulimit -v)';

  test.each(COMMANDS)('%s has the result of the js engine, and the reason', (command, files) => {
    const { engineReason, ...result } = JSON.parse(printed([command, '--json', ...files], { env }));
    expect(engineReason).toBe(REASON);
    expect(result).toEqual(JSON.parse(printed([command, '--json', '--engine', 'js', ...files])));
  });

  test('the text has the reason too', () => {
    expect(printed(['summary', EVENTS], { env })).toMatch(/\nengine js \(could not .*-v\)\)\n$/);
  });

  test('an engine that was asked for is an error', () => {
    const args = ['summary', '--engine', 'wasm-simd', EVENTS];
    const { stdout, stderr, status } = aioscope(args, { env });
    expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
    expect(stderr).toBe(
      `aioscope: error: engine 'wasm-simd' does not run here: ${REASON}; engine 'js' runs everywhere\n`,
    );
  });
});

describe('with few descriptors', () => {
  beforeEach(({ skip }) => skip(process.platform === 'win32', 'Windows has no ulimit'));

  test('the result, or what to raise in one line', () => {
    const path = join(folder, 'long');
    const fd = openSync(path, 'w');
    ftruncateSync(fd, 260 * 2 ** 20);
    closeSync(fd);
    const args = ['summary', '--kind', 'io_event', '--workers', '2', path];
    const statuses: (number | null)[] = [];
    for (let n = 16; n < 40; n += 2) {
      const { stderr, status, stdout } = limited(`-n ${n}`, args);
      // Node needs some itself, to begin with the file of the command.
      if (status === null || stderr.includes(`open '${main}'`)) continue;
      statuses.push(status);
      if (status === 0) expect(stdout).toContain('8,519,680 records');
      else expect(stderr).toMatch(/^aioscope: error: .*raise the limit .*\(ulimit -n\)\n$/);
    }
    expect(statuses).toContain(0);
    expect(statuses).toContain(1);
  });
});

describe('with 8 GB of address space', () => {
  beforeEach(({ skip }) => skip(process.platform !== 'linux', 'only Linux obeys ulimit -v'));

  const LIMIT = '-v 8000000';
  const statistics = (json: string): object => {
    const { engine: _, engineReason: _r, ...rest } = JSON.parse(json);
    return rest;
  };

  test.each(COMMANDS)('%s has the same result, whichever engine it has', (command, files) => {
    const { stdout, stderr, status } = limited(LIMIT, [command, '--json', ...files]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(statistics(stdout)).toEqual(statistics(printed([command, '--json', ...files])));
  });

  test('a long file is not shared out: a thread without address space ends the process', () => {
    const path = join(folder, 'dump');
    const fd = openSync(path, 'w');
    ftruncateSync(fd, 300 * 2 ** 20);
    closeSync(fd);
    const args = ['summary', '--json', '--kind', 'io_event', '--workers', '2', path];
    const { workersReason, ...summary } = JSON.parse(limited(LIMIT, args).stdout);
    expect(workersReason).toBe(
      'the address space is limited (ulimit -v), and a thread may reserve 12 GiB',
    );
    expect(statistics(JSON.stringify(summary))).toEqual(statistics(printed(args)));
  });
});

test.each([
  ['EMFILE', 'too many files are open; raise the limit (ulimit -n)'],
  ['ENFILE', 'too many files are open on this machine; close some, or raise fs.file-max'],
])('a dump that cannot be opened for %s', (code, reason) => {
  const before = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { openSync } = fs;
    fs.openSync = (path, ...rest) => {
      if (path === ${JSON.stringify(EVENTS)}) throw Object.assign(new Error('too many'), { code: '${code}' });
      return openSync(path, ...rest);
    };
    syncBuiltinESMExports();`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(before)}` };
  const { stdout, stderr, status } = aioscope(['summary', EVENTS], { env });
  const message = `aioscope: error: ${EVENTS}: cannot be opened: ${reason}\n`;
  expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: message, status: 1 });
});
