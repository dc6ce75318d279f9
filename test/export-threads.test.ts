// Is the text of a long file that threads write the same, byte for byte, and does it end as it should?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aioscope, environment, main } from './support/cli.ts';
import { randomBytes } from './support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LAYOUT = 'ts:u64,comm:char4,pad:212,record';
const STRIDE = 256;
const RECORDS = 140_001;
const dump = join(folder, 'dump.ioev');
const bytes = randomBytes(RECORDS * STRIDE + 13, 9);
for (let i = 0; i < RECORDS; i++) {
  const words = new DataView(bytes.buffer, i * STRIDE, STRIDE);
  words.setBigUint64(0, BigInt(i), true);
  words.setUint32(8, 0x30303030 + (i % 7), true);
  // Results of a few kinds, some of them errors.
  words.setBigInt64(240, BigInt([4096, -11, 0, 512][i % 4]), true);
}
writeFileSync(dump, bytes);

const FORMAT = ['--kind', 'io_event', '--layout', LAYOUT, '--endian', 'little'];
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { stdout, stderr, status } = aioscope(['export', ...FORMAT, ...args, dump], { env });
  return { stdout, stderr, status };
};
const linesOf = (text: string): number => text.split('\n').length - 1;

test.each<[string, readonly string[], number]>([
  ['ndjson', ['--format', 'ndjson'], RECORDS],
  [
    'csv',
    ['--format', 'csv', '--names', '--check', 'linux', '--columns', 'res,comm,anomalies'],
    RECORDS + 1,
  ],
  [
    'a selection',
    ['--format', 'ndjson', '--where', 'res=-11', '--from', '50us', '--int64', 'string'],
    22_500,
  ],
  [
    'a selection by the check',
    [
      '--format',
      'csv',
      '--check',
      'linux',
      '--where',
      'firstRefusal=0',
      '--columns',
      'firstRefusal',
    ],
    RECORDS + 1,
  ],
  [
    'times from the first record on',
    ['--format', 'csv', '--from', '+100us', '--columns', 'ts'],
    40_002,
  ],
])('%s', (_, args, lines) => {
  const one = run([...args, '--workers', '1']);
  expect(linesOf(one.stdout)).toBe(lines);
  expect(one.stderr).toContain('13 bytes');
  for (const workers of ['2', '3', '7']) {
    const many = run([...args, '--workers', workers]);
    expect(many.stdout === one.stdout).toBe(true);
    expect({ ...many, stdout: '' }).toEqual({ ...one, stdout: '' });
  }
});

test('two files are written one after the other', () => {
  const args = ['export', ...FORMAT, '--format', 'csv', '--columns', 'res', dump, dump];
  const [one, two] = ['1', '2'].map((workers) => aioscope([...args, '--workers', workers]));
  expect(linesOf(one.stdout)).toBe(2 * RECORDS + 1);
  expect(two.stdout === one.stdout).toBe(true);
  expect(two.stderr).toBe(one.stderr);
});

/** A module that runs in every thread before anything else. */
const preload = (code: string) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(
    `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
     import { isMainThread } from 'node:worker_threads'; ${code}`,
  )}`,
});
/** Runs code in a thread before its `n`th read. */
const beforeRead = (n: number, code: string) =>
  preload(`let reads = 0; const { readSync } = fs;
    fs.readSync = (...all) => {
      if (!isMainThread && ++reads === ${n}) { ${code} }
      return readSync(...all);
    };
    syncBuiltinESMExports();`);

const NARROW = ['--format', 'ndjson', '--columns', 'ts'];
const narrow = run([...NARROW, '--workers', '1']).stdout;

test('threads that cannot begin leave the file to the calling thread', () => {
  const { stdout, status } = run(
    [...NARROW, '--workers', '3'],
    preload('if (!isMainThread) process.exit(9);'),
  );
  expect([status, stdout === narrow]).toEqual([0, true]);
});

test('a thread that dies is an error, after the text before its range', () => {
  const { stdout, stderr, status } = run(
    [...NARROW, '--workers', '2'],
    beforeRead(8, 'process.exit(9)'),
  );
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /the worker that reads from byte \d+ on ended too early: its thread exited/,
  );
  expect(stdout.length).toBeGreaterThan(0);
  expect(narrow.startsWith(stdout)).toBe(true);
});

test('a file that is truncated while it is read is an error, after its whole records', () => {
  const path = join(folder, 'short.ioev');
  writeFileSync(path, bytes);
  const shorten = beforeRead(
    6,
    `fs.truncateSync(${JSON.stringify(path)}, ${100_000 * STRIDE + 8})`,
  );
  const args = ['export', ...FORMAT, ...NARROW, '--workers', '2', path];
  const { stdout, stderr, status } = aioscope(args, { env: shorten });
  expect(status).toBe(1);
  expect(stderr).toContain(`ended at byte ${100_000 * STRIDE + 8}, expected ${bytes.byteLength}`);
  expect(stdout === narrow.slice(0, stdout.length)).toBe(true);
  expect(linesOf(stdout)).toBe(100_000);
});

test('a reader that closes the pipe ends the command quietly, and a full disk with an error', () => {
  const command = [process.execPath, main, 'export', ...FORMAT, ...NARROW, '--workers', '2', dump];
  const quoted = command.map((each) => `'${each}'`).join(' ');
  const sh = (rest: string) =>
    spawnSync('bash', ['-o', 'pipefail', '-c', `${quoted} ${rest}`], {
      encoding: 'utf8',
      env: environment(),
    });
  const piped = sh('| head -n 2');
  expect([piped.status, piped.stderr, piped.stdout]).toEqual([
    0,
    '',
    narrow.split('\n', 2).join('\n').concat('\n'),
  ]);
  const full = sh('-o /dev/full');
  expect(full.status).toBe(1);
  expect(full.stderr).toContain('/dev/full: cannot be written');
});

test('a file of text is complete', () => {
  const output = join(folder, 'out.ndjson');
  expect(run([...NARROW, '-o', output]).status).toBe(0);
  expect(statSync(output).size).toBe(narrow.length);
});
