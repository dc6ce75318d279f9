// Are objects plain and complete in every layout, and do iterations over them end as those of a generator?
import { expect, test } from 'vitest';
import { DISPOSE } from '../src/disposable.ts';
import { decode, type RecordBatch } from '../src/index.ts';
import { random } from './support/random.ts';

const wide = Array.from({ length: 20 }, (_, i) => `f${i}:${['u8', 'i16', 'u32', 'i64'][i % 4]}`);

test.each([
  ['iocb', wide.join(','), 75],
  ['io_event', `comm:char3,${wide.slice(0, 13).join(',')}`, 49],
  ['iocb', 'ts:u64,constructor:u16,toString:char2', 12],
] as const)('%s in an envelope of %s', (kind, envelope, bytes) => {
  const layout = `${envelope},record` as string;
  const stride = bytes + (kind === 'iocb' ? 64 : 32);
  const batch: RecordBatch = decode(random(5).bytes(40 * stride), { kind, layout, check: 'linux' });
  expect([batch.schema.stride, batch.length]).toEqual([stride, 40]);
  for (const [i, record] of [...batch].entries()) {
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    const expected = batch.schema.columns.map(({ name, type, meaning }) => {
      if (type === 'char') return [name, batch.named(name, i)];
      const value = batch.columns[name][i];
      return [name, meaning === 'descriptor' ? Number(value) | 0 : value];
    });
    expect(Object.entries(record)).toEqual(expected);
  }
});

test('layouts that alternate do not mix up their fields', () => {
  const bytes = random(6).bytes(48 * 3);
  const batches: RecordBatch[] = ['ts:u64,addr:u64,record', 'a:u64,b:u64,record'].map((layout) =>
    decode(bytes, { kind: 'io_event', layout }),
  );
  for (let i = 0; i < 3; i++) {
    const [one, other] = batches.map((batch) => batch.at(i) ?? {});
    expect(Object.values(one)).toEqual(Object.values(other));
    expect(Object.keys(one).slice(4)).toEqual(['ts', 'addr']);
    expect(Object.keys(other).slice(4)).toEqual(['a', 'b']);
  }
});

test('a field that records lack is null where they lack it', () => {
  const absent = [
    { field: 'aio_buf', opcodes: [1] },
    { field: 'ts', opcodes: 'all' },
  ] as const;
  const bytes = new Uint8Array(72 * 2).fill(1);
  bytes[72 + 8 + 16] = 0;
  bytes[72 + 8 + 17] = bytes[8 + 17] = 0;
  const batch = decode(bytes, { kind: 'iocb', layout: 'ts:u64,record', absent });
  expect([...batch].map(({ aio_buf, ts }) => [aio_buf, ts])).toEqual([
    [null, null],
    [0x0101010101010101n, null],
  ]);
});

test('an iteration that was left is over, and so is one that has thrown', () => {
  const batch = decode(new Uint8Array(96), { kind: 'io_event' });
  const records = batch[Symbol.iterator]();
  for (const record of records) {
    expect(record.res).toBe(0n);
    break;
  }
  expect(records.next()).toEqual({ done: true, value: undefined });
  const others = batch[Symbol.iterator]();
  others.next();
  batch[DISPOSE]();
  expect(() => others.next()).toThrow(/disposed/);
  expect(others.next()).toEqual({ done: true, value: undefined });
});

test('iterating a batch gives a standard iterator', () => {
  const records = decode(new Uint8Array(64), { kind: 'io_event' })[Symbol.iterator]();
  expect(records[Symbol.iterator]()).toBe(records);
  const arrays = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  expect(Object.prototype.isPrototypeOf.call(arrays, records)).toBe(true);
});
