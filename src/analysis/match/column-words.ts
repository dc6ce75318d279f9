import type { ColumnArray } from '../../stream/decoder.ts';

/** The values of a column as 32-bit words, low word first. */
export type ColumnWords = Uint32Array;

/** Returns the words of a column, one or two per row; zeros for one that the batch lacks. */
export function wordsOf(
  columns: Readonly<Record<string, ColumnArray>>,
  name: string,
  rows: number,
  words: 1 | 2,
): ColumnWords {
  const column: ColumnArray | undefined = columns[name];
  if (column === undefined) return new Uint32Array(words * rows);
  if (column.BYTES_PER_ELEMENT === 4 * words)
    return new Uint32Array(column.buffer, column.byteOffset, words * rows);
  const copy = new Uint32Array(words * rows);
  for (let i = 0; i < rows; i++) {
    const value = BigInt(column[i]);
    copy[words * i] = Number(BigInt.asUintN(32, value));
    if (words === 2) copy[2 * i + 1] = Number(BigInt.asUintN(32, value >> 32n));
  }
  return copy;
}
