import type { Decoder } from '../../stream/decoder.ts';
import type { ColumnStats, ColumnStatsJson } from './column-stats.ts';

/** What a summary knows of one kind of record. Mergeable: the states of the parts of a file give the section of the whole. */
export interface Section {
  records: number;
  readonly columns: Map<string, ColumnStats>;
  /** Start to count what a decoder decodes. */
  counter(decoder: Decoder): BlockCounter;
}

/** Counts the blocks of one decoder into a section. */
export interface BlockCounter {
  /** Add the first `count` rows of the decoder's columns; `varying` tells by column whether their values differ. */
  add(count: number, varying: Uint8Array): void;
  /** Move what is still in the arena into the section. */
  settle(): void;
}

/** Column statistics by name, as JSON. */
export const columnsJson = (
  columns: ReadonlyMap<string, ColumnStats>,
): Record<string, ColumnStatsJson> =>
  Object.fromEntries([...columns].map(([name, stats]) => [name, stats.toJSON()]));

/** Add one array of counts to another. */
export function addCounts(to: Float64Array, from: ArrayLike<number>): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}

/** One bucket of a log2 histogram: how many values lay in `from` … `to`, both inclusive. */
export interface Log2Bucket {
  from: string;
  to: string;
  count: number;
}

/** The bucket of an unsigned 64-bit value: 0 for 0, b for 2^(b-1) … 2^b - 1. */
export const log2Bucket = (low: number, high: number): number =>
  high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);

/** The buckets that are not empty, ascending. Bucket 0 is `counts[zero]`; those before it mirror those after it. */
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
