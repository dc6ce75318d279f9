import { SCALARS, type ScalarType } from '../../abi/scalar.ts';
import type { TallyKernel } from '../../engine/kernel.ts';
import { COUNTING } from '../../engine/sets.ts';
import { columnTally } from '../../engine/tables.ts';
import type { AbsentOf } from '../../layout/absent.ts';
import type { ColumnSource } from '../../layout/schema.ts';
import type { Decoder } from '../../stream/decoder.ts';
import { absenceOf } from '../../stream/named.ts';

/** The state of `ColumnStats`, which can be cloned. */
export interface ColumnState {
  readonly min: bigint | null;
  readonly max: bigint | null;
  readonly sum: bigint;
}

/** Exact minimum, maximum and sum of a column. The first two are null if there are no values. */
export class ColumnStats implements ColumnState {
  min: bigint | null = null;
  max: bigint | null = null;
  sum = 0n;

  merge({ min, max, sum }: ColumnState): void {
    if (min !== null && (this.min === null || min < this.min)) this.min = min;
    if (max !== null && (this.max === null || max > this.max)) this.max = max;
    this.sum += sum;
  }

  toJSON(): ColumnStatsJson {
    const sum = this.sum.toString();
    if (this.min === null || this.max === null) return { sum };
    return { min: this.min.toString(), max: this.max.toString(), sum };
  }
}

/** Statistics of a column as decimal strings; `min` and `max` are absent without records. */
export interface ColumnStatsJson {
  min?: string;
  max?: string;
  sum: string;
}

/** The smallest and the largest 64-bit value: a tally starts from these. */
const EXTREMES = {
  signed: [-(2n ** 63n), 2n ** 63n - 1n],
  unsigned: [0n, 2n ** 64n - 1n],
} as const;

/** A column of a decoder and its tally in the arena. */
class ColumnTally {
  readonly name: string;
  readonly #kernel: TallyKernel;
  readonly #column: number;
  readonly #state: number;
  readonly #words: BigInt64Array | BigUint64Array;
  readonly #sums: BigInt64Array;
  readonly #extremes: readonly [bigint, bigint];

  constructor(decoder: Decoder, index: number, type: ScalarType) {
    const { arena } = decoder;
    this.name = decoder.schema.columns[index].name;
    this.#kernel = arena.kernels(COUNTING)[`tally_${type}`];
    this.#column = decoder.addresses[index];
    this.#state = decoder.plan.tallies + index * columnTally.byteLength;
    const [min, , low] = columnTally.fields;
    const { signed } = SCALARS[type];
    this.#words = new (signed ? BigInt64Array : BigUint64Array)(
      arena.buffer,
      this.#state + min.offset,
      2,
    );
    this.#sums = new BigInt64Array(arena.buffer, this.#state + low.offset, 2);
    this.#extremes = signed ? EXTREMES.signed : EXTREMES.unsigned;
    this.#reset();
  }

  /** Adds the first `count` rows; returns 1 if their values differ. */
  add(count: number): number {
    return this.#kernel(this.#column, count, this.#state);
  }

  /** Moves the tally into `stats` and resets it. */
  settle(stats: ColumnStats): void {
    const min = this.#words[0];
    const max = this.#words[1];
    if (min > max) return;
    const low = this.#sums[0];
    const high = this.#sums[1];
    stats.merge({ min, max, sum: high === 0n ? low : (high << 32n) + low });
    this.#reset();
  }

  #reset(): void {
    const [least, most] = this.#extremes;
    this.#words[0] = most;
    this.#words[1] = least;
    this.#sums[0] = 0n;
    this.#sums[1] = 0n;
  }
}

/** The running tally of a column that only records of some opcodes have. */
class SparseTally {
  readonly name: string;
  readonly #decoder: Decoder;
  readonly #index: number;
  readonly #isAbsent: (i: number) => boolean;
  #found = new ColumnStats();

  constructor(decoder: Decoder, index: number, absent: AbsentOf) {
    const { columns } = decoder.schema;
    this.name = columns[index].name;
    this.#decoder = decoder;
    this.#index = index;
    this.#isAbsent = absenceOf(absent, columns, decoder.columns);
  }

  add(count: number): number {
    const values = this.#decoder.columns[this.#index];
    for (let i = 0; i < count; i++) {
      if (this.#isAbsent(i)) continue;
      const value = BigInt(values[i]);
      this.#found.merge({ min: value, max: value, sum: value });
    }
    return 1;
  }

  settle(stats: ColumnStats): void {
    const { min, max, sum } = this.#found;
    if (min !== null && max !== null) stats.merge({ min, max, sum });
    this.#found = new ColumnStats();
  }
}

/** Whether a column has values of records: not if they all lack it, and not if it is of a check. */
export const isCounted = ({ type, absent, sourceOffset }: ColumnSource): boolean =>
  type !== 'char' && absent !== 'all' && sourceOffset >= 0;

/** Tallies of every numeric column of a decoder that records have, block by block. */
export class ColumnTallies {
  /** By column of the schema: 0 if all values of the last block were equal. */
  readonly varying: Uint8Array;
  readonly #tallies: (ColumnTally | SparseTally | undefined)[];

  constructor(decoder: Decoder) {
    const { columns } = decoder.schema;
    this.varying = new Uint8Array(columns.length);
    this.#tallies = columns.map((column, i) => {
      const { type, absent } = column;
      if (type === 'char' || !isCounted(column)) return undefined;
      return absent ? new SparseTally(decoder, i, absent) : new ColumnTally(decoder, i, type);
    });
  }

  /** Adds the first `count` rows of the decoder's columns. */
  add(count: number): void {
    for (let i = 0; i < this.#tallies.length; i++)
      this.varying[i] = this.#tallies[i]?.add(count) ?? 1;
  }

  /** Moves the tallies into `stats`, by column name. */
  settle(stats: Map<string, ColumnStats>): void {
    for (const column of this.#tallies) {
      if (column === undefined) continue;
      const known = stats.get(column.name) ?? new ColumnStats();
      stats.set(column.name, known);
      column.settle(known);
    }
  }
}

/** Adds every column of `from` to `to`. */
export function mergeColumns(
  to: Map<string, ColumnStats>,
  from: ReadonlyMap<string, ColumnState>,
): void {
  for (const [name, stats] of from) {
    const known = to.get(name) ?? new ColumnStats();
    to.set(name, known);
    known.merge(stats);
  }
}
