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

function unbounded({ count, counts, negatives }: Latency, parts: number): bigint | null {
  if (count === 0 || counts === null) return null;
  let rank = Math.max(1, Math.ceil((count * parts) / 10_000));
  for (let bucket = LATENCY_BUCKETS - 1; negatives !== null && bucket >= 0; bucket--) {
    rank -= negatives[bucket];
    if (rank <= 0) return -middle(bucket);
  }
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    rank -= counts[bucket];
    if (rank <= 0) return middle(bucket);
  }
  return null;
}

/**
 * Returns the middle of the bucket of a percentile in 1/10,000, within the smallest and the largest
 * latency; null without a histogram.
 */
export function percentile(latency: Latency, parts: number): bigint | null {
  const near = unbounded(latency, parts);
  const { min, max } = latency;
  if (near === null || min === null || max === null) return null;
  if (near > max) return max;
  if (near < min) return min;
  return near;
}
