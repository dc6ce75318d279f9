import type { CountedColumns, PairTaker } from '../../match/pair-sink.ts';

/**
 * Counts one kind of evidence as requests enter and leave flight. With conditions on pairs only
 * `take` is called, for the pairs that meet them.
 */
export interface EvidencePart extends PairTaker {
  /** Row `row` of the submissions, whose index is `index`, is now in flight in slot `slot`. */
  opened(slot: number, row: number, index: number): void;
  /** The request in a slot has completed, as row `row` of these columns. */
  settled(slot: number, completions: CountedColumns, row: number, index: number): void;
  /** The request in a slot left flight without a completion. */
  left(slot: number): void;
}
