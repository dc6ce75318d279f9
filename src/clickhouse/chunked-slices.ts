// Slices in order, read chunk by chunk by whoever loads them.
import { unlessAborted } from '../stream/fault.ts';
import type { Slice } from './load-part.ts';

type ChunkSlice = Slice & { readonly chunk: number };

/** Slices in order, to be read chunk by chunk. */
export class ChunkedSlices {
  readonly #slices: AsyncGenerator<ChunkSlice, void, void>;
  readonly #failed = new AbortController();
  readonly #stop: AbortSignal;
  #pending: ChunkSlice | undefined;
  #isReading = false;

  /** `signal` ends a read that waits for its source: `next` and `current` throw its reason. */
  constructor(slices: AsyncGenerator<ChunkSlice, void, void>, signal?: AbortSignal) {
    this.#slices = slices;
    const { signal: failed } = this.#failed;
    this.#stop = signal === undefined ? failed : AbortSignal.any([signal, failed]);
  }

  /** The next chunk; undefined at the end. */
  async next(): Promise<number | undefined> {
    if (this.#pending === undefined) await this.#step();
    return this.#pending?.chunk;
  }

  async #step(): Promise<void> {
    this.#pending = undefined;
    this.#isReading = true;
    const step = this.#slices.next().finally(() => {
      this.#isReading = false;
    });
    const { value } = await unlessAborted(step, this.#stop);
    this.#pending = value ?? undefined;
  }

  /** The slices of the chunk that `next` has returned. */
  async *current(): AsyncGenerator<Slice, void, void> {
    const chunk = this.#pending?.chunk;
    while (this.#pending !== undefined && this.#pending.chunk === chunk) {
      yield this.#pending;
      await this.#step();
    }
  }

  /** Ends a read that waits for its source, because of an error elsewhere, which it throws. */
  fail(error: unknown): void {
    this.#failed.abort(error);
  }

  /** Closes the source, without waiting for a read that may never end. */
  async close(): Promise<void> {
    const isReading = this.#isReading;
    const closing = this.#slices.return();
    if (isReading) closing.catch(() => {});
    else await closing;
  }
}
