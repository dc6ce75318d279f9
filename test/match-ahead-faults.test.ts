// Does a match give its result, or the error of one thread, whatever happens to the thread that decodes ahead?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { generate } from '../src/generate/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-ahead-faults-'));
afterAll(() => rmSync(folder, { recursive: true }));
const RECORDS = 120_000;
const paths = (['iocb', 'io_event'] as const).map((kind) => {
  const path = join(folder, kind);
  writeFileSync(path, Buffer.concat([...generate({ kind, layout: 'traced', records: RECORDS })]));
  return path;
});
const dist = (file: string): string =>
  JSON.stringify(new URL(`../dist/${file}`, import.meta.url).href);

/** What a child finds of a match, and how many blocks it took from the thread. */
interface Found {
  readonly result?: unknown;
  readonly fault?: { readonly code: string; readonly message: string; readonly byteOffset: number };
  readonly taken: number;
}

/**
 * Matches in a process of its own. `before` runs in each of its threads first; `waits` is for the
 * thread to run before the match begins. `cutAt` truncates the submissions once blocks were taken.
 */
function foundAfter(before: string, workers?: number, waits = true, cutAt = 0): Found {
  const victims = cutAt > 0 ? paths.map((path) => `${path}.victim`) : paths;
  const program = `
    import { copyFileSync, truncateSync } from 'node:fs';
    import { match } from ${dist('node.js')};
    import { currentHost, useHost } from ${dist('stream/host.js')};
    import { decodeAhead } from ${dist('host/node/decode-ahead.js')};
    const [paths, victims] = ${JSON.stringify([paths, victims])};
    if (${cutAt} > 0) for (const i of [0, 1]) copyFileSync(paths[i], victims[i]);
    let taken = 0;
    useHost({ ...currentHost(), async decodeAhead(jobs, { workers, signal }) {
      if (workers === 1) return undefined;
      const thread = decodeAhead(jobs, signal);
      while (${waits} && !thread.sources.every(({ runs }) => runs)) await new Promise((go) => setTimeout(go, 1));
      for (const blocks of thread.sources) {
        const take = blocks.take.bind(blocks);
        blocks.take = (...all) => (taken += 1, take(...all));
      }
      return thread;
    } });
    const onProgress = ({ bytes }) => {
      if (${cutAt} > 0 && bytes > 6e6) truncateSync(victims[0], ${cutAt});
    };
    const found = await match(victims[0], victims[1], { workers: ${workers}, onProgress }).then(
      (result) => ({ result: result.toJSON() }),
      ({ code, message, byteOffset }) => ({ fault: { code, message, byteOffset } }));
    console.log(JSON.stringify({ ...found, taken }));`;
  const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(before)}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS }, maxBuffer: 2 ** 26 },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const IMPORTS = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
  import { isMainThread } from 'node:worker_threads'; const { readSync } = fs;`;
const one = foundAfter('', 1);
/** What readSync of the thread does instead of its n-th read, from the 0th on. */
const atRead = (n: number, what: string): string => `${IMPORTS} let reads = 0;
  if (!isMainThread) fs.readSync = (...all) => { if (reads++ >= ${n}) ${what}; return readSync(...all); };
  syncBuiltinESMExports();`;

test('one thread matches all, and takes nothing from others', () => {
  expect(one).toMatchObject({ taken: 0, result: { matched: expect.any(Number) } });
});

test.each([
  ['dies at once', 'process.exit(9)'],
  ['dies of an error', "throw new Error('bad day')"],
  ['never gets to its work', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
])('a thread that %s', (_, code) => {
  const before = `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) ${code};`;
  expect(foundAfter(before, undefined, false)).toEqual(one);
});

test.each([
  ['dies at its first read', 0, 'process.exit(9)'],
  ['dies at a later read', 4, 'process.exit(9)'],
  ['cannot read', 3, "throw Object.assign(new Error('EIO'), { code: 'EIO' })"],
  ['finds an end', 3, 'return 0'],
])('a thread that %s: the other one goes on', (_, reads, what) => {
  const { taken, ...found } = foundAfter(atRead(reads, what));
  expect(found).toEqual({ result: one.result });
  expect(taken > 0).toBe(reads > 0);
});

test('a thread that is slow: the process waits for it', () => {
  const pause = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)';
  const { taken, ...found } = foundAfter(atRead(0, pause));
  expect(found).toEqual({ result: one.result });
  expect(taken).toBeGreaterThan(0);
});

test('reads that return less than they were asked for', () => {
  const before = `${IMPORTS} fs.readSync = (fd, target, offset, length, position) =>
    readSync(fd, target, offset, Math.min(length, 100_003), position); syncBuiltinESMExports();`;
  const { taken, ...found } = foundAfter(before);
  expect(found).toEqual({ result: one.result });
  expect(taken).toBeGreaterThan(0);
});

// In a filling of one thread, at the end of one, and in one of the other thread.
test.each([300_000, 88 * 12_288 * 2, 7_000_001])('a disk that fails at byte %i', (at) => {
  const before = `${IMPORTS} fs.readSync = (fd, target, offset, length, position) => {
    const isVictim = typeof position === 'number' && fs.fstatSync(fd).size === ${88 * RECORDS};
    if (isVictim && position === ${at}) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    const most = isVictim && position < ${at} ? ${at} - position : length;
    return readSync(fd, target, offset, Math.min(length, most), position);
  }; syncBuiltinESMExports();`;
  const { fault } = foundAfter(before, 1);
  expect(fault).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: at });
  expect(foundAfter(before)).toMatchObject({ fault });
});

test('a file that is truncated while it is read', () => {
  const cutAt = 9_500_007;
  const { fault } = foundAfter('', 1, true, cutAt);
  expect(fault).toMatchObject({ code: 'AIOSCOPE_SHRANK', byteOffset: cutAt });
  const ahead = foundAfter('', undefined, true, cutAt);
  expect(ahead).toEqual({ fault, taken: ahead.taken });
  expect(ahead.taken).toBeGreaterThan(0);
});
