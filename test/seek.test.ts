// Does a reader that begins in the middle of a file read the same batches, and does print show the same?
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { type OpenOptions, open, openSource, type RecordReader, type Source } from '../src/node.ts';
import { aioscope, printed } from './support/cli.ts';
import { randomBytes } from './support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-seek-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kind = 'io_event';
const RECORDS = 150_000;
/** Records of a read of 1 MiB. */
const READ = 32_768;
const bytes = randomBytes(RECORDS * 32 + 5, 3);
const dump = join(folder, 'dump.ioev');
writeFileSync(dump, bytes);

/** What each batch shows of itself, and the quality at the end. */
async function shown(reader: RecordReader) {
  const batches: unknown[] = [];
  for await (const batch of reader) {
    const { firstIndex, length } = batch;
    const first = batch.at(0);
    batches.push({
      firstIndex,
      length,
      offset: batch.offsetOf(0),
      first,
      last: batch.at(length - 1),
    });
  }
  return { batches, quality: reader.quality };
}

test('the last of several seeks counts, back to the beginning too', async () => {
  const reader = open(dump, { kind });
  expect(await reader.seek(100_000)).toBe(3 * READ);
  expect(await reader.seek(20)).toBe(0);
  expect(await shown(reader)).toEqual(await shown(open(dump, { kind })));
});

test.each([
  [0, 0],
  [READ - 1, 0],
  [READ, READ],
  [100_000, 3 * READ],
  [RECORDS - 1, 4 * READ],
  [2 ** 50, 4 * READ],
])('seek(%i) begins at %i', async (index, begin) => {
  const whole = await shown(open(dump, { kind }));
  const reader = open(dump, { kind });
  expect(await reader.seek(index)).toBe(begin);
  const { batches, quality } = await shown(reader);
  expect(quality).toEqual(whole.quality);
  expect(batches).toEqual(whole.batches.slice(begin / 8192));
  expect(batches.length).toBeGreaterThan(0);
});

test('a source that was detected, or is open, is read from there too', async () => {
  const layout = 'record';
  for (const options of [{ layout, endian: 'little', compression: 'none' }, {}] as const) {
    const reader = open(await openSource(dump, { kind, ...options }));
    expect(await reader.seek(READ)).toBe(READ);
    for await (const batch of reader) {
      expect(batch.columns.data).toEqual(
        new BigUint64Array(bytes.buffer.slice(READ * 32, (READ + 8192) * 32)).filter(
          (_, i) => i % 4 === 0,
        ),
      );
      break;
    }
  }
});

test.each<[string, () => Source, Partial<OpenOptions>]>([
  ['bytes in memory', () => bytes, {}],
  ['gzip', () => gzipSync(bytes), {}],
  ['a selection', () => dump, { where: 'res<0' }],
  ['an empty file', () => join(folder, 'empty'), {}],
  ['a file that is followed', () => dump, { follow: AbortSignal.abort() }],
])('%s is read from its beginning', async (_, source, options) => {
  writeFileSync(join(folder, 'empty'), '');
  const whole = await shown(open(source(), { kind, ...options }));
  const reader = open(source(), { kind, ...options });
  expect(await reader.seek(140_000)).toBe(0);
  expect(await shown(reader)).toEqual(whole);
});

test('a file that is truncated behind the place ends where it ends', async () => {
  const path = join(folder, 'short.ioev');
  writeFileSync(path, bytes);
  const reader = open(path, { kind });
  expect(await reader.seek(RECORDS)).toBe(4 * READ);
  truncateSync(path, 3200);
  const failure = expect.objectContaining({ code: 'AIOSCOPE_SHRANK', byteOffset: 3200 });
  await expect(shown(reader)).rejects.toEqual(failure);
});

test('what is appended while it is read is read', async () => {
  const path = join(folder, 'long.ioev');
  writeFileSync(path, bytes.subarray(0, 64 * READ));
  const reader = open(path, { kind });
  expect(await reader.seek(2 * READ)).toBe(READ);
  appendFileSync(path, bytes.subarray(64 * READ));
  expect((await shown(reader)).quality.bytes).toBe(bytes.byteLength);
});

test('an index that is not a whole number, and a reader that has been read, are errors', async () => {
  const reader = open(dump, { kind });
  for (const index of [-1, 0.5, Number.NaN])
    await expect(reader.seek(index)).rejects.toMatchObject({ code: 'AIOSCOPE_OPTION' });
  await shown(reader);
  await expect(reader.seek(1)).rejects.toMatchObject({ code: 'AIOSCOPE_SOURCE' });
});

test.each([
  [READ, 1],
  [READ + 1, 2],
  [RECORDS - 1, 5],
  [RECORDS, 5],
  [2 * RECORDS, 5],
  [READ, 0],
])('print --skip %i --limit %i of a file prints what it does of a pipe', (skip, limit) => {
  const args = ['print', '--kind', kind, '--json', '--skip', `${skip}`, '--limit', `${limit}`];
  const [piped, seeking] = [aioscope([...args, '-'], { input: bytes }), aioscope([...args, dump])];
  expect(seeking.stdout).toBe(piped.stdout);
  expect(JSON.parse(seeking.stdout).rows.length).toBe(Math.max(0, Math.min(limit, RECORDS - skip)));
  expect(seeking.stderr).toBe(piped.stderr.replace('-:', `${dump}:`));
});

test('with conditions, --skip counts the records that they select', () => {
  const args = ['print', '--kind', kind, '--where', 'res<0', '--ndjson', '--columns', 'res'];
  const all = printed([...args, '--limit', '50k', fileOf(RECORDS)]).split('\n');
  expect(printed([...args, '--skip', '40k', '--limit', '3', fileOf(RECORDS)]).split('\n')).toEqual([
    ...all.slice(40_000, 40_003),
    '',
  ]);
});

/** A file without a torn record, of which print says nothing. */
function fileOf(records: number): string {
  const path = join(folder, 'whole.ioev');
  writeFileSync(path, readFileSync(dump).subarray(0, records * 32));
  return path;
}
