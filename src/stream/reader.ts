import { ASYNC_DISPOSE, type AsyncDisposable } from '../disposable.ts';
import type { ArenaPlan } from '../engine/arena.ts';
import { laterJsEngine } from '../engine/js-later.ts';
import type { Engine, EngineName, EngineUse } from '../engine/kernel.ts';
import { selectEngine } from '../engine/select.ts';
import { AioscopeError, badValue } from '../errors.ts';
import type { FieldTypes, RecordOf } from '../layout/layout-type.ts';
import { type Kind, type Schema, schemaOf } from '../layout/schema.ts';
import type { Selection } from '../layout/where.ts';
import type { RecordBatch } from './batch.ts';
import type { ArenaSlice } from './decoder.ts';
import { type Decoding, decodingOf, type TimesOption } from './decoding.ts';
import { orClose } from './fault.ts';
import { currentHost } from './host.ts';
import { hasBeenRead, Opened, openSource, toBytes } from './open-source.ts';
import { checkWorkers, formatOf, type OpenOptions, type Quality } from './options.ts';
import { readBatches } from './read-batches.ts';
import { Reading } from './reading.ts';
import type { RingState } from './ring.ts';
import { filterOf } from './row-filter.ts';
import type { ByteSource, Source, SourceParts } from './source.ts';

/** The quality of a source that has not been read. */
const NOTHING: Readonly<Quality> = { bytes: 0, records: 0, tornBytes: 0, tornOffset: null };

/** Options of a reader: the format comes from them or from an opened source. */
type ReaderOptions<K extends Kind> = Omit<OpenOptions, 'kind'> &
  Pick<Selection, 'clauses'> &
  TimesOption & { readonly kind?: K | undefined };

/** The batches of a kind; of an unknown kind a union, which `batch.kind` tells apart. */
type BatchOf<K extends Kind, F extends FieldTypes> = K extends Kind
  ? RecordBatch<RecordOf<K>, F>
  : never;

type Batches<K extends Kind, F extends FieldTypes> = AsyncGenerator<BatchOf<K, F>, void, void>;

