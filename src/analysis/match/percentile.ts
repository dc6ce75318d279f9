// Percentiles of latencies, from their histogram.
import { LATENCY_BUCKETS } from './kernel-layout.ts';
import { type Latency, PARTS } from './latency.ts';

/** Returns the lowest and highest value of a bucket. */
export function bucketBounds(bucket: number): readonly [bigint, bigint] {
  if (bucket < PARTS) return [BigInt(bucket), BigInt(bucket)];
  const shift = BigInt(Math.floor(bucket / PARTS) - 1);
  const from = BigInt(PARTS + (bucket % PARTS)) << shift;
  return [from, from + (1n << shift) - 1n];
}

/** Returns the middle of a bucket, rounded down. */
function middle(bucket: number): bigint {
  const [from, to] = bucketBounds(bucket);
  return (from + to) / 2n;
}

/**
 * Returns the middles of the buckets of percentiles, ascending and in 1/10,000, within the smallest
 * and the largest latency; nulls without a histogram.
 */
export function percentiles(latency: Latency, parts: readonly number[]): (bigint | null)[] {
  const { count, counts, negatives, min, max } = latency;
  if (counts === null || min === null || max === null) return parts.map(() => null);
  const found: bigint[] = [];
  const within = (near: bigint) => (near > max ? max : near < min ? min : near);
  const rank = () => Math.max(1, Math.ceil((count * parts[found.length]) / 10_000));
  let seen = 0;
  const pass = (bucket: number, among: number, sign: bigint) => {
    seen += among;
    while (found.length < parts.length && seen >= rank()) found.push(within(sign * middle(bucket)));
  };
  // From the lowest: those furthest below 0 come first.
  for (let bucket = LATENCY_BUCKETS - 1; negatives !== null && bucket >= 0; bucket--)
    if (negatives[bucket] > 0) pass(bucket, negatives[bucket], -1n);
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++)
    if (counts[bucket] > 0) pass(bucket, counts[bucket], 1n);
  return found;
}
