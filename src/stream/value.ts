import type { ColumnSource } from '../layout/schema.ts';
import type { ColumnArray } from './decoder.ts';

/** One value of a record as a plain object: bigint for 64-bit fields, signed descriptors, text for `charN`. */
export type Value = number | bigint | string;

/** Reads row `i` of one column. */
export type Reader<T> = (i: number) => T;

/** The text of a `charN` field up to its first NUL, a character a byte. */
export function charText(array: Uint8Array, i: number, byteLength: number): string {
  const bytes = array.subarray(i * byteLength, (i + 1) * byteLength);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}

/** How the values of a column are read for record objects. */
export function valueReader(column: ColumnSource, array: ColumnArray): Reader<Value> {
  if (column.type === 'char') return (i) => charText(array as Uint8Array, i, column.byteLength);
  if (column.meaning === 'descriptor') return (i) => (array[i] as number) | 0;
  return (i) => array[i];
}

/**
 * How the values of a column are read without allocating: 64-bit ones as numbers where a number holds them exactly, and
 * as bigint beyond 2^53, where nothing smaller does.
 */
export function cursorReader(column: ColumnSource, array: ColumnArray): Reader<Value> {
  if (column.type !== 'u64' && column.type !== 'i64') return valueReader(column, array);
  const words = new Uint32Array(array.buffer, array.byteOffset, array.length * 2);
  const highs = column.type === 'u64' ? words : new Int32Array(array.buffer, array.byteOffset, array.length * 2);
  return (i) => {
    const low = words[2 * i];
    const value = highs[2 * i + 1] * 2 ** 32 + low;
    // 2^53 itself is exact, and its neighbour that rounds to it has another low word.
    return Number.isSafeInteger(value) || (low === 0 && Math.abs(value) === 2 ** 53) ? value : array[i];
  };
}
