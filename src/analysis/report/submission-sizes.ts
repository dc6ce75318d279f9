import type { StateOf } from '../summary/state.ts';
import { pidsOf, type SubmissionBlock } from './block.ts';
import { READ, READV, WRITE, WRITEV } from './request-kind.ts';
import type { SizesJson } from './sizes.ts';
import { type DirectionSizes, type ProcessSizesJson, SizesByProcess } from './sizes-by-process.ts';

/** Linux refuses more iovecs than this (UIO_MAXIOV). */
const VECTORS_MAX = 1024;

/** Requests with PREADV or PWRITEV. */
export interface VectorsJson {
  requests: number;
  /** Numbers of iovecs: their `aio_nbytes`. */
  counts: { iovecs: number; count: number }[];
  /** Requests with more than 1,024 iovecs, which Linux refuses. */
  over1024: number;
  /** Bytes moved by those that succeeded; present if they are matched. */
  moved?: SizesJson;
}

/** Sizes of submissions by direction: in bytes, or in iovecs if vectored. */
export interface SubmissionSizesJson {
  reads?: SizesJson;
  writes?: SizesJson;
  readVectors?: VectorsJson;
  writeVectors?: VectorsJson;
  /** By process, of the 64 smallest pids; one row with `null` if records have none. */
  byProcess: ProcessSizesJson[];
  /** Of all other processes; present if there are any. */
  otherProcesses?: Omit<ProcessSizesJson, 'pid'>;
}

/** Counts numbers of iovecs. Mergeable in any order. */
class Vectors {
  readonly counts: Float64Array = new Float64Array(VECTORS_MAX + 2);

  add(low: number, high: number): void {
    this.counts[high === 0 ? Math.min(low, VECTORS_MAX + 1) : VECTORS_MAX + 1] += 1;
  }

  merge(vectors: StateOf<Vectors>): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i] += vectors.counts[i];
  }

  toJSON(moved: SizesJson | undefined): VectorsJson | undefined {
    const requests = this.counts.reduce((sum, count) => sum + count, 0);
    if (requests === 0) return undefined;
    const counts = [...this.counts.subarray(0, VECTORS_MAX + 1)].flatMap((count, iovecs) =>
      count === 0 ? [] : [{ iovecs, count }],
    );
    const over1024 = this.counts[VECTORS_MAX + 1];
    return { requests, counts, over1024, ...(moved && { moved }) };
  }
}

/** Counts the sizes of submissions. Mergeable in any order. */
export class SubmissionSizes {
  readonly sizes = new SizesByProcess();
  readonly readVectors = new Vectors();
  readonly writeVectors = new Vectors();

  add(block: SubmissionBlock): void {
    const { count, kinds, lengths, nbytes } = block;
    const pids = pidsOf(block);
    this.sizes.hasPids ||= block.pid !== undefined;
    let pid = -1;
    let sizes: DirectionSizes | undefined;
    for (let i = 0; i < count; i++) {
      const kind = kinds[i];
      if (kind > WRITE) {
        if (kind <= WRITEV)
          (kind === READV ? this.readVectors : this.writeVectors).add(
            nbytes[2 * i],
            nbytes[2 * i + 1],
          );
        continue;
      }
      if (sizes === undefined || pids[i] !== pid) {
        pid = pids[i];
        sizes = this.sizes.of(pid);
      }
      (kind === READ ? sizes.reads : sizes.writes).add(lengths[i]);
    }
  }

  merge(sizes: StateOf<SubmissionSizes>): void {
    this.sizes.merge(sizes.sizes);
    this.readVectors.merge(sizes.readVectors);
    this.writeVectors.merge(sizes.writeVectors);
  }

  /** Returns the sizes as JSON; `moved` has those that a match has found for vectored ones. */
  toJSON(moved?: SizesByProcess): SubmissionSizesJson {
    const { reads, writes } = this.sizes.total();
    const vectored = moved?.total();
    const readVectors = this.readVectors.toJSON(vectored?.reads);
    const writeVectors = this.writeVectors.toJSON(vectored?.writes);
    return {
      ...(reads && { reads }),
      ...(writes && { writes }),
      ...(readVectors && { readVectors }),
      ...(writeVectors && { writeVectors }),
      ...this.sizes.toJSON(moved),
    };
  }
}
