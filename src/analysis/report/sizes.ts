import { type Log2Bucket, log2Bucket, log2Buckets } from '../summary/section.ts';
import { READ, READV, type SubmissionBlock, WRITE, WRITEV } from './block.ts';
import { FineHistogram, type PercentilesJson, percentiles } from './fine-histogram.ts';

const SECTOR_BITS = 9;
const SECTOR = 2 ** SECTOR_BITS;
/** Multiples of a sector up to 1 MiB are counted one by one: programs ask for little else. */
const COMMON = 2 ** 20 / SECTOR + 1;
/** Lists are cut to so many sizes; the rest is counted. */
const LISTED = 64;

/** Sizes in bytes: as PREAD or PWRITE asked for them, at most 2 GiB - 4 KiB as the kernel takes them; or as they were moved. */
export interface SizesJson {
  requests: number;
  bytes: string;
  min: number;
  max: number;
  percentiles: PercentilesJson;
  /** The most frequent sizes, exact; only multiples of 512 up to 1 MiB are told one by one. */
  common: { size: number; count: number }[];
  /** Requests of sizes that `common` does not list. */
  other: number;
  /** By powers of two, exact; 0 apart. */
  octaves: Log2Bucket[];
}

/** Sizes of requests in one direction, or of results. Mergeable in any order. */
export class Sizes {
  readonly #common = new Float64Array(COMMON);
  readonly #fine = new FineHistogram();
  #min = Number.POSITIVE_INFINITY;
  #max = -1;
  #low = 0;
  #high = 0;

  add(length: number): void {
    if ((length & (SECTOR - 1)) === 0 && length < COMMON * SECTOR)
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
      .map(([i, count]) => ({ size: i * SECTOR, count }));
    const all = [
      ...exact.map(({ size, count }) => ({ value: size, count, exact: true })),
      ...this.#fine.values(),
    ];
    const found = percentiles(all.sort((a, b) => a.value - b.value));
    if (found === undefined) return undefined;
    const octaves = new Float64Array(33);
    // No bucket lies across a power of two.
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

/** How many iovecs PREADV or PWRITEV had: `aio_nbytes` counts them. */
export interface VectorsJson {
  requests: number;
  counts: { iovecs: number; count: number }[];
  /** Requests with more than 1,024, which Linux refuses. */
  over1024: number;
}

/** Sizes of requests by direction: in bytes, and of vectored ones in iovecs. */
export interface SubmissionSizesJson {
  reads?: SizesJson;
  writes?: SizesJson;
  readVectors?: VectorsJson;
  writeVectors?: VectorsJson;
}

/** Numbers of iovecs. Mergeable in any order. */
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

/** Sizes of reads and of writes. */
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
