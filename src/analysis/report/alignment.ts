import type { StateOf } from '../summary/state.ts';
import type { SubmissionBlock } from './block.ts';
import { appends, WRITE, WRITEV } from './request-kind.ts';

/** Returns the number of trailing zero bits of a 64-bit word; 64 for zero. */
const zeros = (low: number, high: number): number =>
  low !== 0 ? 31 - Math.clz32(low & -low) : high !== 0 ? 63 - Math.clz32(high & -high) : 64;

const BITS = 65;

/** Submissions by alignment: the largest power of two that divides a value. */
export interface AlignmentCount {
  /** Its exponent; 64 for the value 0. */
  bits: number;
  count: number;
  /** The first submission with exactly this alignment. */
  firstIndex: number;
}

/** Submissions that are not aligned to a granularity. */
export interface GranularityJson {
  bytes: number;
  /** Submissions whose offset or length is not a multiple. */
  offsetOrLength: number;
  /** As above, for buffers. Since Linux 6.0 a device may accept a smaller alignment of memory. */
  buffer: number;
  /** The first submission that is not aligned; null if all are. */
  firstIndex: number | null;
}

/** Alignment of submissions at every granularity at once. */
export interface AlignmentJson {
  /**
   * Offsets of PREAD, PWRITE, PREADV and PWRITEV, and lengths of the first two. Writes with
   * RWF_APPEND ignore their offset.
   */
  offsetOrLength: AlignmentCount[];
  /** `aio_buf` of PREAD and PWRITE. */
  buffer: AlignmentCount[];
  /** PREAD and PWRITE whose `aio_buf` the source does not show; present if there are any. */
  unknownBuffers?: number;
  /** PREADV and PWRITEV, whose buffers and lengths are not in records; present if there are any. */
  vectored?: number;
  /** Writes with RWF_APPEND, whose offsets are ignored; present if there are any. */
  append?: number;
  /** The granularities that O_DIRECT may require: 512 to 4096 bytes. */
  granularities: GranularityJson[];
  /** The largest power of two, up to 2^62, that divides every offset and length; null if none. */
  satisfied: string | null;
}

/** Counts by trailing zero bits, with the first index of each. Mergeable in any order. */
class ZeroBits {
  readonly counts: Float64Array = new Float64Array(BITS);
  readonly first: Float64Array = new Float64Array(BITS).fill(Number.POSITIVE_INFINITY);

  /** Adds a value; indexes must ascend. */
  add(bits: number, index: number): void {
    if (this.counts[bits]++ === 0) this.first[bits] = index;
  }

  merge(other: StateOf<ZeroBits>): void {
    for (let bits = 0; bits < BITS; bits++) {
      this.counts[bits] += other.counts[bits];
      this.first[bits] = Math.min(this.first[bits], other.first[bits]);
    }
  }

  /** Returns how many values have fewer than `bits` zero bits, and the first; Infinity if none. */
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

/** Counts submissions by the alignment of offsets, lengths and buffers. Mergeable in any order. */
export class Alignment {
  readonly places = new ZeroBits();
  readonly buffers = new ZeroBits();
  unknownBuffers = 0;
  vectored = 0;
  append = 0;

  add(block: SubmissionBlock): void {
    const { count, index: first, rows, kinds, offset, nbytes, buf, rwFlags, lacksBuffer } = block;
    for (let i = 0; i < count; i++) {
      const index = first + (rows === undefined ? i : rows[i]);
      const kind = kinds[i];
      if (kind > WRITEV) continue;
      const [at, next] = [2 * i, 2 * i + 1];
      const isPlaced = !appends(kind, rwFlags[i]);
      if (!isPlaced) this.append += 1;
      const low = isPlaced ? offset[at] : 0;
      const high = isPlaced ? offset[next] : 0;
      if (kind > WRITE) {
        this.vectored += 1;
        if (isPlaced) this.places.add(zeros(low, high), index);
        continue;
      }
      this.places.add(zeros(low | nbytes[at], high | nbytes[next]), index);
      if (lacksBuffer?.(i)) this.unknownBuffers += 1;
      else this.buffers.add(zeros(buf[at], buf[next]), index);
    }
  }

  merge(alignment: StateOf<Alignment>): void {
    this.places.merge(alignment.places);
    this.buffers.merge(alignment.buffers);
    this.unknownBuffers += alignment.unknownBuffers;
    this.vectored += alignment.vectored;
    this.append += alignment.append;
  }

  toJSON(): AlignmentJson {
    const least = this.places.counts.findIndex((count) => count > 0);
    const granularities = [9, 10, 11, 12].map((bits) => {
      const [places, buffers] = [this.places.below(bits), this.buffers.below(bits)];
      const first = Math.min(places.first, buffers.first);
      return {
        bytes: 2 ** bits,
        offsetOrLength: places.count,
        buffer: buffers.count,
        firstIndex: Number.isFinite(first) ? first : null,
      };
    });
    return {
      offsetOrLength: this.places.toJSON(),
      buffer: this.buffers.toJSON(),
      ...(this.unknownBuffers > 0 && { unknownBuffers: this.unknownBuffers }),
      ...(this.vectored > 0 && { vectored: this.vectored }),
      ...(this.append > 0 && { append: this.append }),
      granularities,
      satisfied: least < 0 ? null : (1n << BigInt(Math.min(least, 62))).toString(),
    };
  }
}
