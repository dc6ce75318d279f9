import type { Decoder } from './decoder.ts';
import { readFault, unlessAborted } from './fault.ts';
import type { Quality, ReadOptions } from './options.ts';
import type { ByteSource } from './source.ts';

/** A loop that never waits starves timers, signals and progress bars: it steps aside so often (ms). */
const YIELD_MS = 50;
const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** What one filling of a part of the decoder's source came to. */
interface Filled {
  /** Where its bytes begin in the source. */
  readonly address: number;
  /** Bytes that lie there now, and how many of them were read. */
  readonly filled: number;
  readonly read: number;
  /** Whether the last read had to be waited for. */
  readonly waited: boolean;
  readonly ended: boolean;
  readonly fault: unknown;
}

/**
 * Fills a decoder's source with whole records, over and over, and accounts for every byte. A source that has to be waited
 * for fills one half of it while the other is decoded.
 */
export class SourceBuffer {
  readonly quality: Quality = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
  /** Where the first record of the frame lies in the decoder's source. */
  address = 0;
  readonly #source: ByteSource;
  readonly #decoder: Decoder;
  readonly #options: ReadOptions;
  /** Bytes of half the decoder's source; 0 where half has no room for a batch. */
  readonly #halfBytes: number;
  #overlaps = false;
  #ahead: Promise<Filled> | undefined;
  #ended = false;
  #closed = false;
  /** Where the bytes lie that the last frame left: none, unless its source made it short. */
  #rest: readonly [number, number] = [0, 0];
  #isReading = false;
  #fault: unknown;
  #yielded = performance.now();

  constructor(source: ByteSource, decoder: Decoder, options: ReadOptions) {
    this.#source = source;
    this.#decoder = decoder;
    this.#options = options;
    const { sourceBytes, batchSize } = decoder.plan;
    const batchBytes = batchSize * decoder.schema.stride;
    this.#halfBytes = Math.floor(sourceBytes / 2 / batchBytes) * batchBytes;
  }

  /** The number of whole records that now lie in the source from `address` on, valid until the next call; 0 at the end. */
  async next(): Promise<number> {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended) return 0;
    this.#options.signal?.throwIfAborted();
    if (performance.now() - this.#yielded > YIELD_MS) {
      await yieldToEventLoop();
      this.#options.signal?.throwIfAborted();
      this.#yielded = performance.now();
    }
    const frame = await (this.#ahead ??
      this.#fill(0, this.#overlaps ? this.#halfBytes : this.#decoder.source.byteLength));
    const records = this.#take(frame);
    this.#readAhead(frame);
    return records;
  }

  /** The same of a source that never waits, at once: of a range of an open file. */
  nextNow(): number {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended) return 0;
    this.#options.signal?.throwIfAborted();
    const { done, value } = this.#filling(0, this.#decoder.source.byteLength).next();
    if (!done) throw new TypeError(`${this.#source.name} has to be waited for`);
    return this.#take(value);
  }

  /** Whether a read is under way, and will write into the decoder's source when it ends. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** No more reads: of what is under way nothing is kept. */
  close(): void {
    this.#closed = true;
  }

  /** Make a filling the frame: count its bytes and its whole records. */
  #take({ address, filled, read, ended, fault }: Filled): number {
    const { stride } = this.#decoder.schema;
    const records = Math.floor(filled / stride);
    this.address = address;
    this.#rest = [address + records * stride, address + filled];
    this.#ended = ended;
    this.#fault = fault;
    this.quality.bytes += read;
    this.quality.records += records;
    if (ended && filled % stride > 0) {
      this.quality.tornBytes = filled % stride;
      this.quality.tornOffset =
        (this.#source.byteOffset ?? 0) + this.quality.bytes - this.quality.tornBytes;
    }
    this.#options.onProgress?.({
      bytes: this.quality.bytes,
      records: this.quality.records,
      totalBytes: this.#source.byteLength,
    });
    if (records === 0 && fault !== undefined) throw fault;
    return records;
  }

  /** Begin to fill the half that the frame does not lie in, where that is worth it: a source that never waits fills all at once. */
  #readAhead({ waited, ended, address }: Filled): void {
    const wasAhead = this.#ahead !== undefined || this.#overlaps;
    this.#ahead = undefined;
    this.#overlaps = waited && this.#halfBytes > 0;
    if (!this.#overlaps || !wasAhead || ended || this.#source.ready?.() === false) return;
    this.#ahead = this.#fill(address === 0 ? this.#halfBytes : 0, this.#halfBytes);
  }

  async #track(pending: Promise<number>): Promise<number> {
    this.#isReading = true;
    try {
      return await pending;
    } finally {
      this.#isReading = false;
    }
  }

  /** Put the bytes that the last frame left, the beginning of a record, to the front; gives their number. */
  #carry(address: number): number {
    const [from, to] = this.#rest;
    this.#decoder.source.copyWithin(address, from, to);
    return to - from;
  }

  /** Fill a part of the source, and wait wherever that has to be. */
  async #fill(address: number, byteLength: number): Promise<Filled> {
    const filling = this.#filling(address, byteLength);
    let step = filling.next();
    while (!step.done) {
      let read: number;
      try {
        read = await unlessAborted(this.#track(step.value), this.#options.signal);
      } catch (error) {
        step = filling.throw(error);
        continue;
      }
      step = filling.next(read);
    }
    return step.value;
  }

  /**
   * Read until `byteLength` bytes from `address` on are full, or the source ends or fails: a failure waits until what came
   * before it is used. Yields what has to be waited for.
   */
  *#filling(address: number, byteLength: number): Generator<Promise<number>, Filled, number> {
    const target = this.#decoder.source.subarray(address, address + byteLength);
    const { stride } = this.#decoder.schema;
    const carried = this.#carry(address);
    let filled = carried;
    let waited = false;
    let ended = false;
    let fault: unknown;
    while (
      filled < byteLength &&
      !this.#closed &&
      (filled < stride || this.#source.ready?.() !== false)
    ) {
      let read = 0;
      try {
        const pending = this.#source.read(filled === 0 ? target : target.subarray(filled));
        waited = typeof pending !== 'number';
        read = typeof pending === 'number' ? pending : yield pending;
      } catch (error) {
        const at = (this.#source.byteOffset ?? 0) + this.quality.bytes + filled - carried;
        fault = this.#options.signal?.aborted
          ? this.#options.signal.reason
          : readFault(this.#source.name, at, error);
      }
      if (read === 0) {
        ended = true;
        break;
      }
      filled += read;
    }
    return { address, filled, read: filled - carried, waited, ended, fault };
  }
}
