// Does the thread that decodes ahead end, and the process with it, where its blocks are not used?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { generate } from '../src/generate/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-ahead-ends-'));
afterAll(() => rmSync(folder, { recursive: true }));
// Long enough for a thread, most of it a hole: only the beginning is read.
const paths = (['iocb', 'io_event'] as const).map((kind) => {
  const path = join(folder, kind);
  writeFileSync(path, Buffer.concat([...generate({ kind, layout: 'traced', records: 2000 })]));
  truncateSync(path, 2 ** 27);
  return path;
});
const door = JSON.stringify(new URL('../dist/node.js', import.meta.url).href);

/** A process that never ends by itself is killed after this time (ms). */
const TIMEOUT = 60_000;

/** Runs a program with what it needs to match the files, and returns what it printed. */
function printed(program: string): unknown {
  const code = `
    import { readdirSync, readlinkSync } from 'node:fs';
    import { match, openPairs, openRequests } from ${door};
    const paths = ${JSON.stringify(paths)};
    const format = { layout: 'traced', endian: 'little' };
    const options = { workers: 2, submissions: format, completions: format };
    const threads = [];
    process.on('worker', (worker) => threads.push(worker));
    ${program}`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', code],
    { encoding: 'utf8', timeout: TIMEOUT, killSignal: 'SIGKILL' },
  );
  if (status !== 0) throw new Error(`ended with ${status ?? signal}: ${stderr}`);
  return JSON.parse(stdout);
}

// Whether the thread is still starting, or waits for what it is to do.
test.each([0, 500])(
  'of a stream that nobody reads, after %i ms',
  { timeout: 3 * TIMEOUT },
  (ms) => {
    for (const open of ['openPairs', 'openRequests'])
      expect(
        printed(`
        const stream = await ${open}(...paths, options);
        await new Promise((resolve) => setTimeout(resolve, ${ms}));
        console.log(threads.length);`),
      ).toBe(1);
  },
);

test('of a match that finds no memory, whose files are closed', { timeout: 2 * TIMEOUT }, () => {
  const found = printed(`
    WebAssembly.Memory = class { constructor() { throw new RangeError('no memory'); } };
    const message = await match(...paths, { ...options, engine: 'wasm-simd' }).then(
      () => 'no error', ({ message }) => message);
    const isOpen = (fd) => { try { return paths.includes(readlinkSync('/proc/self/fd/' + fd)); } catch { return false; } };
    const open = process.platform === 'linux' ? readdirSync('/proc/self/fd').filter(isOpen) : [];
    console.log(JSON.stringify({ message, open, threads: threads.map(({ threadId }) => threadId) }));`);
  expect(found).toEqual({ message: expect.stringContaining('no memory'), open: [], threads: [-1] });
});
