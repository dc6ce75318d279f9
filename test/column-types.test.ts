// Do a literal layout, a preset and a check type the columns, so that a misspelt one does not compile?
import { expect, expectTypeOf, test } from 'vitest';
import {
  type ColumnArray,
  decode,
  encode,
  type OpenOptions,
  open,
  openPairs,
  openSource,
  type RecordBatch,
  type Value,
} from '../src/node.ts';
import { arrowFile, arrowStream } from '../src/sinks/arrow.ts';
import { parquetFile, parquetPartitions } from '../src/sinks/parquet.ts';
import { csvRows, ndjsonRows } from '../src/text.ts';
import { collect } from './support/captures.ts';

const none = new Uint8Array(0);
type BatchOf<T> = T extends AsyncIterable<infer B> ? B : never;

test('a preset', () => {
  const reader = open(none, { kind: 'iocb', layout: 'traced' });
  type Columns = BatchOf<typeof reader>['columns'];
  expectTypeOf<Columns['ts']>().toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expectTypeOf<Columns['pid']>().toEqualTypeOf<Uint32Array<ArrayBuffer>>();
  expectTypeOf<Columns['aio_nbytes']>().toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expectTypeOf<Columns['aio_reqprio']>().toEqualTypeOf<Int16Array<ArrayBuffer>>();
  // @ts-expect-error: the preset has no comm
  expectTypeOf<Columns['comm']>().toBeAny();
  // @ts-expect-error: an io_event has it
  expectTypeOf<Columns['res']>().toBeAny();
  const { columns } = decode(none, { kind: 'iocb', layout: 'ebpf-addr' });
  expectTypeOf(columns.addr).toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expectTypeOf(columns.comm).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expect(columns.addr).toBeInstanceOf(BigUint64Array);
});

test('a field list', () => {
  const layout = ' ts : u64, pad:4,a:i8 ,b:i16,c:char3,record,ret:i64';
  const batch = decode(none, { kind: 'io_event', layout });
  const { columns } = batch;
  expectTypeOf(columns.ts).toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expectTypeOf(columns.a).toEqualTypeOf<Int8Array<ArrayBuffer>>();
  expectTypeOf(columns.b).toEqualTypeOf<Int16Array<ArrayBuffer>>();
  expectTypeOf(columns.c).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(columns.ret).toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
  // @ts-expect-error: misspelt
  expect(columns.retr).toBeUndefined();
  // @ts-expect-error: padding is no column
  expect(columns.pad).toBeUndefined();
  // @ts-expect-error: nor is the record
  expect(columns.record).toBeUndefined();
  expect(Object.keys(columns).slice(4)).toEqual(['ts', 'a', 'b', 'c', 'ret']);
  const record = batch.at(0);
  expectTypeOf(record?.ts).toEqualTypeOf<bigint | undefined>();
  expectTypeOf(record?.a).toEqualTypeOf<number | undefined>();
  expectTypeOf(record?.c).toEqualTypeOf<string | undefined>();
  expectTypeOf(batch.copy().columns.b).toEqualTypeOf<Int16Array<ArrayBuffer>>();
});

test('a bare dump, a ring, and a check', () => {
  const bare = decode(none, { kind: 'io_event' }).columns;
  expectTypeOf(bare.res).toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
  // @ts-expect-error: misspelt
  expect(bare.ress).toBeUndefined();
  const ring = open(none, { kind: 'aio_ring' });
  expectTypeOf<BatchOf<typeof ring>['columns']['obj']>().toEqualTypeOf<
    BigUint64Array<ArrayBuffer>
  >();
  const checked = decode(none, { kind: 'iocb', layout: 'ts', check: 'linux' }).columns;
  expectTypeOf(checked.anomalies).toEqualTypeOf<Uint32Array<ArrayBuffer>>();
  expectTypeOf(checked.minKernel).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(checked.ts).toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expect(checked.firstRefusal).toBeInstanceOf(Uint8Array);
  // @ts-expect-error: without a check
  expect(decode(none, { kind: 'iocb', layout: 'ts' }).columns.anomalies).toBeUndefined();
});

