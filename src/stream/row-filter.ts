import type { AnyOf, Clauses, Condition } from '../layout/condition.ts';
import { isSigned, rangeOf } from '../layout/condition-value.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import { encodeText } from '../layout/text.ts';
import { resolveConditions, type Selection } from '../layout/where.ts';
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

/** Memory of alternatives; those at one depth are evaluated one after another and share it. */
interface Scratch {
  readonly isKept: Uint8Array;
  readonly rest: Uint32Array;
  readonly some: Uint32Array;
}

/** Keeps the rows that meet an alternative: each is tried on those that met none before. */
function narrowAny(alternatives: readonly Narrow[], { isKept, rest, some }: Scratch): Narrow {
  return (rows, count) => {
    let left = count;
    for (let i = 0; i < count; i++) {
      rest[i] = rows[i];
      isKept[rows[i]] = 0;
    }
    for (const narrow of alternatives) {
      for (let i = 0; i < left; i++) some[i] = rest[i];
      const found = narrow(some, left);
      for (let i = 0; i < found; i++) isKept[some[i]] = 1;
      if (found > 0) left = keepMarked(rest, left, isKept, 0);
    }
    return keepMarked(rows, count, isKept, 1);
  };
}

/** Keeps the rows whose mark is `mark`. */
function keepMarked(rows: Uint32Array, count: number, marks: Uint8Array, mark: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i];
    rows[kept] = row;
    kept += Number(marks[row] === mark);
  }
  return kept;
}

/** The columns that rows are selected by. */
interface Selected {
  readonly schema: Schema;
  readonly columns: readonly ColumnArray[];
  readonly capacity: number;
  /** By depth. */
  readonly scratch: Scratch[];
}

function narrowAll(clauses: Clauses, selected: Selected, depth: number): Narrow {
  const narrows = clauses.map((clause) => narrowClause(clause, selected, depth));
  return (rows, count) => {
    let kept = count;
    for (const narrow of narrows) kept = narrow(rows, kept);
    return kept;
  };
}

function narrowClause(clause: Condition | AnyOf, selected: Selected, depth: number): Narrow {
  if ('any' in clause) {
    const alternatives = clause.any.map((clauses) => narrowAll(clauses, selected, depth + 1));
    const { capacity, scratch } = selected;
    scratch[depth] ??= {
      isKept: new Uint8Array(capacity),
      rest: new Uint32Array(capacity),
      some: new Uint32Array(capacity),
    };
    return narrowAny(alternatives, scratch[depth]);
  }
  const { schema, columns } = selected;
  return narrowing(clause, schema.columns[clause.column], columns[clause.column], 0);
}

/** Selects the rows of a decoder that meet the conditions. */
export class RowFilter {
  /** The row numbers that the last `select` found. The next one overwrites them. */
  readonly rows: Uint32Array;
  readonly #make: () => Narrow;
  #narrow: Narrow | undefined;

  constructor(conditions: Clauses, schema: Schema, columns: readonly ColumnArray[], rows: number) {
    this.rows = new Uint32Array(rows);
    // Times may be relative to the first record, which is known once the first rows are decoded.
    this.#make = () => narrowAll(conditions, { schema, columns, capacity: rows, scratch: [] }, 0);
  }

  /** Selects among the first `count` rows. Returns how many meet the conditions. */
  select(count: number): number {
    this.#narrow ??= this.#make();
    for (let i = 0; i < count; i++) this.rows[i] = i;
    return this.#narrow(this.rows, count);
  }

  /** Packs the selected records at the beginning of their source; each has `stride` bytes. */
  pack(source: Uint8Array, stride: number, kept: number): void {
    packRecords(source, stride, this.rows, kept);
  }
}

/** Makes the filter of a decoder, over its columns of `rows` rows. */
export type CreateFilter = (columns: readonly ColumnArray[], rows: number) => RowFilter;

/**
 * How the filter of options is made; undefined if they select every record.
 *
 * @throws as `resolveConditions` does
 */
export function filterOf(options: Selection, schema: Schema): CreateFilter | undefined {
  const conditions = resolveConditions(options, schema);
  return conditions && ((columns, rows) => new RowFilter(conditions, schema, columns, rows));
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
  for (let i = 0, to = 0; i < kept; i++)
    for (let from = rows[i] * step, at = 0; at < step; at++) words[to++] = words[from++];
}
