import { AioscopeError } from '../errors.ts';
import { openRange } from '../host/node/file-range.ts';
import type { PartialFormat } from '../layout/detect.ts';
import { FORMAT_NAMES, type Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { Opened } from '../stream/open-source.ts';
import { type ByteOptions, READ_NAMES } from '../stream/options.ts';
import { RecordReader } from '../stream/reader.ts';
import type { Source } from '../stream/source.ts';
import type { Trace } from '../trace/trace.ts';
import { CallReader } from './call-reader.ts';
import type { Dump, ScanOptions } from './scan.ts';
import type { RecordTable } from './table-names.ts';

/**
 * What can become a table: a path or a `file:` URL (`-` is standard input), bytes, a stream, a
 * trace or its path.
 */
export type DuckDBSource = Source | Opened;

/** A source and its format; what is not given is taken from the options, or detected. */
export interface DuckDBFile extends PartialFormat {
  readonly source: DuckDBSource;
}

/** How inputs are read. */
export interface ReadingOptions
  extends PartialFormat,
    Omit<ScanOptions, 'select'>,
    Pick<ByteOptions, 'compression'> {}

/** The names of `ReadingOptions`. */
export const READING_NAMES = [FORMAT_NAMES, READ_NAMES, 'engine', 'compression'] as const;

/** The batch of a reader and what it has read so far. */
type Reader = Pick<RecordReader, 'quality'> & AsyncIterable<RecordBatch>;

/** One input of the tables: a file, or a part of a trace. */
export class Input {
  readonly opened: Opened;
  /** The table that it is a part of. */
  readonly table: RecordTable;
  /** The trace that it is a part of. */
  readonly trace: Trace | undefined;
  /**
   * The file, if it can be read in place any number of times; undefined if it can be read once, is
   * compressed, or is a ring image.
   */
  readonly dump: Dump | undefined;
  /** The reader that filled a table. */
  reader: Reader | undefined;
  readonly #options: ReadingOptions;

  constructor(
    opened: Opened,
    options: ReadingOptions,
    table: RecordTable = opened.schema.kind,
    trace?: Trace,
  ) {
    this.opened = opened;
    this.table = table;
    this.trace = trace;
    this.#options = options;
    const { bytes, schema } = opened;
    const isInPlace =
      typeof bytes.origin === 'number' &&
      bytes.byteLength !== undefined &&
      schema.kind !== 'aio_ring';
    this.dump = isInPlace ? { source: bytes as Dump['source'], schema } : undefined;
  }

  get name(): string {
    return this.opened.name;
  }

  get schema(): Schema {
    return this.opened.schema;
  }

  /** Options of every reading of it. */
  get reading() {
    const { engine, signal, onProgress } = this.#options;
    return { engine, signal, onProgress };
  }

  /** Returns a reader of the records, once. */
  read(batchSize: number): Reader {
    this.reader =
      this.table === 'calls'
        ? new CallReader(this.opened, batchSize, this.reading)
        : new RecordReader(this.opened, { ...this.reading, batchSize });
    return this.reader;
  }

  /** The same bytes from their beginning, independent of any other reading of them. */
  again(): Opened {
    const { dump } = this;
    if (dump !== undefined) {
      const { origin, byteLength, name } = dump.source;
      const whole = { begin: 0, end: byteLength, isLast: false, sourceBytes: byteLength };
      return new Opened(openRange(origin, name, whole), dump.schema, undefined, () => this.again());
    }
    const again = this.opened.reopen();
    if (again !== undefined) return again;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${this.name}: matching needs a second pass, and this source can be read only once; ` +
        'save it to a file first',
    );
  }
}
