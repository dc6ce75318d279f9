import type { Schema } from '../layout/schema.ts';
import type { Decoder } from './decoder.ts';
import { closeQuietly } from './fault.ts';
import type { Quality, ReadOptions } from './options.ts';
import type { RingImage } from './ring.ts';
import type { ByteSource } from './source.ts';
import { SourceBuffer } from './source-buffer.ts';

/** A source that is being read: `next` fills the decoder's source with whole records. */
export class Reading {
  readonly decoder: Decoder;
  /** The ring image being read; undefined for other kinds. */
  readonly ring: RingImage | undefined;
  readonly #source: ByteSource;
  readonly #buffer: SourceBuffer;
  readonly #signal: AbortSignal | undefined;
  #selected = 0;

  private constructor(
    source: ByteSource,
    decoder: Decoder,
    ring: RingImage | undefined,
    { signal, onProgress }: ReadOptions,
  ) {
    this.decoder = decoder;
    this.ring = ring;
    this.#source = source;
    this.#signal = signal;
    const reading = ring === undefined ? { signal, onProgress } : { signal };
    this.#buffer = new SourceBuffer(ring?.events ?? source, decoder, reading);
  }

  /** Starts to read a source, which is closed if that fails. A ring image is read whole. */
  static async start(
    source: ByteSource,
    { kind, endian }: Schema,
    allocate: () => Promise<Decoder>,
    options: ReadOptions,
  ): Promise<Reading> {
    const { signal, onProgress } = options;
    try {
      let ring: RingImage | undefined;
      if (kind === 'aio_ring') {
        // Loaded on demand: most sources are packed records.
        const { readRing } = await import('./read-ring.ts');
        ring = await readRing(source, endian, signal);
        onProgress?.({ bytes: ring.bytes, records: ring.slots.length, totalBytes: ring.bytes });
      }
      return new Reading(source, await allocate(), ring, options);
    } catch (error) {
      await closeQuietly(source, signal);
      throw error;
    }
  }

  /** Bytes, whole records, torn bytes and, with conditions, selected records so far. */
  get quality(): Quality {
    const { rows } = this.decoder;
    return { ...this.#quality, ...(rows && { selected: this.#selected }) };
  }

  get #quality(): Quality {
    const { quality } = this.#buffer;
    if (this.ring === undefined) return quality;
    const { bytes, tornBytes } = this.ring;
    const offset = (this.#source.byteOffset ?? 0) + bytes - tornBytes;
    const tornOffset = tornBytes > 0 ? offset : null;
    return { bytes, records: quality.records, tornBytes, tornOffset };
  }

  /** Returns the number of whole records now in the decoder's source; 0 at the end. */
  next(): Promise<number> {
    return this.#buffer.next();
  }

  /**
   * Decodes `count` of them from the `begin`th on, at most a batch. Returns the number of rows, as
   * `Decoder.decode` does.
   */
  decode(begin: number, count: number): number {
    const rows = this.decoder.decode(this.addressOf(begin), count);
    this.#selected += rows;
    return rows;
  }

  /** The bytes of those rows: a view, valid until the next call of either. */
  bytesOf(begin: number, rows: number): Uint8Array {
    return this.decoder.source.subarray(this.addressOf(begin), this.addressOf(begin + rows));
  }

  /** Releases the source and the arena. */
  async close(): Promise<void> {
    this.#buffer.close();
    const { isReading } = this.#buffer;
    // A read that outlives an abort still writes into the arena, so the arena is not reused.
    if (!isReading) this.decoder.release();
    // An iterator closes only after its pending step ends, which may be never.
    const closing = closeQuietly(this.#source, this.#signal);
    if (!isReading) await closing;
  }

  /** Where one of them begins in the decoder's source. */
  addressOf(record: number): number {
    return this.#buffer.address + record * this.decoder.schema.stride;
  }
}
