// Slices in order, read chunk by chunk by whoever loads them.
import type { Slice } from './load-part.ts';

/** Slices in order, to be read chunk by chunk. */
export class ChunkedSlices {
  readonly #slices: AsyncGenerator<Slice & { readonly chunk: number }, void, void>;
  #pending: (Slice & { readonly chunk: number }) | undefined;

  constructor(slices: AsyncGenerator<Slice & { readonly chunk: number }, void, void>) {
    this.#slices = slices;
  }

  /** The next chunk; undefined at the end. */
  async next(): Promise<number | undefined> {
    if (this.#pending === undefined) await this.#step();
    return this.#pending?.chunk;
  }

  async #step(): Promise<void> {
    const { value } = await this.#slices.next();
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

  async close(): Promise<void> {
    await this.#slices.return();
  }
}
