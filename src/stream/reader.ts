import { type ArenaPlan, planArena } from '../engine/arena.ts';
import type { EngineName, EngineOption } from '../engine/kernel.ts';
import { selectEngine } from '../engine/select.ts';
import { AioscopeError } from '../errors.ts';
import {
  type CheckOption,
  type FormatOptions,
  type Kind,
  oneOf,
  resolveSchema,
  type Schema,
} from '../layout/schema.ts';
import { resolveConditions, type SelectOptions } from '../layout/where.ts';
import { RecordBatch, type RecordOf } from './batch.ts';
import {
  COMPRESSIONS,
  type CompressionOption,
  decompressed,
  WEB_INFLATERS,
} from './compression.ts';
import { type ArenaSlice, type ColumnArray, Decoder, rowsOf } from './decoder.ts';
import { type RingImage, type RingState, readRing } from './ring.ts';
import { type ByteSource, type Source, toByteSource } from './source.ts';
import { type Quality, type ReadOptions, SourceBuffer } from './source-buffer.ts';

/** How a source is to be decoded. */
export interface DecodeOptions extends FormatOptions, CheckOption, SelectOptions {
  /** Which engine decodes; `auto` unless said otherwise. */
  readonly engine?: EngineOption | undefined;
}

/** How a source is to be read in batches. */
export interface OpenOptions extends DecodeOptions, ReadOptions {
  /**
   * Records a batch: every batch has so many but the last; 8192 unless said otherwise, 1 … 1048576, and no more than 512 MiB of
   * them. Where records are selected, a batch has those of so many records, and there is none without a record.
   */
  readonly batchSize?: number | undefined;
  /** Whether gzip and zstd are recognized by their magic and read through; `auto` unless said otherwise. */
  readonly compression?: CompressionOption | undefined;
  /** Make every batch own its columns, so that it stays valid. Costs one copy. */
  readonly owned?: boolean | undefined;
}

const BATCH_SIZE = 8192;
/** A reference tally sums so many words exactly in a double, and half of that. */
const BATCH_SIZE_MAX = 2 ** 20;
/** Large reads are the fast ones: 512 KiB to 4 MiB measured alike, 64 KiB a third slower. */
const READ_BYTES = 2 ** 20;

/** The bytes of a batch, its columns and its source, have to fit a WebAssembly memory. */
const BATCH_BYTES_MAX = 2 ** 29;

function checkBatchSize(batchSize: number, stride: number): number {
  const isWhole = Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= BATCH_SIZE_MAX;
  if (isWhole && batchSize * stride <= BATCH_BYTES_MAX) return batchSize;
  if (isWhole) {
    const most = Math.floor(BATCH_BYTES_MAX / stride);
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `batchSize is ${batchSize}; of records of ${stride} bytes it is up to ${most}`,
    );
  }
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `batchSize is ${batchSize}; it is a whole number from 1 to ${BATCH_SIZE_MAX}`,
  );
}

/** The bytes of a source, through its compression unless that is `none`. */
export function toSource(
  source: Source | ByteSource,
  compression: CompressionOption = 'auto',
): ByteSource {
  oneOf('compression', compression, COMPRESSIONS);
  const bytes = toByteSource(source);
  return compression === 'auto' ? decompressed(bytes, WEB_INFLATERS) : bytes;
}

/** A source that is being read: `next` fills the decoder's source with whole records until there are none. */
export interface Reading {
  readonly decoder: Decoder;
  /** The image that is read, where it is one. */
  readonly ring: RingImage | undefined;
  /** The number of whole records that now lie in the decoder's source; 0 at the end. */
  next(): Promise<number>;
  /** Decode `count` of them from the `begin`th on, at most a batch. Gives how many rows there are, as `Decoder.decode` does. */
  decode(begin: number, count: number): number;
  /** The bytes of those rows: a view, valid until the next call of either. */
  bytesOf(begin: number, rows: number): Uint8Array;
  /** Let go of the source and the arena. */
  close(): Promise<void>;
}

