import type { Decoder } from '../../stream/decoder.ts';
import type { ColumnStats, ColumnStatsJson } from './column-stats.ts';

/** The records of one kind in a summary. The sections of parts merge to that of the whole. */
export interface Section {
  records: number;
  readonly columns: Map<string, ColumnStats>;
  /** Returns a counter of the records of a decoder. */
  counter(decoder: Decoder): BlockCounter;
}

/** Counts the blocks of one decoder into a section. */
export interface BlockCounter {
  /** Adds the first `count` rows of the decoder; `varying[i]` is 0 if column i is constant. */
  add(count: number, varying: Uint8Array): void;
  /**
   * Adds records that are not decoded, the first at `at` of the decoder's source, and tallies their
   * columns. Returns whether it did: otherwise they have to be decoded.
   */
  addPacked?(at: number, count: number): boolean;
  /** Moves what is still in the arena into the section. */
  settle(): void;
}

/** Returns column statistics by name, as JSON. */
export const columnsJson = (
  columns: ReadonlyMap<string, ColumnStats>,
): Record<string, ColumnStatsJson> =>
  Object.fromEntries([...columns].map(([name, stats]) => [name, stats.toJSON()]));

/** Adds `from` to `to`, which may be shorter. */
export function addCounts(to: Float64Array, from: ArrayLike<number>): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}

/** A bucket of a log2 histogram: the number of values in `from` … `to`, both inclusive. */
export interface Log2Bucket {
  from: string;
  to: string;
  count: number;
}

/** Returns the bucket of an unsigned 64-bit value: 0 for 0, b for 2^(b-1) … 2^b - 1. */
export const log2Bucket = (low: number, high: number): number =>
  high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);

/**
 * Returns the buckets that are not empty, ascending. `counts[zero]` counts the value 0,
 * `counts[zero - b]` those from -(2^b - 1) to -2^(b-1).
 */
export function log2Buckets(counts: ArrayLike<number>, zero = 0): Log2Bucket[] {
  const buckets: Log2Bucket[] = [];
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    const b = BigInt(Math.abs(i - zero));
    const [near, far] = b === 0n ? [0n, 0n] : [1n << (b - 1n), (1n << b) - 1n];
    const [from, to] = i < zero ? [-far, -near] : [near, far];
    buckets.push({ from: from.toString(), to: to.toString(), count: counts[i] });
  }
  return buckets;
}
