import { SECTOR_BYTES } from '../../abi/limit.ts';
import { type Log2Bucket, log2Bucket, log2Buckets } from '../summary/section.ts';
import type { StateOf } from '../summary/state.ts';
import { FineHistogram, type PercentilesJson, percentiles } from './fine-histogram.ts';

const SECTOR_BITS = Math.log2(SECTOR_BYTES);
/** Multiples of a sector up to 1 MiB are counted individually: programs request little else. */
const COMMON = 2 ** 20 / SECTOR_BYTES + 1;
/** The number of sizes that `common` lists. */
const LISTED = 64;
/** So many other sizes are counted individually too; with more of them, none is. */
const ODD_MAX = 24;

/**
 * Sizes in bytes: requested by PREAD or PWRITE, at most 2 GiB - 4 KiB as the kernel limits them; or
 * moved.
 */
export interface SizesJson {
  requests: number;
  bytes: string;
  min: number;
  max: number;
  percentiles: PercentilesJson;
  /**
   * The most frequent sizes, with exact counts: multiples of 512 up to 1 MiB, and all others if
   * there are at most 24 of them.
   */
  common: { size: number; count: number }[];
  /** Requests of sizes that `common` does not list. */
  other: number;
  /** Exact counts by powers of two; 0 has its own bucket. */
  octaves: Log2Bucket[];
}

/** Counts of up to `ODD_MAX` different sizes. Mergeable in any order. */
class OddSizes {
  readonly sizes: Uint32Array = new Uint32Array(ODD_MAX);
  readonly counts: Float64Array = new Float64Array(ODD_MAX);
  used = 0;
  /** Whether there were more, so that the counts of these mean nothing. */
  isFull = false;

  add(size: number, count: number): void {
    if (this.isFull) return;
    const sizes = this.sizes;
    let at = 0;
    while (at < this.used && sizes[at] !== size) at += 1;
    if (at === ODD_MAX) {
      this.isFull = true;
      return;
    }
    if (at === this.used) {
      sizes[at] = size;
      this.used += 1;
    }
    this.counts[at] += count;
  }

  merge(odd: StateOf<OddSizes>): void {
    for (let at = 0; at < odd.used; at++) this.add(odd.sizes[at], odd.counts[at]);
    this.isFull ||= odd.isFull;
  }

  values(): { size: number; count: number }[] {
    return Array.from({ length: this.used }, (_, at) => ({
      size: this.sizes[at],
      count: this.counts[at],
    }));
  }
}

/** Counts sizes of submissions in one direction, or of completions. Mergeable in any order. */
export class Sizes {
  readonly common: Float64Array = new Float64Array(COMMON);
  readonly odd = new OddSizes();
  readonly fine = new FineHistogram();
  min = Number.POSITIVE_INFINITY;
  max = -1;
  low = 0;
  high = 0;

  add(length: number): void {
    if ((length & (SECTOR_BYTES - 1)) === 0 && length < COMMON * SECTOR_BYTES)
      this.common[length >>> SECTOR_BITS] += 1;
    else {
      this.fine.add(length);
      this.odd.add(length, 1);
    }
    if (length < this.min) this.min = length;
    if (length > this.max) this.max = length;
    this.low += length & 0xffff;
    this.high += length >>> 16;
  }

  /** Adds lengths `begin` to `end` of a list. */
  addAll(lengths: Uint32Array, begin: number, end: number): void {
    const common = this.common;
    let [min, max, low, high] = [this.min, this.max, 0, 0];
    for (let i = begin; i < end; ) {
      const length = lengths[i];
      // Many have the length of the one before, and each addition would wait for the last.
      let next = i + 1;
      while (next < end && lengths[next] === length) next += 1;
      const count = next - i;
      if ((length & (SECTOR_BYTES - 1)) === 0 && length < COMMON * SECTOR_BYTES)
        common[length >>> SECTOR_BITS] += count;
      else {
        this.fine.add(length, count);
        this.odd.add(length, count);
      }
      if (length < min) min = length;
      if (length > max) max = length;
      low += count * (length & 0xffff);
      high += count * (length >>> 16);
      i = next;
    }
    this.min = min;
    this.max = max;
    this.low += low;
    this.high += high;
  }

  merge(sizes: StateOf<Sizes>): void {
    for (let i = 0; i < COMMON; i++) this.common[i] += sizes.common[i];
    this.fine.merge(sizes.fine);
    this.odd.merge(sizes.odd);
    this.min = Math.min(this.min, sizes.min);
    this.max = Math.max(this.max, sizes.max);
    this.low += sizes.low;
    this.high += sizes.high;
  }

  toJSON(): SizesJson | undefined {
    const multiples: { size: number; count: number }[] = [];
    for (const [i, count] of this.common.entries())
      if (count > 0) multiples.push({ size: i * SECTOR_BYTES, count });
    const exact = [...multiples, ...(this.odd.isFull ? [] : this.odd.values())];
    const all = [
      ...exact.map(({ size, count }) => ({ value: size, count, exact: true })),
      ...(this.odd.isFull ? this.fine.values() : []),
    ];
    const found = percentiles(
      all.sort((a, b) => a.value - b.value),
      this.min,
      this.max,
    );
    if (found === undefined) return undefined;
    const octaves = new Float64Array(33);
    // No bucket crosses a power of two.
    for (const { value, count } of all) octaves[log2Bucket(value, 0)] += count;
    const requests = all.reduce((sum, { count }) => sum + count, 0);
    const common = exact.sort((a, b) => b.count - a.count || a.size - b.size).slice(0, LISTED);
    return {
      requests,
      bytes: ((BigInt(this.high) << 16n) + BigInt(this.low)).toString(),
      min: this.min,
      max: this.max,
      percentiles: found,
      common,
      other: requests - common.reduce((sum, { count }) => sum + count, 0),
      octaves: log2Buckets(octaves),
    };
  }
}
