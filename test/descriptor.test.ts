// Is a descriptor signed wherever it is shown or exported, and unsigned in its raw column only?
import { tableFromIPC } from '@uwdata/flechette';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { decode, encode, open } from '../src/node.ts';
import { arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { parquetFile, parquetPartitions } from '../src/sinks/parquet.ts';
import { csvRows, ndjsonRows } from '../src/text.ts';
import { joined } from './support/captures.ts';

const FORMAT = { kind: 'iocb' } as const;
const FDS = [-1, 5, 2 ** 31 - 1, -(2 ** 31)];
const columns = ['aio_fildes', 'aio_resfd'];
const bytes = encode(
  FDS.map((fd) => ({ aio_fildes: fd, aio_resfd: -1, aio_flags: 2 ** 32 - 1 })),
  FORMAT,
);
const batch = decode(bytes, FORMAT);

test('objects, cursors, names and numbers are signed; the column is as stored', () => {
  expect([...batch].map(({ aio_fildes }) => aio_fildes)).toEqual(FDS);
  expect(FDS.map((_, i) => batch.named('aio_fildes', i))).toEqual(FDS.map(String));
  const cursor = batch.cursor();
  for (const fd of FDS) {
    cursor.next();
    expect([cursor.aio_fildes, cursor.get('aio_resfd')]).toEqual([fd, -1]);
  }
  expect([...batch.numbers('aio_fildes')]).toEqual(FDS);
  expect([...batch.numbers('aio_flags')]).toEqual(FDS.map(() => 2 ** 32 - 1));
  expect([...batch.columns.aio_fildes]).toEqual(FDS.map((fd) => fd >>> 0));
});

test('CSV and NDJSON', () => {
  expect(csvRows(batch, { columns })).toBe(
    FDS.map((fd, i) => `${i},${i * 64},${fd},-1\n`).join(''),
  );
  const rows = ndjsonRows(batch, { columns }).split('\n').slice(0, -1);
  expect(rows.map((row) => JSON.parse(row).aio_fildes)).toEqual(FDS);
});

test('Arrow and Parquet, as 32-bit signed integers', async () => {
  for (const write of [arrowStream, arrowFile]) {
    const table = tableFromIPC(await joined(write(open(bytes, FORMAT), { columns })));
    expect(Array.from(table.getChild('aio_fildes').toArray())).toEqual(FDS);
    expect(table.schema.fields[0].type).toMatchObject({ bitWidth: 32, signed: true });
  }
  const made = await joined(parquetFile(open(bytes, FORMAT), { columns }));
  const file = made.buffer.slice(made.byteOffset, made.byteOffset + made.byteLength) as ArrayBuffer;
  expect(await parquetReadObjects({ file })).toEqual(
    FDS.map((fd) => ({ aio_fildes: fd, aio_resfd: -1 })),
  );
  expect(parquetMetadata(file).schema[1]).toMatchObject({ converted_type: 'INT_32' });
});

test('folders of partitions', async () => {
  const paths = new Set<string>();
  for await (const { path } of parquetPartitions(open(bytes, FORMAT), { by: 'aio_fildes' }))
    paths.add(path);
  expect([...paths].sort()).toEqual(FDS.map((fd) => `aio_fildes=${fd}/part-0.parquet`).sort());
});
