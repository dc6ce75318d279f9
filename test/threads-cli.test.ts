// Do threads of the command give the summary of one, and does a thread that dies never give a wrong one?
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aioscope, printed } from './support/cli.ts';
import { ran } from './support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-workers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const SIZE = 300 * 2 ** 20 + 13;
const file = join(folder, 'dump');
const fd = openSync(file, 'w');
ftruncateSync(fd, SIZE);
// Records at the ends of the file and around its range boundaries.
for (const at of [0, 2 ** 26 - 32, 2 ** 26, 2 ** 27 + 32, 300 * 2 ** 20 - 32])
  writeSync(fd, new Uint8Array(32).fill(at % 251), 0, 32, at);
closeSync(fd);
const args = ['summary', '--json', '--kind', 'io_event', file];

const one = printed([...args, '--workers', '1']);

test('threads of any number give the summary of one', () => {
  expect(JSON.parse(one).inputs).toMatchObject([
    { bytes: SIZE, records: (SIZE - 13) / 32, tornBytes: 13 },
  ]);
  for (const workers of ['2', '3', '7']) expect(printed([...args, '--workers', workers])).toBe(one);
  expect(printed(args)).toBe(one);
});

/** A module that runs in every thread before anything else. */
const preload = (code: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}`,
});
const IN_THREADS = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'; import { isMainThread } from 'node:worker_threads';`;
/** The calling thread reads slowly, so that it cannot be done before a thread has begun. */
const SLOW = `${IN_THREADS} const { readSync } = fs;
  fs.readSync = (...all) => {
    if (isMainThread) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return readSync(...all);
  };
  syncBuiltinESMExports();`;

test.each([
  ['at once', 'process.exit(9)', 'its thread exited with 9'],
  ['of an error', "throw new Error('bad day')", 'bad day'],
])(
  'where threads die %s, the calling thread reads all, and the result says why',
  (_, dying, reason) => {
    const env = preload(`${SLOW} if (!isMainThread) ${dying};`);
    const json = printed([...args, '--workers', '3'], { env });
    const { workersReason, ...result } = JSON.parse(json);
    expect(workersReason).toBe(reason);
    expect(result).toEqual(JSON.parse(one));
  },
);

test('the summary for people says why one thread reads', () => {
  const env = preload(`${SLOW} if (!isMainThread) process.exit(9);`);
  const text = printed(['summary', '--kind', 'io_event', file, '--workers', '3'], { env });
  expect(text).toMatch(/engine .*; read on one thread: its thread exited with 9\n$/);
});

test('threads that die at work are an error, and no summary', () => {
  const dying =
    'if (!isMainThread) { fs.readSync = () => process.exit(9); syncBuiltinESMExports(); }';
  const { status, stdout, stderr } = aioscope([...args, '--workers', '2'], {
    env: preload(SLOW + dying),
  });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(
    /dump: the worker that read bytes \d+ to \d+ ended too early: its thread exited with 9; /,
  );
});

test.each(['0', '1.5', '257', 'all'])('--workers cannot be %s', async (workers) => {
  expect(await ran([...args, '--workers', workers])).toMatchObject({ status: 2, stdout: '' });
});

test('threads see that a file is cut while they read it', () => {
  const shrinking = `${IN_THREADS} const { readSync } = fs; let cut = false;
    fs.readSync = (...all) => { if (!cut && all[4] > 0) { cut = true; fs.truncateSync(process.env.VICTIM, 1000); } return readSync(...all); };
    syncBuiltinESMExports();`;
  const victim = join(folder, 'victim');
  closeSync(openSync(victim, 'w'));
  truncateSync(victim, SIZE);
  const env = { VICTIM: victim, ...preload(shrinking) };
  const { status, stdout, stderr } = aioscope(
    ['summary', '--json', '--kind', 'io_event', '--workers', '2', victim],
    { env },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(
    `${victim}: ended at byte 1000, expected ${SIZE} bytes as when it was opened: `,
  );
});
