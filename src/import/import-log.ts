import { AioscopeError, listed, type Message } from '../errors.ts';
import { checkOptions } from '../layout/option-names.ts';
import { oneOf } from '../layout/schema.ts';
import { closeQuietly, readFault } from '../stream/fault.ts';
import { type LogName, signOf } from '../stream/log-signs.ts';
import { openBytes } from '../stream/open-source.ts';
import { type ByteOptions, READ_NAMES } from '../stream/options.ts';
import { peek } from '../stream/peek.ts';
import type { ByteSource, Source } from '../stream/source.ts';
import { isTar } from '../stream/tar.ts';
import { type PartChunk, TraceBuilder } from '../trace/builder.ts';
import { decodeChunk, type ImportedBatch } from '../trace/decode-chunk.ts';
import type { TraceManifest } from '../trace/manifest.ts';
import { bpftrace } from './bpftrace.ts';
import type { LogFormat } from './format.ts';
import { hexdump } from './hexdump/hexdump.ts';
import { importLines, type LineOptions } from './import-lines.ts';
import { linuxki } from './linuxki.ts';
import { importPages } from './pages/import-pages.ts';
import { folderOfFiles, folderOfTar, hasPages, type PageFolder } from './pages/page-folder.ts';
import { perf } from './perf.ts';
import { pinchy } from './pinchy.ts';
import { csv } from './rows/csv.ts';
import { ndjson } from './rows/ndjson.ts';
import { strace } from './strace/strace.ts';
import { systemtap } from './systemtap.ts';

/** The formats of text, in the order in which they are tried. */
const FORMATS: readonly LogFormat[] = [
  strace,
  perf,
  bpftrace,
  linuxki,
  pinchy,
  systemtap,
  csv,
  ndjson,
  hexdump,
];

/** Raw pages of tracefs: a folder of files, or a tar of one. */
const TRACEFS = 'tracefs' as const;

/** The names of the formats that can be imported. */
export const LOG_FORMATS: readonly LogFormatName[] = [...FORMATS.map(({ name }) => name), TRACEFS];
/** The name of a format that can be imported. */
export type LogFormatName = LogName | typeof TRACEFS;

/** Options of `importLog`. */
export interface ImportOptions extends LineOptions, Pick<ByteOptions, 'compression'> {
  /** The format of the sources. Default: detected. */
  readonly format?: LogFormatName | undefined;
}

const RECORD_KINDS = ['iocb', 'io_event'] as const;
const NAMES = [
  READ_NAMES,
  'compression',
  'format',
  'dayNs:bigint',
  'kind',
  'onUnparsed:function',
] as const;

/** Bytes of a log that are looked at to recognize its format. */
const SAMPLE_BYTES = 2 ** 16;
/** Lines of them. */
const SAMPLE_LINES = 1000;

/** One import of a log. It is read once. */
export class LogImport implements AsyncIterable<ImportedBatch> {
  readonly #sources: readonly Source[];
  readonly #options: ImportOptions;
  #builder: TraceBuilder | undefined;

  constructor(sources: readonly Source[], options: ImportOptions) {
    this.#sources = sources;
    this.#options = options;
  }

  /**
   * What is known of the trace so far; whole once the iteration has ended.
   *
   * @throws AioscopeError `AIOSCOPE_SOURCE` before the iteration begins
   */
  get manifest(): TraceManifest {
    if (this.#builder === undefined)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        'the log has not been read; iterate the import first',
      );
    return this.#builder.manifest();
  }

  /** The records as bytes for the files of a trace. */
  async *chunks(): AsyncGenerator<PartChunk, void, void> {
    const { compression, format: given, signal } = this.#options;
    const mayBePages = given === undefined || given === TRACEFS;
    if (mayBePages && hasPages(this.#sources)) {
      yield* this.#pages(await folderOfFiles(this.#sources, signal));
      return;
    }
    const opened: ByteSource[] = [];
    try {
      for (const source of this.#sources)
        opened.push(await openBytes(source, { compression, signal }));
      const { sample, name, isTar: hasTar, fault } = await firstOf(opened, signal);
      if (mayBePages && hasTar) {
        yield* this.#pages(await folderOfTar(opened, signal));
        return;
      }
      if (given === TRACEFS) throw notPages(name);
      const lines = linesOf(sample);
      const format = FORMATS.find((each) => each.name === given) ?? formatOf(lines);
      if (format === undefined) throw notRecognized(name, sample, fault);
      if (this.#options.kind !== undefined && format.name !== 'hexdump')
        throw new AioscopeError(
          'AIOSCOPE_OPTION',
          (option) =>
            `${name}: ${option('kind')} says what the bytes of a hex dump are; this is ` +
            `read as ${format.name}`,
        );
      this.#builder = new TraceBuilder({
        method: format.name,
        sources: opened.map(({ name }) => name),
      });
      yield* importLines(opened, format, this.#builder, this.#options, lines);
    } finally {
      for (const source of opened) await closeQuietly(source, signal);
    }
  }

  async *#pages(folder: PageFolder): AsyncGenerator<PartChunk, void, void> {
    this.#builder = new TraceBuilder({
      method: 'kprobe',
      sources: folder.raws.map(({ name }) => name),
    });
    try {
      yield* importPages(folder, this.#builder, this.#options);
    } finally {
      await folder.close?.();
    }
  }

