// Latencies as plain data.
import { type Log2Bucket, log2Buckets } from '../summary/section.ts';
import type { Latency } from './latency.ts';
import { bucketBounds, percentiles } from './percentile.ts';

/** Percentiles by name, in 1/10,000. */
const PERCENTILES = { p50: 5000, p90: 9000, p99: 9900, p999: 9990, p9999: 9999 } as const;

/**
 * Latencies in nanoseconds as decimal strings. Null without pairs; percentiles are also null in
 * rows of a table that keep no histogram.
 */
export type LatencyJson = { min: string | null; max: string | null; sum: string } & {
  [P in keyof typeof PERCENTILES]: string | null;
};

/** Returns exact counts of latencies from 0 by powers of two; empty without a histogram. */
export function octavesOf(latency: Latency): Log2Bucket[] {
  const counts = new Float64Array(65);
  latency.counts?.forEach((count, bucket) => {
    // Most buckets are empty, and bounds are bigints.
    if (count > 0)
      counts[bucketBounds(bucket)[0].toString(2).length - (bucket === 0 ? 1 : 0)] += count;
  });
  return log2Buckets(counts);
}

export function latencyJson(latency: Latency): LatencyJson {
  const values = percentiles(latency, Object.values(PERCENTILES));
  const named = Object.keys(PERCENTILES).map((name, i) => [name, values[i]?.toString() ?? null]);
  return {
    min: latency.min?.toString() ?? null,
    max: latency.max?.toString() ?? null,
    sum: latency.sum.toString(),
    ...Object.fromEntries(named),
  };
}
