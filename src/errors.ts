/** The kind of an error, as `error.code`: the meaning of a code never changes. */
export type ErrorCode =
  /** An option of a call is not one of its values. */
  | 'AIOSCOPE_OPTION'
  /** A layout is not a field list, or its fields clash. */
  | 'AIOSCOPE_LAYOUT'
  /** A layout names no preset. */
  | 'AIOSCOPE_PRESET'
  /** The layout does not have this column. */
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
  /** The value given as a source cannot be read as bytes. */
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
  /** Two implementations that a benchmark compares produced different results. */
  | 'AIOSCOPE_DISAGREEMENT';

/**
 * An error that aioscope throws itself. The message says what failed, where, what was expected, and
 * what to do.
 */
export class AioscopeError extends Error {
  override readonly name = 'AioscopeError';
  readonly code: ErrorCode;
  /** The position in the source, in bytes from its start; undefined if the error has none. */
  readonly byteOffset: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    place: { byteOffset?: number; cause?: unknown } = {},
  ) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    this.code = code;
    this.byteOffset = place.byteOffset;
  }
}

/** The message of a thrown value, which need not be an Error. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
