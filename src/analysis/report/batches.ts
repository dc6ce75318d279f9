import type { Envelope } from './block.ts';
import { FineHistogram, type PercentilesJson, percentiles } from './fine-histogram.ts';

/**
 * Batch sizes. A batch is consecutive records with equal `ts` and `tid`: those of one call, if the
 * tracer takes one time per call. With a time per record, every batch has one.
 */
export interface BatchesJson {
  batches: number;
  records: number;
  /** Records per batch. */
  mean: number;
  max: number;
  percentiles: PercentilesJson;
}

/** A batch that may continue in another part. */
interface Edge {
  low: number;
  high: number;
  tid: number;
  count: number;
}

const SIZE_MAX = 2 ** 31 - 1;

/**
 * Counts batch sizes. Parts of a file merge in order: the first and the last batch of a part may
 * continue in its neighbors.
 */
export class Batches {
  readonly #sizes = new FineHistogram();
  #batches = 0;
  #records = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  /** The first batch once it has ended. */
  #head: Edge | undefined;
  /** The current batch; without records at first. */
  #tail: Edge = { low: 0, high: 0, tid: 0, count: 0 };

  add({ count, ts, tid }: Envelope): void {
    if (ts === undefined) return;
    const tail = this.#tail;
    for (let i = 0; i < count; i++) {
      const thread = tid === undefined ? 0 : tid[i];
      if (
        ts[2 * i] === tail.low &&
        ts[2 * i + 1] === tail.high &&
        thread === tail.tid &&
        tail.count > 0
      ) {
        tail.count += 1;
        continue;
      }
      this.#close();
      tail.low = ts[2 * i];
      tail.high = ts[2 * i + 1];
      tail.tid = thread;
      tail.count = 1;
    }
  }

  /** Appends the batches of the part that follows. */
  merge(batches: Batches): void {
    if (batches.#tail.count === 0) return;
    const first = batches.#head ?? batches.#tail;
    const { low, high, tid, count } = this.#tail;
    if (count > 0 && first.low === low && first.high === high && first.tid === tid)
      this.#tail.count += first.count;
    else {
      this.#close();
      this.#tail = { ...first };
    }
    this.#sizes.merge(batches.#sizes);
    this.#batches += batches.#batches;
    this.#records += batches.#records;
    this.#min = Math.min(this.#min, batches.#min);
    this.#max = Math.max(this.#max, batches.#max);
    if (batches.#head === undefined) return;
    this.#close();
    this.#tail = { ...batches.#tail };
  }

  /** Returns undefined if no record had a time. */
  toJSON(): BatchesJson | undefined {
    const edges = [this.#head, this.#tail].filter(
      (edge): edge is Edge => edge !== undefined && edge.count > 0,
    );
    if (edges.length === 0) return undefined;
    const sizes = new FineHistogram();
    sizes.merge(this.#sizes);
    for (const { count } of edges) sizes.add(Math.min(count, SIZE_MAX));
    const batches = this.#batches + edges.length;
    const records = this.#records + edges.reduce((sum, { count }) => sum + count, 0);
    const max = Math.max(this.#max, ...edges.map(({ count }) => count));
    const min = Math.min(this.#min, ...edges.map(({ count }) => count));
    const found = percentiles(sizes.values(), min, max);
    return found && { batches, records, mean: records / batches, max, percentiles: found };
  }

  /** Ends the current batch. The first is kept apart: it may have begun in an earlier part. */
  #close(): void {
    const { count } = this.#tail;
    if (count === 0) return;
    if (this.#head === undefined) {
      this.#head = { ...this.#tail };
      return;
    }
    this.#sizes.add(Math.min(count, SIZE_MAX));
    this.#batches += 1;
    this.#records += count;
    if (count < this.#min) this.#min = count;
    if (count > this.#max) this.#max = count;
  }
}
