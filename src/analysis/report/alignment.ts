import { type SubmissionBlock, WRITE, WRITEV } from './block.ts';

/** Trailing zero bits of 64; 64 of zero. */
const zeros = (low: number, high: number): number =>
  low !== 0 ? 31 - Math.clz32(low & -low) : high !== 0 ? 63 - Math.clz32(high & -high) : 64;

const BITS = 65;

/** Requests by the largest power of two that divides something of them; `bits` 64: it is 0. */
export interface AlignmentCount {
  bits: number;
  count: number;
  /** The first request that is aligned so and no better. */
  firstIndex: number;
}

/** What one granularity would say to the requests. */
export interface GranularityJson {
  bytes: number;
  /** Requests whose offset or length is no multiple. */
  offsetOrLength: number;
  /** Requests whose buffer is not aligned so. Since Linux 6.0 a device may ask less of memory than of offsets. */
  buffer: number;
  /** The first request that breaks it; null where none does. */
  firstIndex: number | null;
}

/** Alignment at every granularity at once. */
export interface AlignmentJson {
  /** PREAD, PWRITE, PREADV and PWRITEV: offset and, of the first two, length. */
  offsetOrLength: AlignmentCount[];
  /** PREAD and PWRITE: `aio_buf`. */
  buffer: AlignmentCount[];
  /** The granularities from 512 to 4096 bytes that O_DIRECT asks for. */
  granularities: GranularityJson[];
  /** The largest power of two that every offset and length is a multiple of, up to 2^62; null of no requests. */
  satisfied: string | null;
}

/** Counts by trailing zero bits, with the first index of each. Mergeable in any order. */
class ZeroBits {
  readonly counts = new Float64Array(BITS);
  readonly first = new Float64Array(BITS).fill(Number.POSITIVE_INFINITY);

  /** Indexes come ascending. */
  add(bits: number, index: number): void {
    if (this.counts[bits]++ === 0) this.first[bits] = index;
  }

  merge(other: ZeroBits): void {
    for (let bits = 0; bits < BITS; bits++) {
      this.counts[bits] += other.counts[bits];
      this.first[bits] = Math.min(this.first[bits], other.first[bits]);
    }
  }

  /** Those with fewer than `bits` zero bits: how many, and the first. */
  below(bits: number): { count: number; first: number } {
    const sum = this.counts.subarray(0, bits).reduce((total, count) => total + count, 0);
    return { count: sum, first: Math.min(...this.first.subarray(0, bits)) };
  }

  toJSON(): AlignmentCount[] {
    return [...this.counts].flatMap((count, bits) =>
      count === 0 ? [] : [{ bits, count, firstIndex: this.first[bits] }],
    );
  }
}

/** Alignment of offsets, lengths and buffers. */
export class Alignment {
  readonly #places = new ZeroBits();
  readonly #buffers = new ZeroBits();

  add({ count, index: first, rows, kinds, offset, nbytes, buf }: SubmissionBlock): void {
    for (let i = 0; i < count; i++) {
      const index = first + (rows === undefined ? i : rows[i]);
      const kind = kinds[i];
      if (kind > WRITEV) continue;
      const [at, next] = [2 * i, 2 * i + 1];
      if (kind > WRITE) {
        this.#places.add(zeros(offset[at], offset[next]), index);
        continue;
      }
      this.#places.add(zeros(offset[at] | nbytes[at], offset[next] | nbytes[next]), index);
      this.#buffers.add(zeros(buf[at], buf[next]), index);
    }
  }

  merge(alignment: Alignment): void {
    this.#places.merge(alignment.#places);
    this.#buffers.merge(alignment.#buffers);
  }

  toJSON(): AlignmentJson {
    const least = this.#places.counts.findIndex((count) => count > 0);
    const granularities = [9, 10, 11, 12].map((bits) => {
      const [places, buffers] = [this.#places.below(bits), this.#buffers.below(bits)];
      const first = Math.min(places.first, buffers.first);
      return {
        bytes: 2 ** bits,
        offsetOrLength: places.count,
        buffer: buffers.count,
        firstIndex: Number.isFinite(first) ? first : null,
      };
    });
    return {
      offsetOrLength: this.#places.toJSON(),
      buffer: this.#buffers.toJSON(),
      granularities,
      satisfied: least < 0 ? null : (1n << BigInt(Math.min(least, 62))).toString(),
    };
  }
}