  /** Decoded batches. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ImportedBatch, void, void> {
    for await (const chunk of this.chunks()) yield decodeChunk(chunk);
  }
}

/** The error of sources that are said to be raw pages. */
const notPages = (name: string): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_UNKNOWN',
    `${name}: neither a file of raw pages by its name, such as cpu0.raw, nor a tar of such files`,
  );

/** The lines at the beginning of a log. */
const linesOf = (sample: Uint8Array): string[] =>
  new TextDecoder().decode(sample).split(/\r?\n/).slice(0, SAMPLE_LINES);

/**
 * The beginning of the first source that is recognized, or else of the first: threads that did
 * nothing have logs too. Sources are replaced by what yields their beginning again.
 */
async function firstOf(opened: ByteSource[], signal: AbortSignal | undefined) {
  let first: { sample: Uint8Array; name: string; isTar: boolean; fault: unknown } | undefined;
  for (const [i, each] of opened.entries()) {
    const { sample, source, fault } = await peek(each, SAMPLE_BYTES, signal);
    opened[i] = source;
    const found = { sample, name: source.name, isTar: i === 0 && isTar(sample), fault };
    if (found.isTar || signOf(linesOf(sample)) !== undefined) return found;
    if (first === undefined || first.sample.byteLength === 0) first = found;
  }
  return first ?? { sample: new Uint8Array(0), name: '', isTar: false, fault: undefined };
}

/** The format that the lines of a sample look like; undefined if they look like none. */
function formatOf(lines: readonly string[]): LogFormat | undefined {
  const sign = signOf(lines);
  return FORMATS.find((each) => each.name === sign?.name);
}

/** The error of a log whose format is not recognized, perhaps because reading it failed early. */
function notRecognized(name: string, sample: Uint8Array, fault: unknown): AioscopeError {
  if (fault !== undefined) return readFault(name, sample.byteLength, fault);
  const unknown = (message: Message) => new AioscopeError('AIOSCOPE_UNKNOWN', message);
  if (sample.byteLength === 0) return unknown(`${name}: the log is empty`);
  if (sample.includes(0))
    return unknown(
      `${name}: not the text of a log, nor a tar of raw pages; a dump of records is read as it ` +
        'is, without an import',
    );
  return unknown(
    (option) =>
      `${name}: not recognized as a log; say what it is with ${option('format')}: ` +
      listed(LOG_FORMATS),
  );
}

/**
 * Imports the logs of one run, or the raw pages that tracefs recorded of it. Several sources are
 * files of one run: of `strace -ff`, whose lines are taken in the order of time, or of a folder of
 * raw pages, which are recognized by their names. Nothing is read before the iteration.
 *
 * A folder of raw pages has `cpu0.raw` and so on, as `trace_pipe_raw` of each CPU yields them,
 * `header_page`, and a `.format` file per event: `sub`, `ret` and `done` for probes of
 * `io_submit_one`, its return and `aio_complete`. `uname`, `trace_clock`, `profile` and
 * `cpu0.stats` say more where they are present. Under Node a tar of one such folder that is
 * compressed, or is a stream, is first written to a temporary file; elsewhere it is read once per
 * CPU.
 *
 * Iterate it for decoded batches, or take `chunks()` for the bytes of a trace. Memory is bounded:
 * records wait for earlier ones within a window of 16,384. Fields that the log does not show are 0
 * and named in `manifest.absent`.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` at once for an invalid option; while iterating
 *   `AIOSCOPE_UNKNOWN` for a format that is not recognized, `AIOSCOPE_READ` if a source fails and
 *   `AIOSCOPE_PAGE` if a page is damaged, both after the records before that; `AIOSCOPE_SOURCE` for
 *   files of tracefs that are missing or invalid
 */
export function importLog(
  source: Source | readonly Source[],
  options: ImportOptions = {},
): LogImport {
  checkOptions('importLog', options, NAMES);
  if (options.format !== undefined) oneOf('format', options.format, LOG_FORMATS);
  if (options.kind !== undefined) oneOf('kind', options.kind, RECORD_KINDS);
  const sources = Array.isArray(source) ? source : [source as Source];
  if (sources.length === 0)
    throw new AioscopeError('AIOSCOPE_OPTION', 'there are no logs; give one or more');
  return new LogImport(sources, options);
}
