// Are a few records decoded as many are, from any memory, and are options that change seen?
import { expect, test } from 'vitest';
import { jsEngineOf } from '../src/engine/js.ts';
import { JS_DECODING } from '../src/engine/js-decoding.ts';
import { type DecodeOptions, decode } from '../src/index.ts';
import { schemaOf } from '../src/layout/schema.ts';
import { decodeOwned } from '../src/stream/decode.ts';
import { memorySource } from '../src/stream/memory-source.ts';
import { random } from './support/random.ts';

const LAYOUTS = [
  'record',
  'traced',
  'ebpf',
  'a:u8,record',
  'pad:2,record,b:i16',
  'pad:4,record,c:u32,d:char3,pad:1',
  'e:i8,f:u64,g:char9,record,h:i32,i:u16',
];
const engine = jsEngineOf(() => JS_DECODING)(null);

test('a schema that later calls return cannot be changed', () => {
  const bytes = new Uint8Array(32);
  const { schema } = decode(bytes, { kind: 'io_event' });
  expect(() => (schema.columns as unknown[]).push({ name: 'x' })).toThrow(TypeError);
  expect(decode(bytes, { kind: 'io_event' }).schema.columns).toHaveLength(4);
});

test.each(LAYOUTS)('%s', (layout) => {
  for (const kind of ['io_event', 'iocb'] as const)
    for (const endian of ['little', 'big'] as const)
      for (const [records, torn, shift] of [
        [0, 0, 0],
        [1, 5, 0],
        [64, 0, 8],
        [63, 3, 1],
        [256, 0, 4],
      ]) {
        const options: DecodeOptions = { kind, layout, endian };
        const schema = schemaOf(options);
        const bytes = random(records + 1).bytes(shift + records * schema.stride + torn);
        const source = bytes.subarray(shift);
        const batch = decode(source, options);
        expect(batch.quality).toMatchObject({ records, tornBytes: torn, bytes: source.byteLength });
        const { arrays } = decodeOwned(schema, engine, memorySource(source), records);
        expect(Object.values(batch.columns)).toEqual(arrays);
        bytes.fill(0);
        expect(Object.values(batch.columns)).toEqual(arrays);
      }
});

test('an ArrayBuffer, shared memory and an end that is torn are read where they are', () => {
  const bytes = random(2).bytes(3 * 32 + 7);
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(bytes);
  const expected = decode(bytes, { kind: 'io_event' });
  for (const source of [bytes.slice().buffer, shared]) {
    const batch = decode(source, { kind: 'io_event' });
    expect(batch.columns).toEqual(expected.columns);
    expect(batch.quality).toEqual({ bytes: 103, records: 3, tornBytes: 7, tornOffset: 96 });
  }
});

test('options are read at every call: what the object says now is obeyed or refused', () => {
  const bytes = random(3).bytes(192);
  const options: Record<string, unknown> = { kind: 'io_event' };
  const decoded = () => decode(bytes, options as unknown as DecodeOptions);
  expect(decoded().length).toBe(6);
  options['kind'] = 'iocb';
  expect(decoded().schema.kind).toBe('iocb');
  options['layout'] = 'ts:u64,record';
  expect(Object.keys(decoded().columns)).toContain('ts');
  options['where'] = 'aio_key>=0';
  expect(decoded().quality.selected).toBe(2);
  delete options['where'];
  options['endian'] = 'big';
  const big = decoded().columns.aio_data[0];
  delete options['endian'];
  const words = new DataView(new ArrayBuffer(8));
  words.setBigUint64(0, decoded().columns.aio_data[0] as bigint, true);
  expect(big).toBe(words.getBigUint64(0));
  for (const [name, value] of [
    ['engine', 'fast'],
    ['layout', 'nothing'],
    ['endian', 'middle'],
    ['kind', 'aio'],
    ['columns', []],
    ['check', 1],
  ] as const) {
    const before = options[name];
    options[name] = value;
    expect(decoded).toThrow(expect.objectContaining({ code: expect.stringMatching(/^AIOSCOPE_/) }));
    options[name] = before;
    if (before === undefined) delete options[name];
    expect(decoded().length).toBe(2);
  }
});

test('options that are inherited, or not enumerable, are obeyed', () => {
  const bytes = random(4).bytes(64);
  const options = Object.create({ kind: 'io_event' }) as DecodeOptions;
  expect(decode(bytes, options).length).toBe(2);
  Object.defineProperty(options, 'check', { value: 'linux' });
  expect(Object.keys(decode(bytes, options).columns)).toContain('anomalies');
});

test('each result has memory of its own', () => {
  const bytes = random(5).bytes(64);
  const [one, other] = [decode(bytes, { kind: 'iocb' }), decode(bytes, { kind: 'iocb' })];
  expect(one.columns.aio_buf.buffer).not.toBe(other.columns.aio_buf.buffer);
  expect(one.columns.aio_buf.buffer.byteLength).toBe(96);
});
