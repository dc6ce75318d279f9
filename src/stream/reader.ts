import type { ProfileName } from '../abi/rule.ts';
import { type ArenaPlan, loadArena, planArena } from '../engine/arena.ts';
import { laterJsEngine } from '../engine/js-later.ts';
import type { Engine, EngineName, EngineUse } from '../engine/kernel.ts';
import { selectEngine } from '../engine/select.ts';
import type { FieldsOf, FieldTypes, RecordOf } from '../layout/layout-type.ts';
import { checkOptions } from '../layout/option-names.ts';
import { type Kind, type Schema, schemaOf } from '../layout/schema.ts';
import { resolveConditions } from '../layout/where.ts';
import { RecordBatch } from './batch.ts';
import { type ArenaSlice, Decoder } from './decoder.ts';
import { currentHost, isLong } from './host.ts';
import { hasBeenRead, Opened, openSource, toBytes } from './open-source.ts';
import {
  BATCH_SIZE,
  checkBatchSize,
  checkWorkers,
  formatOf,
  OPEN_NAMES,
  type OpenOptions,
  type Quality,
} from './options.ts';
import { Reading } from './reading.ts';
import type { RingState } from './ring.ts';
import type { ByteSource, Source } from './source.ts';

/** Bytes per read: 512 KiB to 4 MiB measured alike, 64 KiB a third slower. */
const READ_BYTES = 2 ** 20;

/** The quality of a source that has not been read. */
const NOTHING: Readonly<Quality> = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };

/** Options of a reader: the format comes from them or from an opened source. */
type ReaderOptions<K extends Kind> = Omit<OpenOptions, 'kind'> & { readonly kind?: K | undefined };

