import type { StateOf } from '../summary/state.ts';
import type { SubmissionBlock } from './block.ts';
import { plainKind, READ, READV, WRITE, WRITEV } from './request-kind.ts';
import type { SizesJson } from './sizes.ts';
import { type ProcessSizesJson, SizesByProcess } from './sizes-by-process.ts';

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
    const { requests, nbytes, pid } = block;
    const { rows, lengths } = requests.grouped;
    this.sizes.hasPids ||= pid !== undefined;
    for (const group of requests.groups) {
      const kind = plainKind(group.kind);
      if (kind > WRITEV) continue;
      if (kind <= WRITE) {
        const sizes = this.sizes.of(group.pid);
        (kind === READ ? sizes.reads : sizes.writes).addAll(lengths, group.begin, group.end);
        continue;
      }
      const vectors = kind === READV ? this.readVectors : this.writeVectors;
      for (let at = group.begin; at < group.end; at++)
        vectors.add(nbytes[2 * rows[at]], nbytes[2 * rows[at] + 1]);
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
