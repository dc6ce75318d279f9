// Opening what is given to SQL: files, and traces with all of their parts.
import { nodeHost } from '../host/node/host.ts';
import { checkOptions } from '../layout/option-names.ts';
import type { RunNames } from '../layout/run-names.ts';
import { FORMAT_NAMES } from '../layout/schema.ts';
import { Opened, openSource, toBytes } from '../stream/open-source.ts';
import type { StreamName } from '../stream/stream-set.ts';
import { openCalls } from '../trace/call-schema.ts';
import { isPackName } from '../trace/pack.ts';
import { PARTS } from '../trace/part.ts';
import { Trace } from '../trace/trace.ts';
import { type DuckDBFile, type DuckDBSource, Input, type ReadingOptions } from './input.ts';
import type { RecordTable } from './table-names.ts';

/** The names of a run, and what gave them. */
export interface NamedRun {
  readonly file: string;
  readonly names: RunNames;
}

const isFile = (input: DuckDBSource | DuckDBFile): input is DuckDBFile =>
  typeof input === 'object' &&
  input !== null &&
  !(input instanceof URL) &&
  !(input instanceof Opened) &&
  'source' in input;

const STREAMS: Readonly<Record<StreamName, RecordTable>> = {
  submissions: 'iocb',
  completions: 'io_event',
  refused: 'refused',
};

/** The inputs of tables, open. */
export class Inputs {
  readonly all: Input[] = [];
  readonly runs: NamedRun[] = [];
  readonly #options: ReadingOptions;
  readonly #needed: readonly string[];
  /** Those that were opened here, and not given open. */
  readonly #own: Opened[] = [];

  /** `needed` are the tables that will be read. */
  constructor(options: ReadingOptions, needed: readonly string[]) {
    this.#options = options;
    this.#needed = needed;
  }

  /** Opens what is given. A trace becomes several inputs. */
  async open(input: DuckDBSource | DuckDBFile): Promise<void> {
    const { given, bytes, reading } = this.#given(input);
    const set = bytes instanceof Opened ? undefined : await bytes.streams?.();
    if (set instanceof Trace) await this.#openTrace(set, reading);
    else this.#add(await openSource(bytes, reading, nodeHost), given);
  }

  /** Opens one stream of records: of a trace that of the kind that is given. */
  async openRecords(input: DuckDBSource | DuckDBFile): Promise<void> {
    const { given, bytes, reading } = this.#given(input);
    const opened = await openSource(bytes, reading, nodeHost);
    if ('streams' in bytes) await opened.prepare();
    this.#add(opened, given);
  }

  /** An input, and the options that apply to it. */
  #given(input: DuckDBSource | DuckDBFile) {
    if (isFile(input)) checkOptions('an input', input, [FORMAT_NAMES, 'source:any']);
    const { source: given, ...own } = isFile(input) ? input : { source: input };
    const options = this.#options;
    const { kind = options.kind, layout = options.layout, endian = options.endian } = own;
    const { compression, signal } = options;
    const reading = { kind, layout, endian, compression, signal };
    const bytes = given instanceof Opened ? given : toBytes(given, reading, nodeHost);
    return { given, bytes, reading };
  }

  /** Opens the parts of a trace: those of one kind if it is given, and the calls. */
  async #openTrace(
    trace: Trace,
    { kind, layout, endian }: Pick<ReadingOptions, 'kind' | 'layout' | 'endian'>,
  ): Promise<void> {
    // Throws for a format: those of a trace are known.
    if (layout !== undefined || endian !== undefined || kind === 'aio_ring')
      trace.openKind({ kind, layout, endian });
    this.#addRun(trace.name, trace.names);
    for (const stream of Object.keys(STREAMS) as StreamName[]) {
      if (kind === undefined || PARTS[stream].kind === kind)
        await this.#openPart(trace, trace.open(stream), STREAMS[stream]);
    }
    await this.#openPart(trace, openCalls(trace), 'calls');
  }

  async #openPart(trace: Trace, opened: Opened | undefined, table: RecordTable): Promise<void> {
    if (opened === undefined) return;
    this.#own.push(opened);
    // A file has to be open to be read in place. A part of a packed trace costs a pass up to it.
    if (!isPackName(trace.name) || this.#needed.includes(table)) await opened.prepare();
    this.all.push(new Input(opened, this.#options, table, trace));
  }

  #add(opened: Opened, given: DuckDBSource): void {
    if (typeof given === 'string' || given instanceof URL) this.#own.push(opened);
    this.all.push(new Input(opened, this.#options));
    this.#addRun(opened.name, opened.schema.names);
  }

  #addRun(file: string, names: RunNames | undefined): void {
    if (names !== undefined && !this.runs.some((run) => run.names === names))
      this.runs.push({ file, names });
  }

  /** Closes what was opened here; a source that was given open still belongs to the caller. */
  async closeOwn(): Promise<void> {
    for (const opened of this.#own) await opened.close();
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const { opened } of this.all) await opened.close();
  }
}