/** Reads one source once: opens it, fills and decodes, and releases everything at the end. */
export class RecordReader<K extends Kind = Kind, F extends FieldTypes = FieldTypes>
  implements AsyncIterable<RecordBatch<RecordOf<K>, F>>, EngineUse
{
  readonly schema: Schema;
  readonly #options: ReaderOptions<K>;
  readonly #batchSize: number;
  readonly #workers: number;
  readonly #source: ByteSource | Opened;
  readonly #reads: number;
  readonly #isSelecting: boolean;
  readonly #allocate: (slice: ArenaSlice | undefined) => Promise<Decoder>;
  #engine: Engine;
  #reading: Reading | undefined;
  #threaded: Quality | undefined;
  #workersReason: string | null = null;
  #selected = 0;
  #taken = false;

  constructor(source: Source | Opened, options: ReaderOptions<K>) {
    const isOpen = source instanceof Opened;
    this.schema = isOpen
      ? schemaOf({ ...formatOf(source.schema), check: options.check })
      : schemaOf({ ...options, kind: options.kind as K });
    this.#options = options;
    this.#batchSize = checkBatchSize(options.batchSize ?? BATCH_SIZE, this.schema.stride);
    this.#workers = checkWorkers(options.workers ?? 1);
    const engine = selectEngine(options.engine, laterJsEngine);
    this.#engine = engine;
    this.#source = isOpen ? source : toBytes(source, options);
    this.#reads = Math.max(1, Math.round(READ_BYTES / (this.#batchSize * this.schema.stride)));
    const conditions = resolveConditions(options, this.schema);
    this.#isSelecting = conditions !== undefined;
    this.#allocate = async (given) => {
      const slice =
        given ??
        ({ arena: await loadArena(engine, this.plan.byteLength), at: 0, isGiven: true } as const);
      return new Decoder(this.schema, engine, this.#batchSize, this.#reads, conditions, slice);
    };
  }

  /** The plan of the arena; `byteLength` is the size of the slice that `start` needs. */
  get plan(): ArenaPlan {
    return planArena(this.schema, this.#batchSize, this.#reads);
  }

  /** The engine in use; final once the reading has begun. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** Why `auto` did not choose the faster engine; null if it did. */
  get engineReason(): string | null {
    return this.#engine.reason;
  }

  /**
   * Why the calling thread decodes what several `workers` were to decode; null if they do, or if
   * the source is not for them.
   */
  get workersReason(): string | null {
    return this.#workersReason;
  }

  /** What reports call the source. */
  get sourceName(): string {
    return this.#source.name;
  }

  /** Bytes, whole records and torn bytes so far; final once the iteration has ended. */
  get quality(): Readonly<Quality> {
    if (this.#threaded !== undefined) return { ...this.#threaded };
    const quality = this.#reading?.quality ?? NOTHING;
    return this.#isSelecting ? { ...quality, selected: this.#selected } : { ...quality };
  }

  /** Header and state of a ring image, from the first batch on; undefined for other kinds. */
  get ring(): RingState | undefined {
    return this.#reading?.ring?.state;
  }

  /** The batches in the order of the source. A reader is iterated once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<RecordBatch<RecordOf<K>, F>, void, void> {
    this.#take();
    const opened = await this.#open();
    const { decodeOnThreads } = currentHost();
    if (decodeOnThreads !== undefined && this.#suitsThreads(opened)) {
      const quality = { ...NOTHING };
      const options = { ...this.#options, ...formatOf(this.schema), workers: this.#workers };
      const threads = await decodeOnThreads(opened, options, quality);
      if (typeof threads !== 'string') {
        this.#threaded = quality;
        return yield* threads as AsyncGenerator<RecordBatch<RecordOf<K>, F>>;
      }
      this.#workersReason = threads;
    }
    yield* this.#batches(await this.#read(opened, undefined));
  }

  /** Starts reading for an analysis, which decodes block by block. Once per reader. */
  async start(slice?: ArenaSlice): Promise<Reading> {
    this.#take();
    return this.#read(await this.#open(), slice);
  }

  #take(): void {
    if (this.#taken) throw hasBeenRead(this.sourceName);
    this.#taken = true;
  }

  #open(): Promise<Opened> | Opened {
    if (this.#source instanceof Opened) return this.#source;
    const { compression, follow, signal } = this.#options;
    return openSource(this.#source, { ...formatOf(this.schema), compression, follow, signal });
  }

  /** Whether several threads are requested, and can decode this source in ranges: it is a file. */
  #suitsThreads({ bytes }: Opened): boolean {
    const isRing = this.schema.kind === 'aio_ring';
    const isFile = typeof bytes.origin === 'number';
    return this.#workers > 1 && !this.#isSelecting && !isRing && isFile && isLong(bytes);
  }

  async *#batches(reading: Reading): AsyncGenerator<RecordBatch<RecordOf<K>, F>, void, void> {
    const { decoder } = reading;
    let step = 0;
    let firstIndex = 0;
    try {
      for (let records = await reading.next(); records > 0; records = await reading.next()) {
        for (let done = 0; done < records; done += this.#batchSize) {
          const count = Math.min(this.#batchSize, records - done);
          const length = reading.decode(done, count);
          step += 1;
          const current = step;
          const isLive = () => step === current;
          const bytes = reading.bytesOf(done, length);
          const place = { firstIndex, rows: decoder.rows, bytes, ring: reading.ring, isLive };
          const arrays = decoder.columnsOf(length);
          const batch = new RecordBatch<RecordOf<K>, F>(this.schema, arrays, length, place);
          this.#selected += length;
          if (length > 0) yield this.#options.owned ? batch.copy() : batch;
          this.#options.signal?.throwIfAborted();
          firstIndex += count;
        }
      }
    } finally {
      step += 1;
      await reading.close();
    }
  }

  async #read(opened: Opened, slice: ArenaSlice | undefined): Promise<Reading> {
    const allocate = () => this.#allocate(slice);
    const reading = await Reading.start(opened.take(), this.schema, allocate, this.#options);
    this.#reading = reading;
    this.#engine = reading.decoder.arena.engine;
    return reading;
  }
}

/**
 * Reads a source in batches of columns: `for await (const batch of open('dump.ioev', { kind:
 * 'io_event' }))`. The source is opened when the iteration begins. Memory does not depend on its
 * size: about 1 MiB for its bytes, and one batch of columns.
 *
 * Under Node, `workers` of 2 or more decode a regular file of 256 MiB or more on that many threads
 * besides the calling one, and batches are yielded in the order of the file: for consumers that
 * keep a core busy themselves. Decoding alone is faster without them. Ring images, compressed
 * sources and readers with conditions are decoded on the calling thread.
 *
 * @throws AioscopeError at once for invalid options; while iterating `AIOSCOPE_READ` if the source
 *   cannot be opened or fails and `AIOSCOPE_SHRANK` if a file is truncated while it is read, both
 *   after every whole record before that; `AIOSCOPE_RING` if a ring image is invalid;
 *   `AIOSCOPE_WORKER` if a thread dies
 */
export function open<
  K extends Kind,
  const L extends string | undefined = 'record',
  C extends ProfileName | undefined = undefined,
>(
  source: Source | Opened,
  options: OpenOptions & { readonly kind: K; readonly layout?: L; readonly check?: C },
): RecordReader<K, FieldsOf<K, L, C>>;
/** Reads an opened source, whose format is known, in batches of columns. */
export function open(source: Opened, options?: Omit<OpenOptions, 'kind'>): RecordReader;
export function open(
  source: Source | Opened,
  options: Omit<OpenOptions, 'kind'> & { readonly kind?: Kind } = {},
): RecordReader {
  checkOptions('open', options, OPEN_NAMES);
  return new RecordReader(source, options);
}
