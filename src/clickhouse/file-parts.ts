// Files and traces as parts of a load: ranges of a regular file can be read on their own.
import { existsSync, realpathSync } from 'node:fs';
import type { ProfileName } from '../abi/rule.ts';
import { CallReader } from '../duckdb/call-reader.ts';
import type { DuckDBFile, DuckDBSource, Input, ReadingOptions } from '../duckdb/input.ts';
import { Inputs } from '../duckdb/open-inputs.ts';
import { AioscopeError } from '../errors.ts';
import { expectSame, type FileIdentity, identityOf } from '../host/node/file-identity.ts';
import { openRange } from '../host/node/file-range.ts';
import type { SelectOptions } from '../layout/where.ts';
import { Opened } from '../stream/open-source.ts';
import { type Progress, withCheck } from '../stream/options.ts';
import { RecordReader } from '../stream/reader.ts';
import { filterOf } from '../stream/row-filter.ts';
import { fingerprintAt, fingerprintOf } from './fingerprint.ts';
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
  readonly #identity: FileIdentity | undefined;

  /** `given` is what was opened, if it was named by a path. */
  constructor(input: Input, options: FilePartOptions, given: string | undefined) {
    const { dump, opened, schema, table, name } = input;
    this.#input = input;
    this.#options = options;
    this.table = table;
    this.file = name;
    this.schema = table === 'calls' ? schema : withCheck(schema, options.check);
    this.bytes = opened.length;
    this.records = dump && Math.floor(dump.source.byteLength / schema.stride);
    // Conditions on columns that do not exist fail here, before anything is sent.
    if (table !== 'calls') filterOf({ where: options.where }, this.schema);
    if (dump === undefined || this.records === undefined) {
      this.fingerprint = given === undefined ? '' : fingerprintAt([given]);
      return;
    }
    this.fingerprint = fingerprintOf(dump.source.origin);
    this.#identity = identityOf(dump.source.origin);
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
    this.#expectUnchanged(origin, name);
  }

  /** A file that is written to while it is read may have given a mixture. */
  #expectUnchanged(fd: number, name: string): void {
    const first = this.#identity;
    if (first !== undefined) expectSame(name, first, identityOf(fd), false);
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

/** The path of a source, if it is one; `-` is standard input. */
function pathOf(source: DuckDBSource | DuckDBFile): string | undefined {
  const given = typeof source === 'object' && 'source' in source ? source.source : source;
  return typeof given === 'string' && given !== '-' ? given : undefined;
}

/** Refuses a file that is given twice: its rows would count twice. */
function checkOnce(sources: readonly (DuckDBSource | DuckDBFile)[]): void {
  const real = sources
    .flatMap((source) => pathOf(source) ?? [])
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path));
  const twice = real.find((path, i) => real.indexOf(path) !== i);
  if (twice === undefined) return;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${twice} is given twice, so its rows would count twice; give it once`,
  );
}

/** Files and traces, open, as parts of a load. */
export class FileParts {
  readonly #inputs: Inputs;
  readonly all: readonly (LoadPart & { readonly torn: Torn })[];

  private constructor(
    inputs: Inputs,
    options: FilePartOptions,
    paths: readonly (string | undefined)[],
  ) {
    this.#inputs = inputs;
    // Conditions are of records, and calls are not records.
    const isKept = ({ table }: Input) => options.where === undefined || table !== 'calls';
    this.all = inputs.all.flatMap((input, i) =>
      isKept(input) ? [new FilePart(input, options, paths[i])] : [],
    );
  }

  /** Opens what is given; a trace becomes one part for each of its streams. */
  static async open(
    sources: readonly (DuckDBSource | DuckDBFile)[],
    options: FilePartOptions,
  ): Promise<FileParts> {
    const { where: _, check: __, ...reading } = options;
    checkOnce(sources);
    // Every part of a trace is read, also of a packed one.
    const inputs = new Inputs(reading, ['iocb', 'io_event', 'refused', 'calls']);
    try {
      const paths: (string | undefined)[] = [];
      for (const source of sources) {
        await inputs.open(source);
        await inputs.all.at(-1)?.opened.prepare();
        while (paths.length < inputs.all.length) paths.push(pathOf(source));
      }
      return new FileParts(inputs, options, paths);
    } catch (error) {
      await inputs.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#inputs.close();
  }
}
