import type { ReadOptions } from '../stream/options.ts';
import type { ByteSource } from '../stream/source.ts';
import type { PartChunk, TraceBuilder } from '../trace/builder.ts';
import type { LineParser, LogFile, LogFormat, ParserOptions } from './format.ts';
import { linesOf } from './lines.ts';
import { totalOf } from './total.ts';

/** A line that could not be parsed. */
export interface UnparsedLine {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** Options of an import of lines. */
export interface LineOptions extends ReadOptions, ParserOptions {
  /** Called for every line that could not be parsed. */
  readonly onUnparsed?: ((line: UnparsedLine) => void) | undefined;
}

/** One file that is read, and the line that comes next. */
class LineStream {
  readonly parser: LineParser;
  readonly name: string;
  readonly #groups: AsyncGenerator<string[], void, void>;
  #lines: string[] = [];
  #at = 0;
  number = 0;
  /** The time of the next line: that of the line before it if it has none. */
  time = 0n;

  constructor(source: ByteSource, parser: LineParser) {
    this.name = source.name;
    this.parser = parser;
    this.#groups = linesOf(source);
  }

  /** Lines that are in memory. */
  get isEmpty(): boolean {
    return this.#at === this.#lines.length;
  }

  /** Reads more lines once those in memory are used up. Returns false at the end. */
  async fill(): Promise<boolean> {
    if (!this.isEmpty) return true;
    const { done, value } = await this.#groups.next();
    if (done) return false;
    this.#lines = value;
    this.#at = 0;
    this.#look();
    return true;
  }

  next(): string {
    const line = this.#lines[this.#at];
    this.#at += 1;
    this.number += 1;
    this.#look();
    return line;
  }

  #look(): void {
    if (!this.isEmpty) this.time = this.parser.timeOf?.(this.#lines[this.#at]) ?? this.time;
  }
}

/** A source whose bytes are counted. */
const counting = (source: ByteSource, progress: { bytes: number }): ByteSource => ({
  name: source.name,
  byteLength: source.byteLength,
  async read(target) {
    const read = await source.read(target);
    progress.bytes += read;
    return read;
  },
  close: () => source.close(),
});

/** `strace -ff -o log` writes a file per thread, `log.PID`. */
function fileOf({ name }: ByteSource): LogFile {
  const [, digits] = /\.(\d{1,10})(?:\.gz|\.zst)?$/.exec(name) ?? [];
  return { name, tid: digits === undefined ? undefined : Number(digits) };
}

/**
 * Imports the lines of logs of one format. Yields the records in chunks, in the order of time;
 * `builder.manifest()` is complete afterwards.
 */
export async function* importLines(
  sources: readonly ByteSource[],
  format: LogFormat,
  builder: TraceBuilder,
  options: LineOptions,
  sample: readonly string[],
): AsyncGenerator<PartChunk, void, void> {
  const progress = { bytes: 0, records: 0, totalBytes: totalOf(sources) };
  const streams = sources.map(
    (source) =>
      new LineStream(
        counting(source, progress),
        format.parser(builder, fileOf(source), { ...options, sample, files: sources.length }),
      ),
  );
  const counted = (stream: LineStream): void => {
    const text = stream.next();
    const outcome = stream.parser.line(text);
    if (outcome === 'used') progress.records += 1;
    if (outcome !== 'unparsed') return;
    builder.drop('lines that could not be parsed');
    options.onUnparsed?.({ file: stream.name, number: stream.number, text });
  };
  let open = streams;
  while (open.length > 0) {
    options.signal?.throwIfAborted();
    const filled = await Promise.all(open.map((stream) => stream.fill()));
    open = open.filter((_, i) => filled[i]);
    takeLines(open, counted);
    options.onProgress?.(progress);
    yield* builder.take(false);
  }
  for (const { parser } of streams) parser.end();
  yield* builder.take(true);
}

/** Takes lines in the order of their times until a stream has none left in memory. */
function takeLines(streams: readonly LineStream[], take: (stream: LineStream) => void): void {
  if (streams.length === 1) {
    while (!streams[0].isEmpty) take(streams[0]);
    return;
  }
  while (streams.length > 0 && streams.every(({ isEmpty }) => !isEmpty))
    take(streams.reduce((first, each) => (each.time < first.time ? each : first)));
}
