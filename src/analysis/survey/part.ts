// What a survey feeds: analyses that see each block of a source once.
import type { ProfileName } from '../../abi/rule.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Reading } from '../../stream/reading.ts';

/** A block of consecutive records, decoded. */
export interface SurveyBlock {
  /** The index of its first record in the source. */
  readonly index: number;
  /** How many of its records met the conditions: the first rows of the decoder's columns. */
  readonly rows: number;
  /** False for the events of a ring that were reaped. */
  readonly isLive: boolean;
}

/** Counts the blocks of one source, or of one range of it. */
export interface SurveyCounter<R> {
  /** Adds the block that the decoder holds. */
  add(block: SurveyBlock): void;
  /**
   * Adds `count` undecoded records at `at` of the decoder's source. Returns false if the block has
   * to be decoded instead. Called only where no other part needs the columns.
   */
  addPacked?(at: number, count: number, isLive: boolean): boolean;
  /** Returns the result, after the last block and before the memory is released. */
  finish(): R;
}

/** What is read. */
export interface SurveyInput {
  readonly reader: RecordReader;
  readonly reading: Reading;
  /** What reports call it. */
  readonly file: string;
  /** The index of its first record in the source that it is a range of. */
  readonly firstRecord: number;
}

/** An analysis, and how to run it elsewhere: the name and options of a part can be cloned. */
export interface PartSpec {
  readonly name: 'summary' | 'report' | 'check' | 'zones';
  readonly options: object;
  /** The kernel whose rules records are checked against as they are decoded. */
  readonly check?: ProfileName | undefined;
}

/** An analysis as a part of a survey. Results of the ranges of a source merge in their order. */
export interface SurveyPart<R> extends PartSpec {
  begin(input: SurveyInput): SurveyCounter<R>;
  /** Returns the state of a result, which can be cloned and is not used any more. */
  stateOf(result: R): unknown;
  /** Adds the state of the next range to the ranges before it, if there are any. */
  join(before: R | undefined, state: unknown): R;
  /**
   * Whether a result that was merged from ranges equals that of the whole. Where a table has
   * overflowed, it may not.
   */
  isExact(result: R): boolean;
}
