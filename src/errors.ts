/** The kind of an error, as `error.code`: the meaning of a code never changes. */
export type ErrorCode =
  /** An option or argument does not exist, has an invalid value, or contradicts another. */
  | 'AIOSCOPE_OPTION'
  /** A layout is not a field list, or its fields clash. */
  | 'AIOSCOPE_LAYOUT'
  /** A layout is a single word, but not the name of a preset. */
  | 'AIOSCOPE_PRESET'
  /** A column does not exist, occurs twice, or holds text where numbers are needed. */
  | 'AIOSCOPE_COLUMN'
  /** A value does not fit its target. */
  | 'AIOSCOPE_RANGE'
  /** A batch, or a cursor over it, is used after the step that made it stale. */
  | 'AIOSCOPE_STALE'
  /** The chosen engine does not run here. */
  | 'AIOSCOPE_ENGINE'
  /** The format of a source is not given, and not recognized. */
  | 'AIOSCOPE_UNKNOWN'
  /** Submissions and completions lack the fields to match them by. */
  | 'AIOSCOPE_UNMATCHABLE'
  /** Not a ring image. */
  | 'AIOSCOPE_RING'
  /** A page of a kernel's trace buffer is damaged, or its file ends within it. */
  | 'AIOSCOPE_PAGE'
  /** A source is not readable as bytes, has been read already, or holds no whole record. */
  | 'AIOSCOPE_SOURCE'
  /** Reading a source failed. */
  | 'AIOSCOPE_READ'
  /** A compressed source is corrupt or ends too early. */
  | 'AIOSCOPE_COMPRESSION'
  /** A file ended before the size it had when it was opened. */
  | 'AIOSCOPE_SHRANK'
  /** A file that is read twice was changed or replaced after it was first opened. */
  | 'AIOSCOPE_CHANGED'
  /** A worker could not be started, or died before its job was done. */
  | 'AIOSCOPE_WORKER'
  /** An optional package is needed, and is not installed or does not run here. */
  | 'AIOSCOPE_PEER'
  /** A capture cannot be started here, or recording failed. */
  | 'AIOSCOPE_CAPTURE'
  /** A node of ClickHouse refused or failed, or its tables are not those of aioscope. */
  | 'AIOSCOPE_CLICKHOUSE'
  /** Two implementations that a benchmark compares produced different results. */
  | 'AIOSCOPE_DISAGREEMENT';

/** A column that one of two streams lacks to be matched by. */
export interface MissingColumn {
  readonly stream: 'submissions' | 'completions';
  readonly column: string;
}

/** A message, or what makes it of the names of the options that it mentions. */
export type Message = string | ((option: (name: string) => string) => string);

/**
 * An error that aioscope throws itself. The message says what failed, where, what was expected, and
 * what to do.
 */
export class AioscopeError extends Error {
  override readonly name = 'AioscopeError';
  readonly code: ErrorCode;
  /** The position in the source, in bytes from its start; undefined if the error has none. */
  readonly byteOffset: number | undefined;
  /** The columns that streams lack, of `AIOSCOPE_UNMATCHABLE`; empty for other codes. */
  readonly lacks: readonly MissingColumn[];
  readonly #message: Message;

  constructor(
    code: ErrorCode,
    message: Message,
    details: { byteOffset?: number; cause?: unknown; lacks?: readonly MissingColumn[] } = {},
  ) {
    const { byteOffset, cause, lacks = [] } = details;
    super(
      worded(message, (name) => name),
      cause === undefined ? undefined : { cause },
    );
    this.#message = message;
    this.code = code;
    this.byteOffset = byteOffset;
    this.lacks = lacks;
  }

  /**
   * Returns the message with the names of options as `option` spells them: the command line calls
   * `kind` `--kind`.
   */
  messageWith(option: (name: string) => string): string {
    return worded(this.#message, option);
  }
}

const worded = (message: Message, option: (name: string) => string): string =>
  typeof message === 'string' ? message : message(option);

/** The message of a thrown value, which need not be an Error. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** What the error of a system call means for whoever named the file, by its code. */
const REASONS: Readonly<Record<string, string | readonly [reading: string, writing: string]>> = {
  ENOENT: ['no such file; check the path', 'no such directory; create it first'],
  ENOTDIR: 'a part of the path is not a directory; check the path',
  EISDIR: 'it is a directory; name a file in it',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine; close some, or raise fs.file-max',
  ENOSPC: 'the disk is full; nothing was kept',
  EDQUOT: 'the disk quota is exceeded; nothing was kept',
  EFBIG: 'the file exceeds the size limit; nothing was kept',
};

/** Says what the error of a system call means; the message of any other error is returned. */
export function reasonOf(thrown: unknown, access: 'reading' | 'writing' = 'reading'): string {
  const { code = '' } = Object(thrown) as { readonly code?: string };
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : messageOf(thrown);
  return typeof reason === 'string' ? reason : reason[access === 'reading' ? 0 : 1];
}

/** The longest part of a user's text that an error quotes. */
const EXCERPT_MAX = 80;

/** Returns a text as an error quotes it: shortened if it is long. */
export const excerpt = (text: string): string =>
  text.length <= EXCERPT_MAX ? text : `${text.slice(0, EXCERPT_MAX - 1)}…`;

/** Any value as an error shows it after `is`; a text in quotes. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return `'${excerpt(value)}'`;
  if (typeof value === 'bigint') return `${value}n`;
  return Object(value) === value ? 'an object' : String(value);
}

/** The error of a value of an option or argument, and what it has to be. */
export const badValue = (name: string, value: unknown, rule: string): AioscopeError =>
  new AioscopeError('AIOSCOPE_OPTION', (option) => `${option(name)} is ${shown(value)}; ${rule}`);

/** The error of an option or argument of a wrong type. */
export const wrongType = (name: string, value: unknown, type: string): AioscopeError =>
  badValue(name, value, `its type is ${type}`);

/** The most names that an error lists: more than any layout of a tracer has. */
const NAMES_MAX = 40;

/** Returns names as an error lists them: the first ones, and how many more there are. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  const first = all.slice(0, NAMES_MAX).map(excerpt).join(', ');
  return all.length <= NAMES_MAX ? first : `${first} and ${all.length - NAMES_MAX} more`;
}
