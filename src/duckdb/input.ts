import type { PairBatch } from '../analysis/match/pair-batch.ts';
import { matchPairs } from '../analysis/match/pairs.ts';
import { AioscopeError } from '../errors.ts';
import { openRange } from '../host/node/file-range.ts';
import { nodeHost } from '../host/node/host.ts';
import type { PartialFormat } from '../layout/detect.ts';
import { checkOptions } from '../layout/option-names.ts';
import { FORMAT_NAMES, type Schema } from '../layout/schema.ts';
import { Opened, openSource } from '../stream/open-source.ts';
import { type ByteOptions, READ_NAMES } from '../stream/options.ts';
import { RecordReader } from '../stream/reader.ts';
import type { Source } from '../stream/source.ts';
import type { Dump, ScanOptions } from './scan.ts';

/** What can become a table: a path or a `file:` URL (`-` is standard input), bytes, a stream. */
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

const isFile = (input: DuckDBSource | DuckDBFile): input is DuckDBFile =>
  typeof input === 'object' &&
  input !== null &&
  !(input instanceof URL) &&
  !(input instanceof Opened) &&
  'source' in input;

/** One input of the tables. */
export class Input {
  readonly opened: Opened;
  /**
   * The file, if it can be read in place any number of times; undefined if it can be read once, is
   * compressed, or is a ring image.
   */
  readonly dump: Dump | undefined;
  /** The reader that filled a table. */
  reader: RecordReader | undefined;
  readonly #given: DuckDBSource;
  readonly #options: ReadingOptions;

  private constructor(given: DuckDBSource, opened: Opened, options: ReadingOptions) {
    this.#given = given;
    this.#options = options;
    this.opened = opened;
    const { bytes, schema } = opened;
    const isInPlace =
      typeof bytes.origin === 'number' &&
      bytes.byteLength !== undefined &&
      schema.kind !== 'aio_ring';
    this.dump = isInPlace ? { source: bytes as Dump['source'], schema } : undefined;
  }

  static async open(input: DuckDBSource | DuckDBFile, options: ReadingOptions): Promise<Input> {
    if (isFile(input)) checkOptions('an input', input, [FORMAT_NAMES, 'source:any']);
    const { source: given, ...own } = isFile(input) ? input : { source: input };
    const { kind = options.kind, layout = options.layout, endian = options.endian } = own;
    const { compression, signal } = options;
    const reading = { kind, layout, endian, compression, signal };
    return new Input(given, await openSource(given, reading, nodeHost), options);
  }

  get name(): string {
    return this.opened.name;
  }

  get schema(): Schema {
    return this.opened.schema;
  }

  /** Closes what was opened here; a source that was given open still belongs to the caller. */
  async closeOwn(): Promise<void> {
    if (typeof this.#given === 'string' || this.#given instanceof URL) await this.opened.close();
  }

  /** Options of every reading of it. */
  get #reading() {
    const { engine, signal, onProgress } = this.#options;
    return { engine, signal, onProgress };
  }

  /** Returns a reader of the records, once. */
  read(batchSize: number): RecordReader {
    this.reader = new RecordReader(this.opened, { ...this.#reading, batchSize });
    return this.reader;
  }

  /** The same bytes from their beginning, independent of any other reading of them. */
  again(): Opened {
    const { dump } = this;
    if (dump !== undefined) {
      const { origin, byteLength, name } = dump.source;
      const whole = { begin: 0, end: byteLength, isLast: false, sourceBytes: byteLength };
      return new Opened(openRange(origin, name, whole), dump.schema);
    }
    const again = this.opened.reopen();
    if (again !== undefined) return again;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${this.name}: the table pairs needs a second pass, and this source can be read only once; ` +
        'save it to a file first',
    );
  }

  /** Returns the pairs with completions. */
  pairs(completions: Input): AsyncGenerator<PairBatch, void, void> {
    return matchPairs(this.again(), completions.again(), this.#reading);
  }
}
