import type { ColumnSource, Schema } from '../layout/schema.ts';
import { encodeText } from '../layout/text.ts';
import { type Condition, isSigned, rangeOf } from '../layout/where.ts';
import type { ColumnArray } from './decoder.ts';

/** Keeps those of the first `count` row numbers that meet a condition. Returns how many. */
type Narrow = (rows: Uint32Array, count: number) => number;

/** Compares 64-bit values as pairs of words: high words have the signedness of the column. */
function narrowWide(
  array: ColumnArray,
  signed: boolean,
  low: bigint,
  high: bigint,
  isWanted: boolean,
): Narrow {
  const lows = new Uint32Array(array.buffer, array.byteOffset, array.length * 2);
  const highs = signed ? new Int32Array(array.buffer, array.byteOffset, array.length * 2) : lows;
  const [fromLow, fromHigh] = [Number(BigInt.asUintN(32, low)), Number(low >> 32n)];
  const [toLow, toHigh] = [Number(BigInt.asUintN(32, high)), Number(high >> 32n)];
  return (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const below = lows[2 * row];
      const above = highs[2 * row + 1];
      const isInside =
        (above > fromHigh || (above === fromHigh && below >= fromLow)) &&
        (above < toHigh || (above === toHigh && below <= toLow));
      rows[kept] = row;
      kept += Number(isInside === isWanted);
    }
    return kept;
  };
}

function narrowNumbers(
  array: ArrayLike<number>,
  low: number,
  high: number,
  isWanted: boolean,
): Narrow {
  return (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const value = array[rows[i]];
      rows[kept] = rows[i];
      kept += Number((value >= low && value <= high) === isWanted);
    }
    return kept;
  };
}

function narrowText(
  array: Uint8Array,
  byteLength: number,
  text: string,
  isWanted: boolean,
): Narrow {
  const bytes = encodeText(text);
  const wanted = bytes ?? new Uint8Array(0);
  // No field holds a longer text, a NUL, or what is not UTF-8.
  const isPossible = bytes !== undefined && wanted.byteLength <= byteLength && !wanted.includes(0);
  const isText = (at: number): boolean => {
    for (let i = 0; i < wanted.byteLength; i++) if (array[at + i] !== wanted[i]) return false;
    return wanted.byteLength === byteLength || array[at + wanted.byteLength] === 0;
  };
  return (rows, count) => {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      rows[kept] = row;
      kept += Number((isPossible && isText(row * byteLength)) === isWanted);
    }
    return kept;
  };
}

/** Clamps the range of a condition to the values of its column; undefined if it is empty. */
function bounds(
  { low, high }: Condition,
  column: ColumnSource,
  base: bigint,
): readonly [bigint, bigint] | undefined {
  const [least, most] = rangeOf(column);
  const from = low === undefined || low + base < least ? least : low + base;
  const to = high === undefined || high + base > most ? most : high + base;
  return from > to ? undefined : [from, to];
}

function narrowing(
  condition: Condition,
  column: ColumnSource,
  array: ColumnArray,
  first: number,
): Narrow {
  const { text, isWanted, isRelative } = condition;
  if (text !== undefined) return narrowText(array as Uint8Array, column.byteLength, text, isWanted);
  const range = bounds(condition, column, isRelative ? BigInt(array[first]) : 0n);
  if (range === undefined) return (_, count) => (isWanted ? 0 : count);
  const [low, high] = range;
  if (column.byteLength === 8) return narrowWide(array, isSigned(column), low, high, isWanted);
  const numbers =
    column.meaning === 'descriptor'
      ? new Int32Array(array.buffer, array.byteOffset, array.length)
      : array;
  return narrowNumbers(numbers as ArrayLike<number>, Number(low), Number(high), isWanted);
}

/** Selects the rows of a decoder that meet every condition. */
export class RowFilter {
  /** The row numbers that the last `select` found. The next one overwrites them. */
  readonly rows: Uint32Array;
  readonly #make: () => readonly Narrow[];
  #narrows: readonly Narrow[] | undefined;

  constructor(
    conditions: readonly Condition[],
    schema: Schema,
    columns: readonly ColumnArray[],
    rows: number,
  ) {
    this.rows = new Uint32Array(rows);
    // Times may be relative to the first record, which is known once the first rows are decoded.
    this.#make = () =>
      conditions.map((condition) =>
        narrowing(condition, schema.columns[condition.column], columns[condition.column], 0),
      );
  }

  /** Selects among the first `count` rows. Returns how many meet the conditions. */
  select(count: number): number {
    this.#narrows ??= this.#make();
    for (let i = 0; i < count; i++) this.rows[i] = i;
    let kept = count;
    for (const narrow of this.#narrows) kept = narrow(this.rows, kept);
    return kept;
  }
}

/** Packs the records of `rows` at the beginning, in place; each has `stride` bytes. */
export function packRecords(
  source: Uint8Array,
  stride: number,
  rows: Uint32Array,
  kept: number,
): void {
  if (stride % 4 !== 0 || source.byteOffset % 4 !== 0) {
    for (let i = 0; i < kept; i++)
      source.copyWithin(i * stride, rows[i] * stride, (rows[i] + 1) * stride);
    return;
  }
  const words = new Uint32Array(source.buffer, source.byteOffset, source.byteLength >>> 2);
  const step = stride / 4;
  for (let i = 0, to = 0; i < kept; i++) {
    for (let from = rows[i] * step, end = from + step; from < end; from++, to++)
      words[to] = words[from];
  }
}
