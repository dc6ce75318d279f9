// Are the names of processes and files columns of every output, and those that the log has, where a
// trace knows them, and is no column added where it does not?
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from '../src/duckdb/index.ts';
import { lookupOf } from '../src/layout/name-lookup.ts';
import { schemaOf as layoutSchema } from '../src/layout/schema.ts';
import { encode, open, openPairs } from '../src/node.ts';
import { arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { parquetFile } from '../src/sinks/parquet.ts';
import { memorySource } from '../src/stream/memory-source.ts';
import { Opened } from '../src/stream/open-source.ts';
import { csvHeader, csvRows, ndjsonRows } from '../src/text.ts';
import { openTrace } from '../src/trace-node.ts';
import { aioscope, printed } from './support/cli.ts';
import { cellsOf, WITH_DUCKDB } from './support/duckdb.ts';
import { exported } from './support/exporting.ts';
import { namedTrace } from './support/named-trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-trace-names-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { path, truth } = namedTrace(folder);
const accepted = truth.filter(({ isRefused }) => !isRefused);
const expected = accepted.map(({ comm, path: file }) => ({ comm, path: file }));
const trace = await openTrace(path);
/** Reads a stream of a trace, with conditions. */
function read(of: typeof trace, stream: 'submissions' | 'completions', where: string[] = []) {
  const opened = of.open(stream);
  if (opened === undefined) throw new Error(`the trace has no ${stream}`);
  return open(opened, { where });
}
const submissions = () => read(trace, 'submissions');

const chunks = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const all: Uint8Array[] = [];
  for await (const chunk of stream) all.push(chunk.slice());
  return Uint8Array.from(Buffer.concat(all));
};
type Row = Readonly<Record<string, unknown>>;
const namesOf = (rows: readonly Row[]) =>
  rows.map(({ comm, path: file }) => ({ comm, path: file }));
const rowsOf = (text: string): Row[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('the trace has the names of the log', () => {
  const { processes, descriptors } = trace.manifest;
  expect(processes.map(({ comm }) => comm)).toEqual(['fio', '=writer']);
  expect(descriptors.length).toBeGreaterThan(50);
  const lookup = lookupOf(trace.names);
  expect(lookup.pathAt(7, 3, BigInt(descriptors[1].from ?? 0) - 1n)).toBe(descriptors[0].path);
  expect(lookup.pathAt(7, 3, BigInt(descriptors[1].from ?? 0))).toBe(descriptors[1].path);
  expect(lookup.pathAt(7, 3, 0n)).toBe(undefined);
  expect(lookup.pathAt(8, 3, 2n ** 63n)).toBe(undefined);
  expect(lookup.commAt(7, 2n ** 64n - 1n)).toBe('fio');
});

describe('the last columns are comm and path', () => {
  test('in Arrow streams and files, and Parquet, as other readers have them', async () => {
    for (const sink of [arrowStream, arrowFile]) {
      const table = tableFromIPC(await chunks(sink(submissions())));
      expect(table.schema.fields.map(({ name }) => name).slice(-2)).toEqual(['comm', 'path']);
      expect(namesOf(table.toArray())).toEqual(expected);
    }
    const { buffer } = await chunks(parquetFile(submissions(), { rows: 1000 }));
    expect(namesOf(await parquetReadObjects({ file: buffer as ArrayBuffer }))).toEqual(expected);
  });

  test('in NDJSON and CSV, where nobody knows it null or empty', async () => {
    const rows: Row[] = [];
    for await (const batch of submissions()) rows.push(...rowsOf(ndjsonRows(batch)));
    expect(namesOf(rows)).toEqual(expected);
    let text = csvHeader(submissions().schema, ['path', 'comm']);
    for await (const batch of submissions())
      text += csvRows(batch, { columns: ['path', 'comm'], end: 4 });
    const cells = text.split('\n').map((line) =>
      line
        .split(/,(?! )/)
        .slice(2)
        .join(','),
    );
    const cellsOf = ({ path: file, comm }: (typeof truth)[number]) =>
      `${file === null ? '' : `"${file}"`},${comm.startsWith('=') ? `'${comm}` : comm}`;
    expect(cells.slice(0, 5)).toEqual(['path,comm', ...accepted.slice(0, 4).map(cellsOf)]);
  });

  test('of selected rows, pairs and completions', async () => {
    const some = read(trace, 'submissions', ['fd=5']);
    const table = tableFromIPC(await chunks(arrowStream(some, { columns: ['path', 'aio_data'] })));
    expect(table.toArray()).toMatchObject(
      accepted.filter(({ fd }) => fd === 5).map(({ path: file }) => ({ path: file })),
    );
    const pairs = tableFromIPC(await chunks(arrowStream(await openPairs(trace))));
    expect(namesOf(pairs.toArray())).toEqual(expected);
    const events = tableFromIPC(await chunks(arrowStream(read(trace, 'completions'))));
    const fields = events.schema.fields.map(({ name }) => name);
    expect([fields.at(-1), fields.includes('path')]).toEqual(['comm', false]);
    expect(events.toArray().map(({ comm }) => comm)).toEqual(expected.map(({ comm }) => comm));
  });

  test('on the command line, chosen like any other', () => {
    const args = ['--kind', 'iocb', '--limit', '3', path];
    const text = printed(['print', ...args]).split('\n');
    expect(text[0]).toMatch(/ aio_resfd +ts +addr +pid +tid +comm +path$/);
    expect(text[1]).toMatch(/ fio +\/data\/7, é3\.0$/);
    expect(printed(['print', '--columns', 'path', ...args]).split('\n')[0]).toBe(
      'index  offset  path',
    );
    const { columns, rows } = JSON.parse(printed(['print', '--json', ...args]));
    expect(columns.at(-1)).toEqual({ name: 'path', type: 'text' });
    expect(namesOf(rows)).toEqual(expected.slice(0, 3));
    const csv = printed(['export', '--format', 'csv', '--columns', 'comm', '--kind', 'iocb', path]);
    expect(csv.split('\n').slice(0, 3)).toEqual(['index,offset,comm', '0,0,fio', "1,88,'=writer"]);
    expect(printed(['print', '--columns', 'path', '--kind', 'iocb', path]).split('\n')[7]).toMatch(
      / –$/,
    );
    const { status, stderr } = aioscope(['print', '--columns', 'path', '--kind', 'io_event', path]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("column 'path' does not exist")]);
  });
});

