import { addCounts } from '../summary/section.ts';
import { LATENCY_BUCKETS, LATENCY_PARTS_BITS as PART_BITS } from './kernel-layout.ts';

/** Buckets per octave: the middle of a bucket is within 0.8 % of every value in it. */
export const PARTS = 2 ** PART_BITS;

/** Returns the bucket of a whole number from 0 to `EXACT_MAX`. */
export function latencyBucket(value: number): number {
  if (value < PARTS) return value;
  if (value < 2 ** 32) {
    const octave = 31 - Math.clz32(value);
    return (octave - PART_BITS + 1) * PARTS + ((value >>> (octave - PART_BITS)) & (PARTS - 1));
  }
  const octave = 63 - Math.clz32(value / 2 ** 32);
  return (
    (octave - PART_BITS + 1) * PARTS + (Math.floor(value / 2 ** (octave - PART_BITS)) & (PARTS - 1))
  );
}

function wideBucket(value: bigint): number {
  if (value < BigInt(EXACT_MAX)) return latencyBucket(Number(value));
  const octave = value.toString(2).length - 1;
  return (
    (octave - PART_BITS + 1) * PARTS + (Number(value >> BigInt(octave - PART_BITS)) & (PARTS - 1))
  );
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

/** The exact figures of some latencies. */
export interface LatencySums {
  readonly count: number;
  readonly sum: bigint;
  readonly min: bigint;
  readonly max: bigint;
}

/** Signed latencies: exact count, sum, minimum and maximum, and a histogram for percentiles. */
export class Latency {
  count = 0;
  negative = 0;
  readonly #sum = new ExactSum();
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #wideMin: bigint | null = null;
  #wideMax: bigint | null = null;
  /** Counts by bucket; null if only the exact figures are kept. */
  #counts: Float64Array | null;
  /** Counts of negative latencies by the bucket of their absolute value; null without one. */
  #negatives: Float64Array | null = null;

  constructor(histogram = true) {
    this.#counts = histogram ? new Float64Array(LATENCY_BUCKETS) : null;
  }

  /**
   * Adds a latency from -`EXACT_MAX` to `EXACT_MAX` and the bucket of its absolute value, which
   * the caller computes once for several tables.
   */
  add(latency: number, bucket: number): void {
    this.count += 1;
    this.#sum.add(latency);
    if (latency < this.#min) this.#min = latency;
    if (latency > this.#max) this.#max = latency;
    if (latency < 0) this.#addNegative(bucket);
    else if (this.#counts !== null) this.#counts[bucket] += 1;
  }

  /** Adds any latency. */
  addWide(latency: bigint): void {
    if (absolute(latency) <= BigInt(EXACT_MAX)) {
      const near = Number(latency);
      this.add(near, latencyBucket(Math.abs(near)));
      return;
    }
    this.count += 1;
    this.#sum.addWide(latency);
    if (this.#wideMin === null || latency < this.#wideMin) this.#wideMin = latency;
    if (this.#wideMax === null || latency > this.#wideMax) this.#wideMax = latency;
    const bucket = wideBucket(absolute(latency));
    if (latency < 0n) this.#addNegative(bucket);
    else if (this.#counts !== null) this.#counts[bucket] += 1;
  }

  /** Adds latencies from 0 that a kernel has summed up. */
  absorb({ count, sum, min, max }: LatencySums): void {
    this.count += count;
    this.#sum.addWide(sum);
    if (this.#wideMin === null || min < this.#wideMin) this.#wideMin = min;
    if (this.#wideMax === null || max > this.#wideMax) this.#wideMax = max;
  }

  /** Adds counts by bucket. */
  absorbCounts(counts: Uint32Array): void {
    if (this.#counts !== null) addCounts(this.#counts, counts);
  }

  /** Adds everything in `other`. Drops the histogram if either side has none. */
  merge(other: Latency): void {
    this.count += other.count;
    this.negative += other.negative;
    this.#sum.addWide(other.#sum.value);
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    if (other.#wideMin !== null && (this.#wideMin === null || other.#wideMin < this.#wideMin))
      this.#wideMin = other.#wideMin;
    if (other.#wideMax !== null && (this.#wideMax === null || other.#wideMax > this.#wideMax))
      this.#wideMax = other.#wideMax;
    if (other.#counts === null) this.dropHistogram();
    else if (this.#counts !== null) addCounts(this.#counts, other.#counts);
    if (other.#negatives === null || this.#counts === null) return;
    this.#negatives ??= new Float64Array(LATENCY_BUCKETS);
    addCounts(this.#negatives, other.#negatives);
  }

  /** Drops the histogram for good. */
  dropHistogram(): void {
    this.#counts = null;
    this.#negatives = null;
  }

  get hasHistogram(): boolean {
    return this.#counts !== null;
  }

  get sum(): bigint {
    return this.#sum.value;
  }

  get min(): bigint | null {
    return smaller(Number.isFinite(this.#min) ? BigInt(this.#min) : null, this.#wideMin);
  }

  get max(): bigint | null {
    const near = Number.isFinite(this.#max) ? BigInt(this.#max) : null;
    return near === null || (this.#wideMax !== null && this.#wideMax > near) ? this.#wideMax : near;
  }

  /** Counts of latencies from 0 by bucket; null if only the exact figures are kept. */
  get counts(): Float64Array | null {
    return this.#counts;
  }

  /** Counts of negative latencies by the bucket of their absolute value; null without any. */
  get negatives(): Float64Array | null {
    return this.#negatives;
  }

  #addNegative(bucket: number): void {
    this.negative += 1;
    if (this.#counts === null) return;
    this.#negatives ??= new Float64Array(LATENCY_BUCKETS);
    this.#negatives[bucket] += 1;
  }
}

const smaller = (a: bigint | null, b: bigint | null): bigint | null =>
  a === null || (b !== null && b < a) ? b : a;

/** Limit of a value added as a double, and of the sum so far: adding two such is exact. */
export const EXACT_MAX = 2 ** 52;

/** A sum of whole numbers that never rounds: a number, and a bigint for what exceeds it. */
export class ExactSum {
  #near = 0;
  #far = 0n;

  /** Adds a whole number from -`EXACT_MAX` to `EXACT_MAX`. */
  add(value: number): void {
    this.#near += value;
    if (this.#near > EXACT_MAX || this.#near < -EXACT_MAX) {
      this.#far += BigInt(this.#near);
      this.#near = 0;
    }
  }

  addWide(value: bigint): void {
    this.#far += value;
  }

  get value(): bigint {
    return this.#far + BigInt(this.#near);
  }
}
