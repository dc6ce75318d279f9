// Does the import of CSV and NDJSON that we exported give the bytes that they were exported from?
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RecordKind } from '../src/abi/index.ts';
import { decode, encode, resolveSchema } from '../src/node.ts';
import { csvHeader, csvRows, ndjsonRows } from '../src/text.ts';
import { PARTS } from '../src/trace/part.ts';
import { bytesOf, dumps, rings } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { inside } from './support/exporting.ts';
import { type Imported, imported, text } from './support/importing.ts';

const FORMS = {
  csv: {},
  'csv with names': { names: true },
  ndjson: {},
  'ndjson with strings': { int64: 'string' },
  'ndjson with numbers and names': { int64: 'number', names: true },
} as const;
type Form = keyof typeof FORMS;
const forms = Object.keys(FORMS) as Form[];

/** Dumps of each kind, bare and traced: refused flags, failures, and descriptors of polls. */
const SHOWN = dumps.filter(({ label }) => /^(case_poll|case_rwf|fio_nowait)\./.test(label));
/** A row is like any other: so many of a dump are enough. */
const ROWS = 300;

function exportOf(batch: Parameters<typeof csvRows>[0], form: Form): Uint8Array {
  const options = FORMS[form];
  const names = 'names' in options;
  return text(
    form.startsWith('csv')
      ? csvHeader(batch.schema, undefined, names) + csvRows(batch, options)
      : ndjsonRows(batch, options),
  );
}

/** The structs of a part, without envelopes. */
function structsOf(bytes: Buffer, stride: number, size: number): Buffer {
  const records = Array.from({ length: bytes.byteLength / stride }, (_, i) =>
    bytes.subarray((i + 1) * stride - size, (i + 1) * stride),
  );
  return Buffer.concat(records);
}
const partOf = (log: Imported, kind: RecordKind): Buffer =>
  kind === 'iocb' ? log.submissions : log.completions;

describe.each(forms)('%s', (form) => {
  test.each(SHOWN)('$label', async ({ kind, layout, path }) => {
    if (kind === 'aio_ring') return;
    const { stride } = resolveSchema({ kind, layout });
    const bytes = Buffer.from(bytesOf(path).subarray(0, ROWS * stride));
    const log = await imported(exportOf(decode(bytes, { kind, layout }), form));
    expect(log.unparsed).toEqual([]);
    expect(log.manifest.dropped).toEqual({});
    const found = partOf(log, kind);
    const isTraced = layout === 'traced';
    const [traced, size] = kind === 'iocb' ? [88, 64] : [56, 32];
    expect((isTraced ? found : structsOf(found, traced, size)).equals(bytes)).toBe(true);
    expect(log.manifest.absent.map(({ field }) => field)).toEqual(
      isTraced ? [] : ['ts', 'addr', 'pid', 'tid'],
    );
  });
});

const EXTREMES = [2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n), -1n];

test.each(forms)('extremes, as %s', async (form) => {
  const bytes = encode(
    EXTREMES.map((res) => ({ res, data: BigInt.asUintN(64, res), ts: BigInt.asUintN(64, res) })),
    { kind: 'io_event', layout: 'traced' },
  );
  const log = await imported(exportOf(decode(bytes, { kind: 'io_event', layout: 'traced' }), form));
  expect(log.completions.equals(bytes)).toBe(true);
});

test.each(rings.filter(({ label }) => label.startsWith('fio_')))('$label', async ({ path }) => {
  const batch = decode(bytesOf(path), { kind: 'aio_ring' });
  const live = Array.from({ length: batch.length }, (_, i) => i).filter(
    (i) => batch.stateOf(i) === 'live',
  );
  for (const form of forms) {
    const log = await imported(exportOf(batch, form));
    expect(log.unparsed).toEqual([]);
    expect(log.completions.byteLength).toBe(56 * live.length);
    const again = decode(log.completions, { kind: 'io_event', layout: PARTS.completions.layout });
    for (const [at, i] of live.entries()) expect(again.at(at)).toMatchObject(batch.at(i) ?? {});
    expect(log.manifest.dropped['stale slots of a ring'] ?? 0).toBe(batch.length - live.length);
  }
});

test('what a trace lacks is absent again, and refused submissions are refused', async () => {
  const trace = await imported(fixture('case_rwf.strace.gz'));
  const absent = trace.manifest.absent.filter(({ kind }) => kind === 'iocb');
  const names = (all: typeof absent) => new Set(all.map(({ field }) => field));
  for (const form of forms) {
    for (const part of ['submissions', 'refused'] as const) {
      const { layout } = PARTS[part];
      const batch = decode(trace[part], { kind: 'iocb', layout, absent });
      const log = await imported(exportOf(batch, form));
      expect(log.unparsed).toEqual([]);
      expect(log[part].equals(trace[part]), `${form} ${part}`).toBe(true);
      expect(names(log.manifest.absent.filter(({ kind }) => kind === 'iocb'))).toEqual(
        names(absent),
      );
    }
  }
});

