/** Sub-buckets of an octave: the middle of a bucket is within 1/128 of every value in it. */
const SUB_BITS = 6;
const SUB = 2 ** SUB_BITS;
/** Values below 2^31: fio has as many buckets. */
const BUCKETS = (31 - SUB_BITS + 1) * SUB;
/** How far the middle of a bucket can be from the value, as a part of it. */
const FINE_ERROR = 1 / (2 * SUB);

/** The bucket of a whole number from 0 to 2^31 - 1: one for each below 128, then 64 an octave. */
function fineBucket(value: number): number {
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return shift <= 0 ? value : shift * SUB + (value >>> shift);
}

/** The middle of a bucket. */
function middle(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = Math.floor(bucket / SUB) - 1;
  return (SUB + (bucket % SUB)) * 2 ** shift + (2 ** shift - 1) / 2;
}

/** How often whole numbers below 2^31 came, with 64 sub-buckets an octave. Mergeable. */
export class FineHistogram {
  readonly counts = new Float64Array(BUCKETS);

  add(value: number): void {
    this.counts[fineBucket(value)] += 1;
  }

  merge(histogram: FineHistogram): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += histogram.counts[i];
  }

  /** The middles of the buckets that are not empty, ascending, and whether each is exact. */
  *values(): Generator<{ value: number; count: number; exact: boolean }> {
    for (let i = 0; i < this.counts.length; i++) {
      if (this.counts[i] > 0)
        yield { value: Math.floor(middle(i)), count: this.counts[i], exact: i < 2 * SUB };
    }
  }
}

/** Nearest-rank percentiles, and the bound of their error as a part of the value: 0 where all are exact. */
export interface PercentilesJson {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  errorMax: number;
}

/** The percentiles of values that come ascending; undefined of none. */
export function percentiles(
  values: Iterable<{ value: number; count: number; exact: boolean }>,
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
      return value;
    }
    return list[list.length - 1].value;
  };
  return { p50: at(500), p90: at(900), p99: at(990), p999: at(999), errorMax };
}
