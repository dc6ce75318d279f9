/** What went wrong, for programs: `error.code` is one of these and never changes its meaning. */
export type ErrorCode =
  /** An option of a call is not one of its values. */
  | 'AIOSCOPE_OPTION'
  /** A layout is not a field list, or its fields clash. */
  | 'AIOSCOPE_LAYOUT'
  /** A layout is named after no preset. */
  | 'AIOSCOPE_PRESET'
  /** A column is asked for that the layout does not have. */
  | 'AIOSCOPE_COLUMN'
  /** A value does not fit where it should go. */
  | 'AIOSCOPE_RANGE'
  /** A batch, or a cursor over it, is used after the step that made it stale. */
  | 'AIOSCOPE_STALE'
  /** The engine asked for does not run here. */
  | 'AIOSCOPE_ENGINE'
  /** What a source holds is not said, and not recognized. */
  | 'AIOSCOPE_UNKNOWN'
  /** Submissions and completions lack what they would be matched by. */
  | 'AIOSCOPE_UNMATCHABLE'
  /** The bytes are no ring image. */
  | 'AIOSCOPE_RING'
  /** What was given as a source cannot be read as bytes. */
  | 'AIOSCOPE_SOURCE'
  /** A source failed while it was read. */
  | 'AIOSCOPE_READ'
  /** A compressed source is corrupt or ends too early. */
  | 'AIOSCOPE_COMPRESSION'
  /** A file ended before the size it had when it was opened. */
  | 'AIOSCOPE_SHRANK'
  /** A worker could not be started, or died before its job was done. */
  | 'AIOSCOPE_WORKER'
  /** A package that is optional is needed, and is not installed or does not run here. */
  | 'AIOSCOPE_PEER'
  /** Two ways to decode the same records, which a bench compares, give different results. */
  | 'AIOSCOPE_DISAGREEMENT';

/** Every error that aioscope throws on its own account. The message says what, where, what was expected and what to do. */
export class AioscopeError extends Error {
  override readonly name = 'AioscopeError';
  readonly code: ErrorCode;
  /** Where in the source, in bytes from its start, when the error has a place. */
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

/** The text of whatever was thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
