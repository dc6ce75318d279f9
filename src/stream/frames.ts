import { AioscopeError, messageOf } from '../errors.ts';
import type { Decoder } from './decoder.ts';
import type { ByteSource } from './source.ts';

/** How far a reader has come. */
export interface Progress {
  /** Bytes read so far. */
  readonly bytes: number;
  /** Whole records read so far. */
  readonly records: number;
  /** Bytes there are in all, where that is known. */
  readonly totalBytes: number | undefined;
}

/** What can be asked of any reading. */
export interface ReadOptions {
  /** Stops the reading: the next step rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each read, about once a megabyte. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How good the data was: every byte read is in a record or torn. */
export interface Quality {
  /** Bytes read. */
  bytes: number;
  /** Whole records among them. */
  records: number;
  /** Bytes at the end that are no whole record. */
  tornBytes: number;
  /** Where they begin; null when there are none. */
  tornOffset: number | null;
  /** Where records are selected: how many of the whole records were. */
  selected?: number;
}

/** The error of a source that failed at `byteOffset`; what aioscope itself has thrown stays as it is. */
export function readFault(name: string, byteOffset: number, cause: unknown): AioscopeError {
  if (cause instanceof AioscopeError) return cause;
  const message = `${name}: reading failed at byte ${byteOffset}: ${messageOf(cause)}; every whole record before it was read`;
  return new AioscopeError('AIOSCOPE_READ', message, { byteOffset, cause });
}

/** A loop that never waits starves timers, signals and progress bars: it steps aside so often (ms). */
const BREATH_MS = 50;
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Wait for a read, but no longer than until the signal fires. */
export async function unlessAborted<T>(pending: T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined || !(pending instanceof Promise)) return pending;
  if (signal.aborted) {
    // Nobody will wait for it; what it throws has no other handler.
    pending.catch(() => {});
    throw signal.reason;
  }
  let listener = () => {};
  const aborted = new Promise<never>((_, reject) => {
    listener = () => reject(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
  });
  try {
    return await Promise.race([pending, aborted]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}

/** Fills a decoder's source with whole records, over and over, and accounts for every byte. */
export class Frames {
  readonly quality: Quality = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };
  readonly #source: ByteSource;
  readonly #decoder: Decoder;
  readonly #options: ReadOptions;
  #ended = false;
  /** Where the bytes lie that the last frame left: none, unless its source made it short. */
  #rest: readonly [number, number] = [0, 0];
  #isReading = false;
  #fault: unknown;
  #breathed = performance.now();

  constructor(source: ByteSource, decoder: Decoder, options: ReadOptions) {
    this.#source = source;
    this.#decoder = decoder;
    this.#options = options;
  }

  /** The number of whole records that now lie in the source from address 0 on; 0 at the end. */
  async next(): Promise<number> {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended) return 0;
    this.#options.signal?.throwIfAborted();
    if (performance.now() - this.#breathed > BREATH_MS) {
      await breath();
      this.#options.signal?.throwIfAborted();
      this.#breathed = performance.now();
    }
    const filled = await this.#fill(this.#carry());
    const { stride } = this.#decoder.schema;
    const records = Math.floor(filled / stride);
    this.#rest = [records * stride, filled];
    this.quality.records += records;
    if (this.#ended && filled % stride > 0) {
      this.quality.tornBytes = filled % stride;
      this.quality.tornOffset = this.quality.bytes - this.quality.tornBytes;
    }
    const { bytes, records: total } = this.quality;
    this.#options.onProgress?.({ bytes, records: total, totalBytes: this.#source.byteLength });
    if (records === 0 && this.#fault !== undefined) throw this.#fault;
    return records;
  }

  /** Whether a read is under way, and will write into the decoder's source when it ends. */
  get isReading(): boolean {
    return this.#isReading;
  }

  async #track(pending: Promise<number>): Promise<number> {
    this.#isReading = true;
    try {
      return await pending;
    } finally {
      this.#isReading = false;
    }
  }

  /** Move the bytes that the last frame left, the beginning of a record, to the front; gives their number. */
  #carry(): number {
    const [from, to] = this.#rest;
    this.#decoder.source.copyWithin(0, from, to);
    return to - from;
  }

  /** Read until the source is full of whole records, ends, or fails: a failure waits until what came before it is used. */
  async #fill(carried: number): Promise<number> {
    const target = this.#decoder.source;
    const { stride } = this.#decoder.schema;
    let filled = carried;
    while (filled < target.byteLength && (filled < stride || this.#source.ready?.() !== false)) {
      let read = 0;
      try {
        const pending = this.#source.read(filled === 0 ? target : target.subarray(filled));
        if (typeof pending === 'number') read = pending;
        else read = await unlessAborted(this.#track(pending), this.#options.signal);
      } catch (error) {
        this.#fault = this.#options.signal?.aborted ? this.#options.signal.reason : readFault(this.#source.name, this.quality.bytes, error);
      }
      if (read === 0) {
        this.#ended = true;
        break;
      }
      filled += read;
      this.quality.bytes += read;
    }
    return filled;
  }
}