test('a layout that is known only at run time has columns of every name', () => {
  const layout: string = 'ts';
  const batch = decode(none, { kind: 'iocb', layout });
  expectTypeOf(batch.columns['ts']).toEqualTypeOf<ColumnArray>();
  expectTypeOf(batch.columns.aio_buf).toEqualTypeOf<BigUint64Array<ArrayBuffer>>();
  expectTypeOf(batch.at(0)?.['ts']).toEqualTypeOf<Value | undefined>();
  const options: OpenOptions & { kind: 'iocb' } = { kind: 'iocb', layout };
  const reader = open(none, options);
  expectTypeOf<BatchOf<typeof reader>['columns']['anything']>().toEqualTypeOf<ColumnArray>();
  // A batch of known columns is a batch.
  const one: RecordBatch = decode(none, { kind: 'iocb', layout: 'traced' });
  expectTypeOf(one.columns['pid']).toExtend<ColumnArray>();
  expect(Object.keys(one.columns)).toContain('pid');
});

test('pairs', async () => {
  const iocb = encode([{ ts: 1n, aio_data: 7n }], { kind: 'iocb', layout: 'ts' });
  const event = encode([{ ts: 5n, data: 7n }], { kind: 'io_event', layout: 'ts' });
  const submissions = await openSource(iocb, { kind: 'iocb', layout: 'ts' });
  const completions = await openSource(event, { kind: 'io_event', layout: 'ts' });
  const pairs = await openPairs(submissions, completions, { key: 'data' });
  type Columns = BatchOf<typeof pairs>['columns'];
  expectTypeOf<Columns['latencyNs']>().toEqualTypeOf<BigInt64Array<ArrayBuffer>>();
  expectTypeOf<Columns['span']>().toEqualTypeOf<Uint32Array<ArrayBuffer>>();
  expectTypeOf<Columns['aio_lio_opcode']>().toEqualTypeOf<Uint16Array<ArrayBuffer>>();
  // @ts-expect-error: misspelt
  expectTypeOf<Columns['latency']>().toBeAny();
  for await (const { columns } of pairs) {
    expect([...columns.latencyNs]).toEqual([4n]);
    expect(columns.ts?.length).toBe(1);
    // @ts-expect-error: an envelope may have no pid
    expect(() => columns.pid.length).toThrow(TypeError);
  }
});

test('sinks take batches of any columns', async () => {
  const chunks = arrowStream(open(none, { kind: 'io_event', layout: 'traced' }));
  expect((await collect(chunks)).length).toBeGreaterThan(0);
});

test('a misspelt name does not compile where a column is named, and a text of run time does', () => {
  const batch = decode(encode([{ pid: 7 }], { kind: 'iocb', layout: 'traced' }), {
    kind: 'iocb',
    layout: 'traced',
  });
  const misspelt = [
    // @ts-expect-error: misspelt
    () => batch.named('pidd', 0),
    // @ts-expect-error: misspelt
    () => batch.numbers('pidd'),
    // @ts-expect-error: misspelt
    () => csvRows(batch, { columns: ['pid', 'pidd'] }),
    // @ts-expect-error: misspelt
    () => ndjsonRows(batch, { columns: ['pidd'] }),
    // @ts-expect-error: misspelt
    () => arrowStream(open(none, { kind: 'iocb', layout: 'traced' }), { columns: ['pidd'] }),
    // @ts-expect-error: misspelt
    () => arrowFile(open(none, { kind: 'iocb', layout: 'traced' }), { columns: ['pidd'] }),
    // @ts-expect-error: misspelt
    () => parquetFile(open(none, { kind: 'iocb', layout: 'traced' }), { columns: ['pidd'] }),
    // @ts-expect-error: misspelt
    () => parquetPartitions(open(none, { kind: 'iocb', layout: 'traced' }), { by: 'pidd' }),
  ];
  for (const use of misspelt) expect(use).toThrow("'pidd'");
  const cursor = batch.cursor();
  // @ts-expect-error: misspelt
  expect(cursor.next() && cursor.get('pidd')).toBeUndefined();
  expect(cursor.get('pid')).toBe(7);
  const names: string[] = Object.keys(batch.columns).filter((name) => name === 'pid');
  for (const name of names) {
    expect([batch.named(name, 0), batch.numbers(name)[0], cursor.get(name)]).toEqual(['7', 7, 7]);
    expect(csvRows(batch, { columns: names })).toBe('0,0,7\n');
  }
  expect(csvRows(batch, { columns: ['pid', 'aio_key'] })).toBe('0,0,7,0\n');
});
