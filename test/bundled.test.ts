// Does a program for Node that is bundled read paths, and long files without the modules of threads?
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../src/node.ts';
import { fixture } from './support/cli.ts';

const project = mkdtempSync(join(tmpdir(), 'aioscope-bundled-'));
afterAll(() => rmSync(project, { recursive: true }));
const output = join(project, 'out');

const PROGRAM = `
  import { open, summarize } from 'aioscope';
  const [, , long, compressed] = process.argv;
  const format = { kind: 'io_event', layout: 'traced' };
  const summary = await summarize(long, { ...format, workers: 3 });
  const reader = open(long, { ...format, workers: 2 });
  let [records, res] = [0, 0n];
  for await (const { columns, firstIndex, length } of reader) {
    if (firstIndex !== records) throw new Error(firstIndex + ' follows ' + records);
    records += length;
    for (const each of columns.res) res += each;
  }
  const { io_event } = summary.toJSON();
  const counted = [io_event.records, io_event.columns.res.sum, summary.workersReason];
  const read = [records, String(res), reader.workersReason];
  console.log(JSON.stringify({ counted, read, unpacked: (await summarize(compressed)).inputs[0].records }));`;

/** What the bundler warned of. */
const warnings: string[] = [];
beforeAll(async () => {
  mkdirSync(join(project, 'node_modules'));
  const root = fileURLToPath(new URL('..', import.meta.url));
  symlinkSync(root, join(project, 'node_modules/aioscope'));
  writeFileSync(join(project, 'program.mjs'), PROGRAM);
  const bundle = await rolldown({
    input: join(project, 'program.mjs'),
    platform: 'node',
    onLog: (_, { message }) => warnings.push(message),
  });
  await bundle.write({ dir: output });
  await bundle.close();
}, 60_000);

const STRIDE = 56;
const RECORDS = 5_000_000;
/** A sparse file of 267 MiB: its records are zeros, but for some. */
function longFile(): string {
  const path = join(project, 'long.ioev56');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, RECORDS * STRIDE);
  const layout = 'traced';
  for (const i of [0, 1, 2, 3, 2_000_000, RECORDS - 1]) {
    const record = { ts: 10n ** 18n + BigInt(i), pid: 7, tid: 7, obj: 4096n, res: BigInt(i) };
    writeSync(fd, encode([record], { kind: 'io_event', layout }), 0, STRIDE, i * STRIDE);
  }
  closeSync(fd);
  return path;
}

test('bundling warns of nothing, and leaves the modules of threads out', () => {
  expect(warnings).toEqual([]);
  expect(readdirSync(output).filter((name) => name.includes('-worker'))).toEqual([]);
});

test('paths, compressed files, and a long file on the calling thread', () => {
  const args = [join(output, 'program.js'), longFile(), fixture('sysbench_fileio.ioev56.gz')];
  const found = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  const sum = String(0 + 1 + 2 + 3 + 2_000_000 + RECORDS - 1);
  const reason = /^Cannot find module '.*-worker\.js'$/;
  const expected = [RECORDS, sum, expect.stringMatching(reason)];
  // The calling thread may have counted all before a worker fails to start.
  if (found.counted[2] === null) found.counted[2] = found.read[2];
  expect(found).toEqual({ counted: expected, read: expected, unpacked: 3712 });
});
