import { SECTOR_BYTES } from '../../abi/limit.ts';
import { type Log2Bucket, log2Bucket, log2Buckets } from '../summary/section.ts';
import { READ, READV, type SubmissionBlock, WRITE, WRITEV } from './block.ts';
import { FineHistogram, type PercentilesJson, percentiles } from './fine-histogram.ts';

const SECTOR_BITS = Math.log2(SECTOR_BYTES);
/** Multiples of a sector up to 1 MiB are counted individually: programs request little else. */
const COMMON = 2 ** 20 / SECTOR_BYTES + 1;
/** The number of sizes that `common` lists. */
const LISTED = 64;

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
  /** The most frequent multiples of 512 up to 1 MiB, with exact counts. */
  common: { size: number; count: number }[];
  /** Requests of sizes that `common` does not list. */
  other: number;
  /** Exact counts by powers of two; 0 has its own bucket. */
  octaves: Log2Bucket[];
}

/** Counts sizes of submissions in one direction, or of completions. Mergeable in any order. */
export class Sizes {
  readonly #common = new Float64Array(COMMON);
  readonly #fine = new FineHistogram();
  #min = Number.POSITIVE_INFINITY;
  #max = -1;
  #low = 0;
  #high = 0;

  add(length: number): void {
    if ((length & (SECTOR_BYTES - 1)) === 0 && length < COMMON * SECTOR_BYTES)
      this.#common[length >>> SECTOR_BITS] += 1;
    else this.#fine.add(length);
    if (length < this.#min) this.#min = length;
    if (length > this.#max) this.#max = length;
    this.#low += length & 0xffff;
    this.#high += length >>> 16;
  }

  merge(sizes: Sizes): void {
    for (let i = 0; i < COMMON; i++) this.#common[i] += sizes.#common[i];
    this.#fine.merge(sizes.#fine);
    this.#min = Math.min(this.#min, sizes.#min);
    this.#max = Math.max(this.#max, sizes.#max);
    this.#low += sizes.#low;
    this.#high += sizes.#high;
  }

  toJSON(): SizesJson | undefined {
    const exact = [...this.#common.entries()]
      .filter(([, count]) => count > 0)
      .map(([i, count]) => ({ size: i * SECTOR_BYTES, count }));
    const all = [
      ...exact.map(({ size, count }) => ({ value: size, count, exact: true })),
      ...this.#fine.values(),
    ];
    const found = percentiles(
      all.sort((a, b) => a.value - b.value),
      this.#min,
      this.#max,
    );
    if (found === undefined) return undefined;
    const octaves = new Float64Array(33);
    // No bucket crosses a power of two.
    for (const { value, count } of all) octaves[log2Bucket(value, 0)] += count;
    const requests = all.reduce((sum, { count }) => sum + count, 0);
    const common = exact.sort((a, b) => b.count - a.count || a.size - b.size).slice(0, LISTED);
    return {
      requests,
      bytes: ((BigInt(this.#high) << 16n) + BigInt(this.#low)).toString(),
      min: this.#min,
      max: this.#max,
      percentiles: found,
      common,
      other: requests - common.reduce((sum, { count }) => sum + count, 0),
      octaves: log2Buckets(octaves),
    };
  }
}

/** Linux refuses more iovecs than this (UIO_MAXIOV). */
const VECTORS_MAX = 1024;

/** Numbers of iovecs of PREADV or PWRITEV: their `aio_nbytes`. */
export interface VectorsJson {
  requests: number;
  counts: { iovecs: number; count: number }[];
  /** Requests with more than 1,024 iovecs, which Linux refuses. */
  over1024: number;
}

/** Sizes of submissions by direction: in bytes, or in iovecs if vectored. */
export interface SubmissionSizesJson {
  reads?: SizesJson;
  writes?: SizesJson;
  readVectors?: VectorsJson;
  writeVectors?: VectorsJson;
}

/** Counts numbers of iovecs. Mergeable in any order. */
class Vectors {
  readonly #counts = new Float64Array(VECTORS_MAX + 2);

  add(low: number, high: number): void {
    this.#counts[high === 0 ? Math.min(low, VECTORS_MAX + 1) : VECTORS_MAX + 1] += 1;
  }

  merge(vectors: Vectors): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i] += vectors.#counts[i];
  }

  toJSON(): VectorsJson | undefined {
    const requests = this.#counts.reduce((sum, count) => sum + count, 0);
    if (requests === 0) return undefined;
    const counts = [...this.#counts.subarray(0, VECTORS_MAX + 1)].flatMap((count, iovecs) =>
      count === 0 ? [] : [{ iovecs, count }],
    );
    return { requests, counts, over1024: this.#counts[VECTORS_MAX + 1] };
  }
}

/** Counts the sizes of submissions. Mergeable in any order. */
export class SubmissionSizes {
  readonly #reads = new Sizes();
  readonly #writes = new Sizes();
  readonly #readVectors = new Vectors();
  readonly #writeVectors = new Vectors();

  add({ count, kinds, lengths, nbytes }: SubmissionBlock): void {
    for (let i = 0; i < count; i++) {
      const kind = kinds[i];
      if (kind <= WRITE) (kind === READ ? this.#reads : this.#writes).add(lengths[i]);
      else if (kind <= WRITEV)
        (kind === READV ? this.#readVectors : this.#writeVectors).add(
          nbytes[2 * i],
          nbytes[2 * i + 1],
        );
    }
  }

  merge(sizes: SubmissionSizes): void {
    this.#reads.merge(sizes.#reads);
    this.#writes.merge(sizes.#writes);
    this.#readVectors.merge(sizes.#readVectors);
    this.#writeVectors.merge(sizes.#writeVectors);
  }

  toJSON(): SubmissionSizesJson {
    const [reads, writes] = [this.#reads.toJSON(), this.#writes.toJSON()];
    const [readVectors, writeVectors] = [this.#readVectors.toJSON(), this.#writeVectors.toJSON()];
    return {
      ...(reads && { reads }),
      ...(writes && { writes }),
      ...(readVectors && { readVectors }),
      ...(writeVectors && { writeVectors }),
    };
  }
}
