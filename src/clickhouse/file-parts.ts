// Files and traces as parts of a load: ranges of a regular file can be read on their own.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { ProfileName } from '../abi/rule.ts';
import { CallReader } from '../duckdb/call-reader.ts';
import type { DuckDBFile, DuckDBSource, Input, ReadingOptions } from '../duckdb/input.ts';
import { Inputs } from '../duckdb/open-inputs.ts';
import { openRange } from '../host/node/file-range.ts';
import type { SelectOptions } from '../layout/where.ts';
import { Opened } from '../stream/open-source.ts';
import { type Progress, withCheck } from '../stream/options.ts';
import { RecordReader } from '../stream/reader.ts';
import { type LoadPart, type OnBytes, type Slice, slicesOf, type Torn } from './load-part.ts';

/** Rows per batch. */
const BATCH_ROWS = 2 ** 16;

/** How files are read for a load. */
export interface FilePartOptions extends Omit<ReadingOptions, 'onProgress'> {
  readonly where?: SelectOptions['where'];
  readonly check?: ProfileName | undefined;
}

/** Tells bytes read since the call before, from the progress of a reader. */
function deltas(onBytes: OnBytes): (progress: Progress) => void {
  let before = 0;
  return ({ bytes }) => {
    onBytes(bytes - before);
    before = bytes;
  };
}

/** Bytes of each end of a file that tell it from another one. */
const ENDS = 2 ** 16;

/** A digest of both ends of a file. */
function fingerprintOf({ source: { origin, byteLength } }: NonNullable<Input['dump']>): string {
  const hash = createHash('sha256');
  for (const position of [0, Math.max(0, byteLength - ENDS)]) {
    const end = Buffer.alloc(Math.min(ENDS, byteLength));
    hash.update(end.subarray(0, readSync(origin, end, 0, end.byteLength, position)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** One input as a part of a load. */
class FilePart implements LoadPart {
  readonly table;
  readonly file;
  readonly schema;
  readonly bytes;
  readonly records;
  readonly fingerprint;
  torn: Torn = { tornBytes: 0, tornOffset: null };
  readonly #input: Input;
  readonly #options: FilePartOptions;

  constructor(input: Input, options: FilePartOptions) {
    const { dump, opened, schema, table, name } = input;
    this.#input = input;
    this.#options = options;
    this.table = table;
    this.file = name;
    this.schema = table === 'calls' ? schema : withCheck(schema, options.check);
    this.bytes = opened.length;
    this.records = dump && Math.floor(dump.source.byteLength / schema.stride);
    this.fingerprint = dump === undefined ? '' : fingerprintOf(dump);
    if (dump === undefined || this.records === undefined) return;
    const whole = this.records * schema.stride;
    const tornBytes = dump.source.byteLength - whole;
    if (tornBytes > 0) this.torn = { tornBytes, tornOffset: whole };
  }

  async *read(
    from: number,
    to: number | undefined,
    onBytes: OnBytes,
  ): AsyncGenerator<Slice, void, void> {
    const { dump, opened, schema } = this.#input;
    if (dump === undefined || to === undefined) {
      const reader = this.#reader(opened, onBytes);
      yield* slicesOf(reader, true);
      const { tornBytes, tornOffset } = reader.quality;
      this.torn = { tornBytes, tornOffset };
      return;
    }
    const { origin, name, byteLength } = dump.source;
    const range = { begin: from * schema.stride, end: to * schema.stride, isLast: false };
    const source = openRange(origin, name, { ...range, sourceBytes: byteLength });
    yield* slicesOf(this.#reader(new Opened(source, schema), onBytes), true, from);
  }

  #reader(opened: Opened, onBytes: OnBytes) {
    const { engine, signal, where, check } = this.#options;
    const onProgress = deltas(onBytes);
    return this.table === 'calls'
      ? new CallReader(opened, BATCH_ROWS, { engine, signal, onProgress })
      : new RecordReader(opened, {
          engine,
          signal,
          onProgress,
          where,
          check,
          batchSize: BATCH_ROWS,
        });
  }
}

/** Files and traces, open, as parts of a load. */
export class FileParts {
  readonly #inputs: Inputs;
  readonly all: readonly (LoadPart & { readonly torn: Torn })[];

  private constructor(inputs: Inputs, options: FilePartOptions) {
    this.#inputs = inputs;
    // Conditions are of records, and calls are none.
    const isKept = ({ table }: Input) => options.where === undefined || table !== 'calls';
    this.all = inputs.all.filter(isKept).map((input) => new FilePart(input, options));
  }

  /** Opens what is given; a trace becomes one part for each of its streams. */
  static async open(
    sources: readonly (DuckDBSource | DuckDBFile)[],
    options: FilePartOptions,
  ): Promise<FileParts> {
    const { where: _, check: __, ...reading } = options;
    // Every part of a trace is read, also of a packed one.
    const inputs = new Inputs(reading, ['iocb', 'io_event', 'refused', 'calls']);
    try {
      for (const source of sources) {
        await inputs.open(source);
        await inputs.all.at(-1)?.opened.prepare();
      }
      return new FileParts(inputs, options);
    } catch (error) {
      await inputs.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#inputs.close();
  }
}