/** Reads one source once: opens it, fills and decodes, and releases everything at the end. */
export class RecordReader<K extends Kind = Kind, F extends FieldTypes = FieldTypes>
  implements AsyncIterable<BatchOf<K, F>>, AsyncDisposable, EngineUse
{
  readonly #options: ReaderOptions<K>;
  readonly #workers: number;
  readonly #source: ByteSource | Opened;
  /** Known at once if the kind is given or the source is open, otherwise once it is. */
  #decoding: Decoding | undefined;
  #engine: Engine;
  #opening: Promise<Opened> | undefined;
  #batches: Batches<K, F> | undefined;
  #reading: Reading | undefined;
  #threaded: Quality | undefined;
  #workersReason: string | null = null;
  #taken = false;
  #firstIndex = 0;

  constructor(source: Source | Opened, options: ReaderOptions<K>) {
    this.#options = options;
    this.#workers = checkWorkers(options.workers ?? 1);
    this.#engine = selectEngine(options.engine, laterJsEngine);
    const { kind } = options;
    this.#source = source instanceof Opened ? source : toBytes(source, options);
    if (this.#source instanceof Opened) this.#decode(this.#source.schema);
    // The streams of a trace have layouts of their own.
    else if (kind !== undefined && this.#source.streams === undefined)
      this.#decoding = this.#decodingOf(schemaOf({ ...options, kind }));
  }

  /**
   * The format of the source.
   *
   * @throws AioscopeError `AIOSCOPE_UNKNOWN` if it has to be detected first: wait for `ready()`
   */
  get schema(): Schema {
    return this.#known.schema;
  }

  /** The plan of the arena; `byteLength` is the size of the slice that `start` needs. */
  get plan(): ArenaPlan {
    return this.#known.plan;
  }

  /** The engine in use; final once the reading has begun. */
  get engine(): EngineName {
    return this.#engine.name;
  }

  /** Why `auto` did not choose the faster engine; null if it did. */
  get engineReason(): string | null {
    return this.#engine.reason;
  }

  /** Why the calling thread decodes, not several `workers`; null if they do, or cannot help. */
  get workersReason(): string | null {
    return this.#workersReason;
  }

  /** What reports call the source. */
  get sourceName(): string {
    return this.#source.name;
  }

  /** Where its bytes begin in what `sourceName` names. */
  get offset(): number {
    return this.#source instanceof Opened ? this.#source.offset : (this.#source.byteOffset ?? 0);
  }

  /** The sources that are read as one; undefined of a single one. */
  get parts(): SourceParts | undefined {
    return this.#source instanceof Opened ? this.#source.bytes.parts : undefined;
  }

  /** Bytes, whole records and torn bytes so far; final once the iteration has ended. */
  get quality(): Readonly<Quality> {
    const before = this.#decoding?.isSelecting ? { ...NOTHING, selected: 0 } : NOTHING;
    return { ...(this.#threaded ?? this.#reading?.quality ?? before) };
  }

  /** Header and state of a ring image, from the first batch on; undefined for other kinds. */
  get ring(): RingState | undefined {
    return this.#reading?.ring?.state;
  }

  /**
   * Opens the source, which iterating does otherwise. Resolves to this reader, whose `schema` is
   * known then. A reader that is not iterated after that has to be closed.
   */
  async ready(): Promise<this> {
    await this.#open();
    return this;
  }

  /**
   * Starts the iteration at record `index`, or up to one read (1 MiB) or batch earlier, without
   * reading what precedes it. Call it before iterating. Resolves to the index of the first record
   * that will be read: 0 if the source is not a regular file, is followed, or has conditions; near
   * the last record if `index` is beyond the end. `quality` counts the records before it as read.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` unless `index` is a whole number
   */
  async seek(index: number): Promise<number> {
    if (!Number.isSafeInteger(index) || index < 0)
      throw badValue('index', index, 'it must be a whole number');
    if (this.#taken) throw hasBeenRead(this.sourceName);
    const opened = await this.#open();
    const { schema, plan, isSelecting } = this.#known;
    const { bytes } = opened;
    const isWhole = isSelecting || schema.kind === 'aio_ring' || this.#options.follow !== undefined;
    if (bytes.seek === undefined || isWhole) return 0;
    await opened.prepare();
    const { stride } = schema;
    const perRead = plan.sourceBytes / stride;
    const last = Math.max(0, Math.floor((bytes.byteLength ?? 0) / stride) - 1);
    const first = Math.floor(Math.min(index, last) / perRead) * perRead;
    if (first !== this.#firstIndex && bytes.seek(first * stride)) this.#firstIndex = first;
    return this.#firstIndex;
  }

  /** The batches in the order of the source. A reader is iterated once. */
  [Symbol.asyncIterator](): Batches<K, F> {
    const batches = this.#iterate();
    this.#batches ??= batches;
    return batches;
  }

  /** Starts reading for an analysis, which decodes block by block. Once per reader. */
  async start(slice?: ArenaSlice): Promise<Reading> {
    this.#take();
    return this.#read(await this.#open(), slice);
  }

  /**
   * Ends the iteration, if there is one, and closes the source. Not needed after `for await`, which
   * does the same, however it is left.
   */
  async close(): Promise<void> {
    await this.#batches?.return();
    if (this.#taken) return;
    this.#taken = true;
    const opened = await this.#opening?.catch(() => undefined);
    await (opened ?? this.#source).close();
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.close();
  }

  get #known(): Decoding {
    if (this.#decoding !== undefined) return this.#decoding;
    const message = 'its format is not known yet: wait for ready() of the reader, or give a kind';
    throw new AioscopeError('AIOSCOPE_UNKNOWN', `${this.sourceName}: ${message}`);
  }

  /** Decodes the format of an opened source, with the columns of a check. */
  #decode(opened: Schema): void {
    const { check } = this.#options;
    const schema = schemaOf({ ...formatOf(opened), names: opened.names, check });
    this.#decoding = this.#decodingOf(schema);
  }

  #decodingOf(schema: Schema): Decoding {
    return decodingOf(schema, this.#options, this.#engine, filterOf(this.#options, schema));
  }

  #take(): void {
    if (this.#taken) throw hasBeenRead(this.sourceName);
    this.#taken = true;
  }

  readonly #open = (): Promise<Opened> => (this.#opening ??= this.#openOnce());

  async #openOnce(): Promise<Opened> {
    if (this.#source instanceof Opened) return this.#source;
    const { kind, layout, endian, compression, follow, signal } = this.#options;
    const format = this.#decoding ? formatOf(this.#decoding.schema) : { kind, layout, endian };
    const opened = await openSource(this.#source, { ...format, compression, follow, signal });
    if (this.#decoding === undefined)
      await orClose(opened, ({ schema }) => this.#decode(schema), signal);
    return opened;
  }

  async *#iterate(): Batches<K, F> {
    this.#take();
    const opened = await this.#open();
    const { schema, batchSize, isSelecting } = this.#known;
    if (this.#workers > 1 && !isSelecting && this.#firstIndex === 0) {
      const quality = { ...NOTHING };
      const options = { ...this.#options, ...formatOf(schema), workers: this.#workers };
      const threads = await currentHost().decodeOnThreads?.(opened, options, quality);
      if (typeof threads === 'object') {
        this.#threaded = quality;
        return yield* threads as Batches<K, F>;
      }
      this.#workersReason = threads ?? null;
    }
    const reading = await this.#read(opened, undefined);
    yield* readBatches(reading, batchSize, this.#options) as Batches<K, F>;
  }

  async #read(opened: Opened, slice: ArenaSlice | undefined): Promise<Reading> {
    const { schema, allocate } = this.#known;
    const make = () => allocate(slice);
    const first = this.#firstIndex;
    const reading = await Reading.start(opened.take(), schema, make, this.#options, first);
    this.#reading = reading;
    this.#engine = reading.decoder.arena.engine;
    return reading;
  }
}
