import { readFault, unlessAborted } from '../stream/fault.ts';
import type { ReadOptions } from '../stream/options.ts';
import type { ByteSource } from '../stream/source.ts';
import type { PartChunk, TraceBuilder } from '../trace/builder.ts';
import type { LineParser, LogFile, LogFormat, ParserOptions } from './format.ts';
import { LineReader } from './lines.ts';
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

/** What makes the parser of a file: `lost` is of that file. */
type MakeParser = (lost: () => void) => LineParser;

/** One file that is read, and the line that comes next. */
class LineStream {
  readonly parser: LineParser;
  readonly name: string;
  readonly #reader: LineReader;
  readonly #unparsed: (line: UnparsedLine) => void;
  /** Whether its lines are taken in the order of time with those of others. */
  readonly #isTimed: boolean;
  #lines: string[] = [];
  #at = 0;
  #number = 0;
  /** The first of the lines that are held. */
  #held: UnparsedLine | undefined;
  /** The time of the next line: that of the line before it if it has none. */
  time = 0n;

  constructor(
    source: ByteSource,
    files: number,
    parser: MakeParser,
    unparsed: (line: UnparsedLine) => void,
  ) {
    this.name = source.name;
    this.#reader = new LineReader(source, files);
    this.#isTimed = files > 1;
    this.#unparsed = unparsed;
    this.parser = parser(() => this.#lost());
  }

  /** Lines that are in memory. */
  get isEmpty(): boolean {
    return this.#at === this.#lines.length;
  }

  /** Reads more lines once those in memory are used up. Returns false at the end. */
  async fill(): Promise<boolean> {
    if (!this.isEmpty) return true;
    if (!(await this.#reader.fill())) return false;
    this.#look();
    return true;
  }

  /** Takes the next line. Returns whether records or calls came of it. */
  take(): boolean {
    const text = this.#lines[this.#at];
    this.#at += 1;
    this.#number += 1;
    const outcome = this.parser.line(text);
    if (outcome === 'held') this.#held ??= { file: this.name, number: this.#number, text };
    else this.#held = undefined;
    if (outcome === 'unparsed') this.#unparsed({ file: this.name, number: this.#number, text });
    this.#look();
    return outcome === 'used';
  }

  #lost(): void {
    if (this.#held !== undefined) this.#unparsed(this.#held);
    this.#held = undefined;
  }

  /** Looks at the next line, of those that were read. */
  #look(): void {
    if (this.isEmpty) {
      this.#lines = this.#reader.take();
      this.#at = 0;
    }
    if (this.#isTimed && !this.isEmpty)
      this.time = this.parser.timeOf?.(this.#lines[this.#at]) ?? this.time;
  }
}

/** A source whose bytes are counted, and whose faults say where they were. */
function counting(
  source: ByteSource,
  progress: { bytes: number },
  signal: AbortSignal | undefined,
): ByteSource {
  let position = source.byteOffset ?? 0;
  return {
    name: source.name,
    byteLength: source.byteLength,
    async read(target) {
      try {
        const read = await unlessAborted(source.read(target), signal);
        position += read;
        progress.bytes += read;
        return read;
      } catch (error) {
        signal?.throwIfAborted();
        throw readFault(source.name, position, error);
      }
    },
    close: () => source.close(),
  };
}

/** `strace -ff -o log` writes a file per thread, `log.PID`. */
function fileOf({ name }: ByteSource): LogFile {
  const [, digits] = /\.(\d{1,10})(?:\.gz|\.zst)?$/.exec(name) ?? [];
  return { name, tid: digits === undefined ? undefined : Number(digits) };
}

/**
 * Reads more lines of the streams that have none left. Returns the streams that have lines, and the
 * first error of those that failed.
 */
async function fillAll(streams: readonly LineStream[]) {
  const filled = await Promise.allSettled(streams.map((stream) => stream.fill()));
  const failed = filled.find((each) => each.status === 'rejected');
  const open = streams.filter((_, i) => {
    const each = filled[i];
    return each.status === 'fulfilled' && each.value;
  });
  return { open, failed };
}

/**
 * Imports the lines of logs of one format. Yields the records in chunks, in the order of time;
 * `builder.manifest()` is complete afterwards. Where a source fails, the records of all lines
 * before that are yielded first.
 */
export async function* importLines(
  sources: readonly ByteSource[],
  format: LogFormat,
  builder: TraceBuilder,
  options: LineOptions,
  sample: readonly string[],
): AsyncGenerator<PartChunk, void, void> {
  const progress = { bytes: 0, records: 0, totalBytes: totalOf(sources) };
  const unparsed = (line: UnparsedLine): void => {
    builder.drop('lines that could not be parsed');
    options.onUnparsed?.(line);
  };
  const files = sources.length;
  const { signal } = options;
  const streams = sources.map((source) => {
    const parser: MakeParser = (lost) =>
      format.parser(builder, fileOf(source), { ...options, sample, files, lost });
    return new LineStream(counting(source, progress, signal), files, parser, unparsed);
  });
  let open = streams;
  let fault: PromiseRejectedResult | undefined;
  while (open.length > 0) {
    signal?.throwIfAborted();
    const filled = await fillAll(open);
    signal?.throwIfAborted();
    fault = filled.failed;
    if (fault !== undefined) break;
    open = filled.open;
    progress.records += takeLines(open);
    options.onProgress?.(progress);
    yield* builder.take(false);
  }
  for (const { parser } of streams) parser.end();
  if (fault !== undefined) builder.complete = false;
  yield* builder.take(true);
  if (fault !== undefined) throw fault.reason;
}

/**
 * Takes lines in the order of their times until a stream has none left in memory. Returns how many
 * of them were used.
 */
function takeLines(streams: readonly LineStream[]): number {
  let used = 0;
  while (streams.length > 0 && streams.every(({ isEmpty }) => !isEmpty)) {
    const [first, second] = earliest(streams);
    do {
      if (first.take()) used += 1;
    } while (!first.isEmpty && (second === undefined || first.time <= second.time));
  }
  return used;
}

/** The streams whose next lines are the earliest. */
function earliest(streams: readonly LineStream[]): [LineStream, LineStream | undefined] {
  let [first] = streams;
  let second: LineStream | undefined;
  for (const stream of streams.slice(1)) {
    if (stream.time < first.time) [first, second] = [stream, first];
    else if (second === undefined || stream.time < second.time) second = stream;
  }
  return [first, second];
}