test('files of descriptors come back, with their times', async () => {
  const row = (ts: number, path: string | null) =>
    JSON.stringify({ ts, pid: 7, tid: 7, aio_fildes: 3, aio_lio_opcode: 0, path });
  const { manifest, unparsed } = await imported(text([row(5, '/a'), row(6, '/a'), row(9, '/b')]));
  expect(unparsed).toEqual([]);
  expect(manifest.descriptors).toEqual([
    { pid: 7, fd: 3, path: '/a', from: '5' },
    { pid: 7, fd: 3, path: '/b', from: '9' },
  ]);
  expect(manifest.dropped).toEqual({});
  const unknown = await imported(text([row(5, null)]));
  expect(unknown.manifest.descriptors).toEqual([]);
});

test('columns that were selected, and others that a trace does not have', async () => {
  const layout = 'cpu:u32,name:char8,comm:char8,pid:u32,record';
  const record = Buffer.alloc(24 + 32);
  record.writeUInt32LE(3, 0);
  record.write('a,"b"', 4);
  record.write('=x\n"y', 12);
  record.writeUInt32LE(7, 20);
  record.writeBigInt64LE(-5n, 24 + 16);
  const batch = decode(record, { kind: 'io_event', layout });
  const columns = ['res', 'comm', 'pid', 'name', 'cpu'];
  for (const lines of [
    csvHeader(batch.schema, columns) + csvRows(batch, { columns }),
    ndjsonRows(batch, { columns }),
  ]) {
    const log = await imported(text(lines));
    expect(log.unparsed).toEqual([]);
    expect(log.completions.readBigInt64LE(24 + 16)).toBe(-5n);
    expect(log.completions.readUInt32LE(16)).toBe(7);
    expect(log.manifest.processes).toEqual([{ pid: 7, comm: '=x\n"y', from: '0' }]);
    expect(log.manifest.absent.map(({ field }) => field)).toEqual([
      ...['data', 'obj', 'res2', 'ts', 'addr', 'tid'],
    ]);
    expect(log.manifest.dropped).toEqual({
      'values of column name, which a trace does not have': 1,
      'values of column cpu, which a trace does not have': 1,
    });
  }
});

test('several files are taken in the order of time', async () => {
  const [first, second] = ['ts,res\n1,10\n4,40\n', 'ts,res\n2,20\n3,30\n'].map(text);
  const log = await imported([first, second]);
  const results = [0, 1, 2, 3].map((i) => log.completions.readBigInt64LE(56 * i + 40));
  expect(results).toEqual([10n, 20n, 30n, 40n]);
});

test('rows that are broken are counted with their lines', async () => {
  const csv = await imported(text('index,offset,res\n0,0,1\n0,0\n0,0,x\nhello\n0,0,"2\n'));
  expect(csv.unparsed).toEqual([3, 4, 5, 6]);
  expect(csv.manifest.dropped).toEqual({ 'lines that could not be parsed': 4 });
  const rows = await imported(
    text('{"res":1}\n{"res":1.5}\n{"res":[1]}\n{"a":1}\n{"res":2\n[]\n\n'),
  );
  expect(rows.unparsed).toEqual([2, 3, 4, 5, 6]);
  expect(rows.completions.byteLength).toBe(56);
});

test('every kind has dumps', () => {
  expect(new Set(SHOWN.map(({ kind, layout }) => `${kind} ${layout}`)).size).toBe(4);
});

test('the outputs of the commands export and print', async () => {
  const from = fixture('case_rwf.iocb88');
  const [csv, ndjson, a, b] = ['rows.csv', 'rows.ndjson', 'a.trace', 'b.trace'].map(inside);
  const ok = async (args: readonly string[]) => {
    const { status, stdout, stderr } = await ran(args);
    expect(status, stderr).toBe(0);
    return stdout;
  };
  await ok(['export', '--format', 'csv', '--names', from, '-o', csv]);
  writeFileSync(ndjson, await ok(['print', '--ndjson', from]));
  await ok(['import', csv, '-o', a]);
  await ok(['import', ndjson, '-o', b]);
  const read = (trace: string) => bytesOf(`${trace}/submissions.iocb88`);
  expect(Buffer.compare(read(a), bytesOf(from))).toBe(0);
  expect(Buffer.compare(read(b), bytesOf(from))).toBe(0);
});
