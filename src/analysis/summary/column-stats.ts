import { SCALARS, type ScalarType } from '../../abi/scalar.ts';
import type { TallyKernel } from '../../engine/kernel.ts';
import { columnTally } from '../../engine/tables.ts';
import type { Decoder } from '../../stream/decoder.ts';

/** The same as data that can be cloned. */
export interface ColumnState {
  readonly min: bigint | null;
  readonly max: bigint | null;
  readonly sum: bigint;
}

/** Exact minimum, maximum and sum of the values of one column. Of no values there is neither minimum nor maximum. */
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

/** A column's statistics as decimal strings; `min` and `max` are missing when there were no records. */
export interface ColumnStatsJson {
  min?: string;
  max?: string;
  sum: string;
}

/** The smallest and the largest value that a 64-bit tally can start from. */
const EXTREMES = {
  signed: [-(2n ** 63n), 2n ** 63n - 1n],
  unsigned: [0n, 2n ** 64n - 1n],
} as const;

/** One column of a decoder with its tally in the arena. */
class ColumnTally {
  readonly name: string;
  readonly #kernel: TallyKernel;
  readonly #column: number;
  readonly #state: number;
  readonly #words: BigInt64Array | BigUint64Array;
  readonly #sums: BigInt64Array;
  readonly #extremes: readonly [bigint, bigint];

  constructor(decoder: Decoder, index: number, type: ScalarType) {
    const { buffer, kernels } = decoder.arena;
    this.name = decoder.schema.columns[index].name;
    this.#kernel = kernels[`tally_${type}`];
    this.#column = decoder.addresses[index];
    this.#state = decoder.plan.tallies + index * columnTally.byteLength;
    const [min, , low] = columnTally.fields;
    const { signed } = SCALARS[type];
    this.#words = new (signed ? BigInt64Array : BigUint64Array)(
      buffer,
      this.#state + min.offset,
      2,
    );
    this.#sums = new BigInt64Array(buffer, this.#state + low.offset, 2);
    this.#extremes = signed ? EXTREMES.signed : EXTREMES.unsigned;
    this.#reset();
  }

  /** Add the first `count` rows; 1 when their values differ. */
  add(count: number): number {
    return this.#kernel(this.#column, count, this.#state);
  }

  /** Move what was counted since the last time into `stats`. */
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

/** The statistics of every numeric column of a decoder, block by block. */
export class ColumnTallies {
  /** What the last `add` said of each column of the schema: 0 where all values of the block were the same. */
  readonly varying: Uint8Array;
  readonly #tallies: (ColumnTally | undefined)[];

  constructor(decoder: Decoder) {
    const { columns } = decoder.schema;
    this.varying = new Uint8Array(columns.length);
    this.#tallies = columns.map(({ type }, i) =>
      type === 'char' ? undefined : new ColumnTally(decoder, i, type),
    );
  }

  /** Add the first `count` rows of the decoder's columns. */
  add(count: number): void {
    for (let i = 0; i < this.#tallies.length; i++)
      this.varying[i] = this.#tallies[i]?.add(count) ?? 1;
  }

  /** Move everything into `stats`, by column name. */
  settle(stats: Map<string, ColumnStats>): void {
    for (const column of this.#tallies) {
      if (column === undefined) continue;
      const known = stats.get(column.name) ?? new ColumnStats();
      stats.set(column.name, known);
      column.settle(known);
    }
  }
}

/** Add every column of `from` to `to`. */
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
