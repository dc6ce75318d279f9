import type { StateOf } from '../summary/state.ts';

/** Buckets per octave: the middle of a bucket is within 1/128 of every value in it. */
const SUB_BITS = 6;
const SUB = 2 ** SUB_BITS;
/** Buckets of values below 2^31, 64 per octave as in fio. */
const BUCKETS = (31 - SUB_BITS + 1) * SUB;
/** The largest distance of a value from the middle of its bucket, relative to the value. */
const FINE_ERROR = 1 / (2 * SUB);

/** Returns the bucket of an integer below 2^31: one per value below 128, then 64 per octave. */
function fineBucket(value: number): number {
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return shift <= 0 ? value : shift * SUB + (value >>> shift);
}

/** Returns the middle of a bucket. */
function middle(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = Math.floor(bucket / SUB) - 1;
  return (SUB + (bucket % SUB)) * 2 ** shift + (2 ** shift - 1) / 2;
}

/** A histogram of integers below 2^31 with 64 buckets per octave. Mergeable in any order. */
export class FineHistogram {
  readonly counts: Float64Array = new Float64Array(BUCKETS);

  add(value: number, count = 1): void {
    this.counts[fineBucket(value)] += count;
  }

  merge(histogram: StateOf<FineHistogram>): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += histogram.counts[i];
  }

  /** Yields the middles of the buckets that are not empty, ascending. */
  *values(): Generator<{ value: number; count: number; exact: boolean }> {
    for (let i = 0; i < this.counts.length; i++) {
      if (this.counts[i] > 0)
        yield { value: Math.floor(middle(i)), count: this.counts[i], exact: i < 2 * SUB };
    }
  }
}

/** Nearest-rank percentiles, within the smallest and the largest value. */
export interface PercentilesJson {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  /** The largest possible error, relative to the value; 0 if all are exact. */
  errorMax: number;
}

/** Returns the percentiles of ascending values from `min` to `max`; undefined if there are none. */
export function percentiles(
  values: Iterable<{ value: number; count: number; exact: boolean }>,
  min: number,
  max: number,
): PercentilesJson | undefined {
  const list = [...values];
  const total = list.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let errorMax = 0;
  const at = (perMille: number): number => {
    const rank = Math.max(1, Math.ceil((total * perMille) / 1000));
    let seen = 0;
    for (const { value, count, exact } of list) {
      seen += count;
      if (seen < rank) continue;
      if (!exact) errorMax = FINE_ERROR;
      // The middle of a bucket may lie outside of what was counted in it.
      return Math.min(Math.max(value, min), max);
    }
    return max;
  };
  return { p50: at(500), p90: at(900), p99: at(990), p999: at(999), errorMax };
}
