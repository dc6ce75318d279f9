import type { EventLog } from './event-log.ts';
import type { InputStream } from './input-stream.ts';
import type { CompletionColumns } from './key-columns.ts';
import type { PairBatch } from './pair-batch.ts';
import type { MatchState } from './state.ts';
import type { TimeCut } from './time-cut.ts';

/**
 * What is doubtful about a pair: 0 nothing; 1 that its submission was set aside when a newer one
 * with its data completed at its address; 2 that it is across a silence.
 */
export type Doubt = 0 | 1 | 2;

/** Where a pair is in the order of its context, and what is known of it. */
export interface PairPlace {
  span: number;
  overtook: number;
  doubt: Doubt;
  /** Whether it is a read or write that succeeded. */
  isIo: boolean;
}

/** The columns that completions are counted from, and the index of the completion in row 0. */
export type CountedColumns = Pick<CompletionColumns, 'ts' | 'res' | 'first'>;

/** The completion of a pair, as 32-bit words. One object is reused for all pairs. */
export class Completion {
  index = 0;
  tsLow = 0;
  tsHigh = 0;
  resLow = 0;
  resHigh = 0;
  res2Low = 0;
  res2High = 0;
  tid = 0;

  /** Reads completion `index`, a row of these columns. */
  read(
    { ts, res, res2, tid }: Pick<CompletionColumns, 'ts' | 'res' | 'res2' | 'tid'>,
    row: number,
    index: number,
  ): void {
    this.index = index;
    this.tsLow = ts[2 * row];
    this.tsHigh = ts[2 * row + 1];
    this.resLow = res[2 * row];
    this.resHigh = res[2 * row + 1];
    this.res2Low = res2[2 * row];
    this.res2High = res2[2 * row + 1];
    this.tid = tid[row];
  }
}

/** Makes an observer of two streams, of which only a range of time may be matched. */
export type CreateObserver = (
  streams: readonly [submissions: InputStream, completions: InputStream],
  cut: TimeCut | undefined,
) => PairObserver;

/** Takes pairs, in the order of completion. */
export interface PairSink {
  /** Whether to call `put` for a pair of about this latency (ns): see `PairPlace.isIo`. */
  accepts(latency: number, isIo: boolean): boolean;
  /** Takes a pair. `completion` is valid during the call. */
  put(
    slot: number,
    submissionIndex: number,
    completion: Completion,
    latency: bigint,
    place: PairPlace,
  ): void;
}

/** Takes the pairs that meet conditions. */
export interface PairTaker {
  /** Takes a batch, which is valid during the call. */
  take(pairs: PairBatch): void;
}

/** What a match has done, in order. Valid during the call. */
export interface MatchEvents {
  /** `EVENT` by `EVENT_SHIFT`. Rows are of the blocks that the streams have now. */
  readonly words: Uint32Array;
  readonly count: number;
  /** What the rows of completions are of. */
  readonly completions: CountedColumns;
}

/**
 * Sees every record and every pair as words, to count what matching itself does not. With
 * conditions on pairs, only `take` is called.
 */
export interface PairObserver extends PairTaker {
  /** Makes the log of what it observes. A match that nobody observes has none to load. */
  logOf(state: MatchState, streams: readonly [InputStream, InputStream]): EventLog;
  /** Takes the next events. There are none of second pairs. */
  observe(events: MatchEvents): void;
}
