// What every text format of logs provides: a parser of its lines.
import type { RecordKind } from '../abi/record.ts';
import type { LogName } from '../stream/log-signs.ts';
import type { TraceBuilder } from '../trace/builder.ts';

/** The file that a line comes from. */
export interface LogFile {
  readonly name: string;
  /** The thread that the whole file is of, if its name says it, as of `strace -ff`. */
  readonly tid: number | undefined;
}

/**
 * What became of a line: `ignored` lines are of other things than native AIO; a `held` line goes on
 * in the next ones.
 */
export type LineOutcome = 'used' | 'ignored' | 'held' | 'unparsed';

/** Parses the lines of one file. */
export interface LineParser {
  /**
   * When the line begins, in ns; undefined if it has no time. The lines of several files are taken
   * in the order of their times.
   */
  timeOf?(line: string): bigint | undefined;
  line(line: string): LineOutcome;
  /** Called once after the last line of all files. */
  end(): void;
}

/** Options of an import that parsers know. */
export interface ParserOptions {
  /**
   * The date of a log whose times have none, as `strace -t` prints them, in ns since 1970: midnight
   * of that day. Default: the day of the first of January 1970, so that times are within a day.
   */
  readonly dayNs?: bigint | undefined;
  /** What the bytes of a hex dump are. Default: detected. */
  readonly kind?: RecordKind | undefined;
}

/** What a parser is made with. */
export interface ParserContext extends ParserOptions {
  /** The first lines of the first file. */
  readonly sample: readonly string[];
  /** How many files there are. */
  readonly files: number;
  /** Counts the lines that were held last as one that could not be parsed. */
  readonly lost: () => void;
}

/** A format of logs. Its sign, by which it is recognized, is in `LOG_SIGNS`. */
export interface LogFormat {
  readonly name: LogName;
  /** Makes a parser per file. Parsers of one import share the builder. */
  parser(builder: TraceBuilder, file: LogFile, context: ParserContext): LineParser;
}