describe('no column', () => {
  test('is added where no name is known', async () => {
    const bare = await openTrace(new URL('fixtures/case_rwf.trace', import.meta.url));
    const { columns } = read(bare, 'submissions').schema;
    const table = tableFromIPC(await chunks(arrowStream(read(bare, 'submissions'))));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
    const file = join(path, 'submissions.iocb88');
    const given = ['--kind', 'iocb', '--layout', 'traced', '--limit', '1', '--ndjson'];
    const rows = printed(['print', ...given, file]);
    expect(Object.keys(JSON.parse(rows))).not.toContain('comm');
  });
});

test('a column of the layout keeps its name, and no other is added', async () => {
  const names = { processes: [{ pid: 1, comm: 'mine', from: null }], descriptors: [] };
  const layout = 'ts:u64,pid:u32,comm:char8,record';
  const bytes = encode([{ ts: 1, pid: 1, comm: 'its', res: 0 }], { kind: 'io_event', layout });
  const opened = () =>
    new Opened(memorySource(bytes), layoutSchema({ kind: 'io_event', layout, names }));
  for await (const batch of open(opened()))
    expect(JSON.parse(ndjsonRows(batch))).toMatchObject({ comm: 'its' });
  const connection = await connect(opened());
  expect(await cellsOf(connection, 'select comm, pid_comm(pid, ts) own from io_event')).toEqual([
    ['comm', ['its']],
    ['own', ['mine']],
  ]);
  await connection.close();
});

test('several traces have one column, and each its own names and what it lacks', async () => {
  const bare = new URL('fixtures/case_rwf.trace', import.meta.url).pathname;
  for (const files of [
    [path, bare],
    [bare, path],
  ]) {
    const args = ['export', '--kind', 'iocb', '--format', 'ndjson', ...files];
    const rows = rowsOf(printed(args));
    const [named, unnamed] = [truth.filter(({ isRefused }) => !isRefused).length, 330];
    const at = files[0] === path ? [0, named] : [unnamed, 0];
    expect(namesOf(rows.slice(at[0], at[0] + named))).toEqual(expected);
    for (const row of rows.slice(at[1], at[1] + unnamed))
      expect(row).toMatchObject({ comm: null, path: null, pid: null });
    expect(rows[at[0]]['pid']).toBe(7);
    const cells = ({ pid, comm, path: file }: Row) => ({ pid, comm, path: file });
    const csv = printed(['export', '--kind', 'iocb', '--format', 'csv', ...files]).split('\n');
    expect(new Set(csv.slice(0, -1).map((line) => line.split(/,(?! )/).length)).size).toBe(1);
    const arrow = await exported(['--kind', 'iocb', '--format', 'arrow', ...files]);
    expect(tableFromIPC(arrow, { useBigInt: true }).toArray().map(cells)).toEqual(rows.map(cells));
    for (const env of [{}, WITH_DUCKDB]) {
      const output = join(folder, `${files.indexOf(path)}${Object.keys(env).length}.parquet`);
      printed(['export', '--kind', 'iocb', '-o', output, ...files], { env });
      const { buffer } = Uint8Array.from(readFileSync(output));
      expect((await parquetReadObjects({ file: buffer })).map(cells)).toEqual(rows.map(cells));
    }
  }
});
