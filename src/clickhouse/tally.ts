// What the rows of a chunk add up to here, to compare with what a node has stored.
import type { RecordBatch } from '../stream/batch.ts';
import type { StoredColumn } from './columns.ts';
import { quoteName } from './quote.ts';

/** The values of a column of numbers. */
type Values = RecordBatch['columns'][string];

/** Rows, first and last index, and the exact sum of each column modulo 2^64. */
export class Tally {
  rows = 0;
  firstIndex = 0;
  lastIndex = 0;
  readonly #columns: readonly StoredColumn[];
  readonly #sums: bigint[];

  /** `columns` are those that are sent, `index` the first. */
  constructor(columns: readonly StoredColumn[]) {
    this.#columns = columns;
    this.#sums = columns.map(() => 0n);
  }

  /** Adds rows whose indexes grow. */
  addRows(count: number, first: number, last: number): void {
    if (this.rows === 0) this.firstIndex = first;
    this.lastIndex = last;
    this.rows += count;
  }

  /** Adds a tally of the rows that follow. */
  merge(other: Tally): this {
    if (other.rows > 0) this.addRows(other.rows, other.firstIndex, other.lastIndex);
    for (const [i, sum] of other.#sums.entries()) this.#sums[i] += sum;
    return this;
  }

  /** Adds the lengths of texts, in bytes. */
  addLengths(column: number, lengths: number): void {
    this.#sums[column] += BigInt(lengths);
  }

  /** Adds values: fewer than 2^21, so that sums of words stay exact. */
  addValues(column: number, values: Values): void {
    this.#sums[column] += sumOf(values);
  }

  /** The query of what a table has of it. */
  query(table: string): string {
    const sums = this.#columns.map(({ name, type }) => {
      const value = type === 'String' ? `length(${quoteName(name)})` : quoteName(name);
      return `toString(sum(${value}))`;
    });
    const index = quoteName('index');
    const all = [
      'toString(count())',
      `toString(min(${index}))`,
      `toString(max(${index}))`,
      ...sums,
    ];
    return `SELECT ${all.join(', ')} FROM ${table}`;
  }

  /** How the answer to the query differs from what was sent; undefined if it does not. */
  differenceFrom(answer: readonly string[]): string | undefined {
    const [rows, first, last, ...sums] = answer;
    if (rows !== String(this.rows)) return `it has ${rows} rows, and ${this.rows} were sent`;
    if (first !== String(this.firstIndex) || last !== String(this.lastIndex))
      return `it has the rows ${first} to ${last}, not ${this.firstIndex} to ${this.lastIndex}`;
    const other = sums.findIndex(
      (sum, i) => BigInt.asUintN(64, BigInt(sum) - this.#sums[i]) !== 0n,
    );
    if (other < 0) return undefined;
    return `the sum of ${this.#columns[other].name} is not that of the rows that were sent`;
  }
}

/** The sum of integers. */
function sumOf(values: Values): bigint {
  if (values instanceof BigUint64Array || values instanceof BigInt64Array) return sumWide(values);
  let sum = 0;
  for (const value of values) sum += value as number;
  return BigInt(sum);
}

/** The sum of 64-bit integers modulo 2^64: of their words, which doubles add without rounding. */
function sumWide({ buffer, byteOffset, length }: BigUint64Array | BigInt64Array): bigint {
  const words = new Uint32Array(buffer, byteOffset, 2 * length);
  let [low, high] = [0, 0];
  for (let i = 0; i < words.length; i += 2) {
    low += words[i];
    high += words[i + 1];
  }
  return BigInt(low) + (BigInt(high) << 32n);
}
