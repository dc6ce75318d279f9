/** One bucket of a log2 histogram: how many values lay in `from` … `to`, both inclusive. */
export interface Log2Bucket {
  from: string;
  to: string;
  count: number;
}

/** The bucket of an unsigned 64-bit value: 0 for 0, b for 2^(b-1) … 2^b - 1. */
export const log2Bucket = (low: number, high: number): number => (high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high));

/** The buckets that are not empty, ascending. */
export function log2Buckets(counts: ArrayLike<number>): Log2Bucket[] {
  const buckets: Log2Bucket[] = [];
  for (let b = 0; b < counts.length; b++) {
    if (counts[b] === 0) continue;
    const from = b === 0 ? 0n : 1n << BigInt(b - 1);
    buckets.push({ from: from.toString(), to: (b === 0 ? 0n : 2n * from - 1n).toString(), count: counts[b] });
  }
  return buckets;
}