/** Reads one source once: opens, fills, decodes, and lets go of everything at the end, however it comes. */
export class RecordReader<K extends Kind = Kind>
  implements AsyncIterable<RecordBatch<RecordOf<K>>>
{
  readonly schema: Schema;
  /** The engine at work. */
  readonly engine: EngineName;
  /** Why `auto` did not take the faster engine; null where it did. */
  readonly engineReason: string | null;
  readonly #options: OpenOptions;
  readonly #batchSize: number;
  readonly #source: ByteSource;
  readonly #reads: number;
  readonly #allocate: (room: ArenaSlice | undefined) => Decoder;
  #frames: SourceBuffer | undefined;
  #ring: RingImage | undefined;
  #selected: number | undefined;
  #taken = false;

  constructor(source: Source | ByteSource, options: OpenOptions) {
    this.schema = resolveSchema(options);
    this.#options = options;
    this.#batchSize = checkBatchSize(options.batchSize ?? BATCH_SIZE, this.schema.stride);
    const engine = selectEngine(options.engine);
    this.engine = engine.name;
    this.engineReason = engine.reason;
    this.#source = toSource(source, options.compression);
    const reads = Math.max(1, Math.round(READ_BYTES / (this.#batchSize * this.schema.stride)));
    const conditions = resolveConditions(options, this.schema);
    if (conditions !== undefined) this.#selected = 0;
    this.#reads = reads;
    this.#allocate = (room) =>
      new Decoder(this.schema, engine, this.#batchSize, reads, conditions, room);
  }

  /** What the reading takes of an arena: what `start` needs as a room. */
  get plan(): ArenaPlan {
    return planArena(this.schema, this.#batchSize, this.#reads);
  }

  /** What the source is called in reports. */
  get sourceName(): string {
    return this.#source.name;
  }

  /** Bytes, whole records and torn bytes so far; final when the iteration has ended. */
  get quality(): Readonly<Quality> {
    const quality = this.#frames?.quality ?? {
      bytes: 0,
      records: 0,
      tornBytes: 0,
      tornOffset: null,
    };
    const selected = this.#selected === undefined ? {} : { selected: this.#selected };
    if (this.#ring === undefined) return { ...quality, ...selected };
    const { bytes, tornBytes } = this.#ring;
    return {
      bytes,
      records: quality.records,
      tornBytes,
      tornOffset: tornBytes > 0 ? bytes - tornBytes : null,
      ...selected,
    };
  }

  /** The header and state of a ring image, from the first batch on; undefined for other kinds. */
  get ring(): RingState | undefined {
    return this.#ring?.state;
  }

  /** The batches in the order of the source. A reader is iterated once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch<RecordOf<K>>, void, void> {
    let step = 0;
    const session = await this.start();
    try {
      let firstIndex = 0;
      for (let records = await session.next(); records > 0; records = await session.next()) {
        for (let done = 0; done < records; done += this.#batchSize) {
          const count = Math.min(this.#batchSize, records - done);
          const { decoder } = session;
          const length = session.decode(done, count);
          step += 1;
          const current = step;
          const bytes = session.bytesOf(done, length);
          const place = {
            firstIndex,
            rows: decoder.rows,
            bytes,
            ring: this.#ring,
            isLive: () => step === current,
          };
          const batch = new RecordBatch<RecordOf<K>>(
            this.schema,
            this.#arrays(decoder, length),
            length,
            place,
          );
          if (this.#selected !== undefined) this.#selected += length;
          if (length > 0) yield this.#options.owned ? batch.copy() : batch;
          this.#options.signal?.throwIfAborted();
          firstIndex += count;
        }
      }
    } finally {
      step += 1;
      await session.close();
    }
  }

  /** A reader is read once. */
  protected take(): void {
    if (this.#taken)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${this.#source.name} has been read; open it again to read it again`,
      );
    this.#taken = true;
  }

  /** Begin to read: for analyses, which decode in blocks of their own, and may have an arena for it. A reader is started once. */
  async start(room?: ArenaSlice): Promise<Reading> {
    this.take();
    const { signal, onProgress } = this.#options;
    let decoder: Decoder | undefined;
    const close = async () => {
      this.#frames?.close();
      // A read that an abort left behind will still write into the arena: nobody else may have it.
      if (!this.#frames?.isReading) decoder?.release();
      const closing = Promise.resolve(this.#source.close()).catch(() => {});
      // An iterator closes only when its pending step has ended, which after an abort, or of what is read ahead, may be never.
      if (!signal?.aborted && !this.#frames?.isReading) await closing;
    };
    try {
      if (this.schema.kind === 'aio_ring') {
        const ring = await readRing(this.#source, this.schema.endian, signal);
        onProgress?.({ bytes: ring.bytes, records: ring.slots.length, totalBytes: ring.bytes });
        this.#ring = ring;
      }
      const made = this.#allocate(room);
      decoder = made;
      const frames = new SourceBuffer(
        this.#ring?.events ?? this.#source,
        made,
        this.#ring === undefined ? this.#options : { signal },
      );
      this.#frames = frames;
      const addressOf = (record: number): number => frames.address + record * this.schema.stride;
      return {
        decoder: made,
        ring: this.#ring,
        next: () => frames.next(),
        decode: (begin, count) => made.decode(addressOf(begin), count),
        bytesOf: (begin, rows) => made.source.subarray(addressOf(begin), addressOf(begin + rows)),
        close,
      };
    } catch (error) {
      await close();
      throw error;
    }
  }

  /** The decoder's columns, cut to `count` rows. */
  #arrays(decoder: Decoder, count: number): readonly ColumnArray[] {
    if (count === decoder.plan.batchSize) return decoder.columns;
    return decoder.columns.map((array, i) => rowsOf(this.schema.columns[i], array, 0, count));
  }
}

/**
 * Read a source in batches of columns: `for await (const batch of open(source, { kind: 'io_event' }))`. Memory is
 * bounded whatever the size of the source: about a megabyte for the bytes, and one batch of columns.
 *
 * @throws AioscopeError at once for options that make no sense; while iterating `AIOSCOPE_READ` when the source fails,
 *   after every whole record before that has been yielded, and `AIOSCOPE_RING` where a ring image is none
 */
export function open<K extends Kind>(
  source: Source | ByteSource,
  options: OpenOptions & { readonly kind: K },
): RecordReader<K> {
  return new RecordReader<K>(source, options);
}
