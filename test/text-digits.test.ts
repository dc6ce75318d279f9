// Are numbers and texts written as the language writes them, at every length and in every column?
import { expect, test } from 'vitest';
import { decode, type RecordBatch } from '../src/index.ts';
import { writeNumber, writeU32, writeU64 } from '../src/sinks/text/digits.ts';
import { csvRows, ndjsonRows } from '../src/text.ts';
import { random } from './support/random.ts';

const view = new DataView(new ArrayBuffer(64));
const written = (end: number): string =>
  String.fromCharCode(...new Uint8Array(view.buffer, 8, end - 8));

/** Numbers around every power of two and of ten, and between them. */
function numbers(bits: number): bigint[] {
  const { below } = random(bits);
  const around: bigint[] = [];
  for (let bit = 0n; bit <= bits; bit++) around.push(2n ** bit);
  for (let ten = 1n; ten < 2n ** BigInt(bits); ten *= 10n)
    for (let factor = 1n; factor < 10n; factor++) around.push(factor * ten);
  for (let i = 0; i < 20_000; i++) {
    const word = () => BigInt(below(2 ** 16));
    const value = (word() << 48n) | (word() << 32n) | (word() << 16n) | word();
    around.push(value >> BigInt(below(64)));
  }
  const all = around.flatMap((value) => [value - 1n, value, value + 1n]);
  return all.filter((value) => value >= 0n && value < 2n ** BigInt(bits));
}

test('words, numbers and pairs of words', () => {
  for (const value of numbers(32))
    expect(written(writeU32(view, 8, Number(value)))).toBe(`${value}`);
  for (const value of numbers(53))
    expect(written(writeNumber(view, 8, Number(value)))).toBe(`${value}`);
  const pairs = new BigUint64Array(1);
  const words = new Uint32Array(pairs.buffer);
  for (const value of numbers(64)) {
    pairs[0] = value;
    expect(written(writeU64(view, 8, words[0], words[1]))).toBe(`${value}`);
  }
});

const LAYOUT = 'a:i64,b:u64,c:i32,d:u32,e:i16,f:u16,g:i8,h:u8,comm:char6,addr:u64,record' as string;
const TEXTS = ['', 'fio', 'a,"b"', '=1+1', 'äö\n', '\\x41', 'é\u{1f600}', '\t'];

/** Records whose values are often those of the record before, in columns of every type. */
function batchOf(kind: 'io_event' | 'iocb', count: number): RecordBatch {
  const stride = 44 + (kind === 'iocb' ? 64 : 32);
  const { below, bytes: some } = random(count);
  const bytes = new Uint8Array(count * stride);
  for (let i = 0; i < count; i++) {
    const record = bytes.subarray(i * stride, (i + 1) * stride);
    if (i > 0) record.set(bytes.subarray((i - 1) * stride, i * stride));
    for (let turn = below(4); turn > 0; turn--) {
      const at = below(stride);
      record.fill([0, 255, 128, below(256)][below(4)], at, at + 1 + below(8));
    }
    if (below(3) === 0) {
      record.fill(0, 30, 36);
      record.set(new TextEncoder().encode(TEXTS[below(TEXTS.length)]).subarray(0, 6), 30);
    }
    if (below(9) === 0) record.set(some(stride));
  }
  return decode(bytes, { kind, layout: LAYOUT, check: 'linux' });
}

const MAX = BigInt(Number.MAX_SAFE_INTEGER);

test.each([
  ['io_event', 700],
  ['iocb', 700],
  ['iocb', 1],
] as const)('rows of %i %s', (kind, count) => {
  const batch = batchOf(kind, count);
  const wides = {
    auto: (value: bigint) => (value > MAX || value < -MAX ? `"${value}"` : `${value}`),
    string: (value: bigint) => `"${value}"`,
    number: String,
  };
  for (const [int64, wide] of Object.entries(wides)) {
    const lines = [...batch].map((record, i) => {
      const cells = Object.entries(record).map(([name, value]) => {
        const text = typeof value === 'bigint' ? wide(value) : JSON.stringify(value);
        return `"${name}":${text}`;
      });
      return `{"index":${i},"offset":${i * batch.schema.stride},${cells.join(',')}}\n`;
    });
    expect(ndjsonRows(batch, { int64: int64 as 'auto' })).toBe(lines.join(''));
  }
  const rows = [...batch].map((record, i) => {
    const cells = Object.values(record).map((value) => {
      const text =
        typeof value === 'string' && /^[=\t+\-@\r]/.test(value) ? `'${value}` : `${value}`;
      return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    });
    return `${[i, i * batch.schema.stride, ...cells].join(',')}\n`;
  });
  expect(csvRows(batch)).toBe(rows.join(''));
  const [begin, end] = [count >> 2, (count >> 1) + 1];
  expect(csvRows(batch, { begin, end })).toBe(rows.slice(begin, end).join(''));
});

test('a text that is longer than its memory, and rows that are not there', () => {
  const batch = decode(random(4).bytes(32 * 40_000), { kind: 'io_event' });
  const text = ndjsonRows(batch);
  expect(text.length).toBeGreaterThan(2 ** 22);
  expect(ndjsonRows(batch)).toBe(text);
  expect(JSON.parse(text.slice(text.lastIndexOf('{"index"')))).toMatchObject({ index: 39_999 });
  for (const [begin, end] of [
    [-1, 2],
    [39_999, 40_001],
  ])
    expect(() => csvRows(batch, { begin, end })).toThrow(/the batch has no record/);
  expect(csvRows(batch, { begin: 7, end: 2 })).toBe('');
});
