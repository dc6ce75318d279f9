import { statSync } from 'node:fs';
import type { PairBatch } from '../analysis/match/pair-batch.ts';
import { matchPairs } from '../analysis/match/pairs.ts';
import { AioscopeError } from '../errors.ts';
import { fileSource, openRange } from '../host/node/file-source.ts';
import { NODE_INFLATERS } from '../host/node/inflate.ts';
import type { PartialFormat } from '../layout/detect.ts';
import { oneOf, resolveSchema, type Schema } from '../layout/schema.ts';
import { COMPRESSIONS, type CompressionOption, decompressed } from '../stream/compression.ts';
import { RecordReader } from '../stream/reader.ts';
import { identifyOpened } from '../stream/recognize.ts';
import { type ByteSource, type Source, toByteSource } from '../stream/source.ts';
import type { Dump, ScanOptions } from './scan.ts';

/** A source of a table: a path or a `file:` URL (`-` is standard input), bytes, or a stream. */
export type DuckDBSource = Source | ByteSource | string | URL;

/** A source with its format. Missing parts are taken from the options, or detected. */
export interface DuckDBFile extends PartialFormat {
  readonly source: DuckDBSource;
}

/** How to read the inputs. */
export interface ReadingOptions extends PartialFormat, ScanOptions {
  readonly compression?: CompressionOption | undefined;
}

const isFile = (input: DuckDBSource | DuckDBFile): input is DuckDBFile =>
  typeof input === 'object' && !(input instanceof URL) && 'source' in input;

/** One input, opened and recognized. */
export class Input {
  readonly schema: Schema;
  readonly source: ByteSource;
  readonly compression: string | null;
  /**
   * The file, if it can be read in place any number of times; undefined for streams, compressed
   * files and rings.
   */
  readonly dump: Dump | undefined;
  /** The reader that filled a table, if any. */
  reader: RecordReader | undefined;
  readonly #given: DuckDBSource;
  readonly #options: ReadingOptions;

  private constructor(
    given: DuckDBSource,
    source: ByteSource,
    schema: Schema,
    compression: string | null,
    options: ReadingOptions,
  ) {
    this.#given = given;
    this.#options = options;
    this.schema = schema;
    this.source = source;
    this.compression = compression;
    const { origin, byteLength } = source;
    const isInPlace =
      typeof origin === 'number' && byteLength !== undefined && schema.kind !== 'aio_ring';
    this.dump = isInPlace ? { source: source as Dump['source'], schema } : undefined;
  }

  static async open(input: DuckDBSource | DuckDBFile, options: ReadingOptions): Promise<Input> {
    const { source: given, ...own } = isFile(input) ? input : { source: input };
    const { kind = options.kind, layout = options.layout, endian = options.endian } = own;
    const bytes = bytesOf(given, options.compression);
    const { source, format } = await identifyOpened(
      bytes,
      { kind, layout, endian },
      options.signal,
    );
    return new Input(given, source, resolveSchema(format), bytes.compression ?? null, options);
  }

  get name(): string {
    return this.source.name;
  }

  /** Closes what was opened here; a source that was passed in open stays open. */
  async letGo(): Promise<void> {
    if (typeof this.#given === 'string' || this.#given instanceof URL) await this.source.close();
  }

  /** Options of every reading of the input. */
  get #reading() {
    const { engine, signal, onProgress } = this.#options;
    return { engine, signal, onProgress, compression: 'none' as const };
  }

  /** Returns a reader of the records, once. */
  read(batchSize: number): RecordReader {
    const { kind, layout, endian } = this.schema;
    this.reader = new RecordReader(this.source, {
      ...this.#reading,
      kind,
      layout: layout.text,
      endian,
      batchSize,
    });
    return this.reader;
  }

  /** Returns the same bytes from their beginning, independent of other readings. */
  again(): ByteSource {
    const { dump } = this;
    if (dump !== undefined) {
      const { origin, byteLength, name } = dump.source;
      return openRange(origin, name, {
        begin: 0,
        end: byteLength,
        isLast: false,
        sourceBytes: byteLength,
      });
    }
    const given = this.#given;
    const isPath = (typeof given === 'string' || given instanceof URL) && given !== '-';
    if (isPath && statSync(given).isFile()) return bytesOf(given, this.#options.compression);
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${this.name}: the table pairs needs a second pass, and this source can be read only once; ` +
        'save it to a file first',
    );
  }

  /** Returns the pairs with completions. */
  pairs(completions: Input): AsyncGenerator<PairBatch, void, void> {
    const format = ({ layout, endian }: Schema) => ({ layout: layout.text, endian });
    return matchPairs(this.again(), completions.again(), {
      ...this.#reading,
      submissions: format(this.schema),
      completions: format(completions.schema),
    });
  }
}

/** Returns the bytes of a source, decompressed unless the options prevent it. */
function bytesOf(source: DuckDBSource, compression: CompressionOption = 'auto'): ByteSource {
  const bytes =
    typeof source === 'string' || source instanceof URL ? fileSource(source) : toByteSource(source);
  return oneOf('compression', compression, COMPRESSIONS) === 'auto'
    ? decompressed(bytes, NODE_INFLATERS)
    : bytes;
}
