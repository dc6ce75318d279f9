import type { StateOf } from '../summary/state.ts';
import type { SubmissionBlock } from './block.ts';
import { appends, plainKind, WRITE, WRITEV } from './request-kind.ts';
import type { ZeroCounts } from './request-views.ts';
import { eachAlignment } from './requests.ts';

/** Returns the number of trailing zero bits of a 64-bit word; 64 for zero. */
const zeros = (low: number, high: number): number =>
  low !== 0 ? 31 - Math.clz32(low & -low) : high !== 0 ? 63 - Math.clz32(high & -high) : 64;

/** The trailing zero bits of offset and length of a submission; undefined if it has no place. */
function placeZeros(block: SubmissionBlock, row: number): number | undefined {
  const { requests, offset, nbytes, rwFlags } = block;
  const kind = plainKind(requests.kinds[row]);
  const isPlain = kind <= WRITE;
  const isPlaced = !appends(kind, rwFlags[row]);
  if (kind > WRITEV || (!isPlain && !isPlaced)) return undefined;
  const [at, next] = [2 * row, 2 * row + 1];
  return zeros(
    (isPlaced ? offset[at] : 0) | (isPlain ? nbytes[at] : 0),
    (isPlaced ? offset[next] : 0) | (isPlain ? nbytes[next] : 0),
  );
}

/** The same of its buffer; undefined if it has iovecs or none. */
const bufferZeros = ({ requests, buf }: SubmissionBlock, row: number): number | undefined =>
  plainKind(requests.kinds[row]) > WRITE ? undefined : zeros(buf[2 * row], buf[2 * row + 1]);

/** The index of row `row` of a block among all submissions. */
const indexAt = ({ index, rows }: SubmissionBlock, row: number): number =>
  index + (rows === undefined ? row : rows[row]);

/** The index of the first row of a block that matches. */
function firstIndex(block: SubmissionBlock, isFound: (row: number) => boolean): number {
  let row = 0;
  while (row < block.count && !isFound(row)) row += 1;
  return indexAt(block, row);
}

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

  /** Adds what a kernel has counted in a block; `indexOf` finds the first value in it. */
  addAll(counted: ZeroCounts, indexOf: (bits: number) => number): void {
    eachAlignment(counted, (bits, count) => {
      if (this.counts[bits] === 0) this.first[bits] = indexOf(bits);
      this.counts[bits] += count;
    });
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
    const { requests, lacksBuffer } = block;
    this.vectored += requests.vectored;
    this.append += requests.appending;
    this.places.addAll(requests.placeBits, (bits) =>
      firstIndex(block, (row) => placeZeros(block, row) === bits),
    );
    if (lacksBuffer === undefined)
      this.buffers.addAll(requests.bufferBits, (bits) =>
        firstIndex(block, (row) => bufferZeros(block, row) === bits),
      );
    else this.#addBuffers(block, lacksBuffer);
  }

  /** Adds the buffers of a block that lacks some of them. */
  #addBuffers(block: SubmissionBlock, lacksBuffer: (row: number) => boolean): void {
    for (let row = 0; row < block.count; row++) {
      const bits = bufferZeros(block, row);
      if (bits === undefined) continue;
      if (lacksBuffer(row)) this.unknownBuffers += 1;
      else this.buffers.add(bits, indexAt(block, row));
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
