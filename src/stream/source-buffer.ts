import type { Decoder } from './decoder.ts';
import { readFault, unlessAborted } from './fault.ts';
import type { Quality, ReadOptions } from './options.ts';
import type { ByteSource } from './source.ts';

/** A loop that never waits starves timers, signals and progress bars: it yields this often (ms). */
const YIELD_MS = 50;
type Immediate = { readonly setImmediate?: (callback: () => void) => unknown };
/** Lets the event loop run once. A timer would sleep for a millisecond. */
const yieldToEventLoop = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate = setTimeout } = globalThis as unknown as Immediate;
    setImmediate(resolve);
  });

/** The outcome of filling a part of the decoder's source. */
interface Filled {
  /** Where its bytes begin in the decoder's source. */
  readonly address: number;
  /** Bytes from there on. */
  readonly filled: number;
  /** How many of them were read: the others were carried over. */
  readonly read: number;
  /** Whether the last read was asynchronous. */
  readonly waited: boolean;
  readonly ended: boolean;
  readonly fault: unknown;
}

/**
 * Repeatedly fills the source memory of a decoder with whole records, and accounts for every byte.
 * An asynchronous source fills one half of it while the other half is decoded.
 */
export class SourceBuffer {
  readonly quality: Quality;
  /** Where the current records begin in the decoder's source. */
  address = 0;
  readonly #source: ByteSource;
  readonly #decoder: Decoder;
  readonly #options: ReadOptions;
  /** Bytes of half the decoder's source; 0 if half is too small for a batch. */
  readonly #halfBytes: number;
  #overlaps = false;
  #ahead: Promise<Filled> | undefined;
  #ended = false;
  #closed = false;
  /** Begin and end of the bytes after the whole records of the last filling. */
  #rest: readonly [number, number] = [0, 0];
  #isReading = false;
  #fault: unknown;
  #yielded = performance.now();

  /** `skipped` records before its first byte count as read. */
  constructor(source: ByteSource, decoder: Decoder, options: ReadOptions, skipped = 0) {
    const bytes = skipped * decoder.schema.stride;
    this.quality = { bytes, records: skipped, tornBytes: 0, tornOffset: null };
    this.#source = source;
    this.#decoder = decoder;
    this.#options = options;
    const { sourceBytes, batchSize } = decoder.plan;
    const batchBytes = batchSize * decoder.schema.stride;
    this.#halfBytes = Math.floor(sourceBytes / 2 / batchBytes) * batchBytes;
  }

  /**
   * Returns the number of whole records from `address` on, valid until the next call; 0 at the end.
   */
  async next(): Promise<number> {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended) return 0;
    await this.#pause();
    const filled = await (this.#ahead ??
      this.#fill(0, this.#overlaps ? this.#halfBytes : this.#decoder.source.byteLength));
    const records = this.#take(filled);
    this.#readAhead(filled);
    return records;
  }

  /** As `next`, without waiting, for a synchronous source such as a range of an open file. */
  nextNow(): number {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended) return 0;
    this.#options.signal?.throwIfAborted();
    const { done, value } = this.#filling(0, this.#decoder.source.byteLength).next();
    if (!done) throw new TypeError(`${this.#source.name} cannot be read synchronously`);
    return this.#take(value);
  }

  /**
   * Where the next filling begins in the source, if another reader can read it as well: nothing is
   * carried over or read ahead, and the source has neither ended nor failed.
   */
  get nextOffset(): number | undefined {
    const [from, to] = this.#rest;
    const isOpen = !this.#ended && this.#fault === undefined;
    return isOpen && from === to && !this.#overlaps ? this.quality.bytes : undefined;
  }

  /**
   * As `next`, for a full filling that another reader has read: counts its records, which do not
   * get into the decoder's source, and goes on after it.
   */
  async pass(): Promise<number> {
    await this.#pause();
    const records = Math.floor(this.#decoder.source.byteLength / this.#decoder.schema.stride);
    this.#move(records);
    this.#report();
    return records;
  }

  /** Goes back to the last `records` records of a filling that was passed: they are read here. */
  goBack(records: number): void {
    this.#move(-records);
  }

  #move(records: number): void {
    const bytes = this.quality.bytes + records * this.#decoder.schema.stride;
    if (this.#source.seek?.(bytes) === false) {
      // Whoever opened it has closed it. A read throws the error that says so.
      this.nextNow();
      throw new TypeError(`${this.#source.name} cannot be read from byte ${bytes} on`);
    }
    this.quality.bytes = bytes;
    this.quality.records += records;
  }

  /** Stops at an abort, and lets the event loop run now and then. */
  async #pause(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    if (performance.now() - this.#yielded <= YIELD_MS) return;
    await yieldToEventLoop();
    this.#options.signal?.throwIfAborted();
    this.#yielded = performance.now();
  }

  /** Whether a read is pending, which will write into the decoder's source. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Stops reading. The result of a pending read is discarded. */
  close(): void {
    this.#closed = true;
  }

  /** Makes a filling the current one: counts its bytes and whole records. */
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
    this.#report();
    if (records === 0 && fault !== undefined) throw fault;
    return records;
  }

  #report(): void {
    const { bytes, records } = this.quality;
    this.#options.onProgress?.({ bytes, records, totalBytes: this.#source.byteLength });
  }

  /** Starts to fill the other half if the source is asynchronous; otherwise nothing overlaps. */
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

  /** Moves the partial record at the end of the last filling to `address`. Returns its bytes. */
  #carry(address: number): number {
    const [from, to] = this.#rest;
    this.#decoder.source.copyWithin(address, from, to);
    return to - from;
  }

  /** Fills a part of the decoder's source, and waits for asynchronous reads. */
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
   * Reads until `byteLength` bytes from `address` on are filled, or the source ends or fails. A
   * fault is returned, not thrown, because the bytes before it are used first. Yields asynchronous
   * reads.
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
