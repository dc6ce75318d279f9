import type { MatchEvents, PairTaker } from '../../match/pair-sink.ts';

/**
 * Counts one kind of evidence as requests enter and leave flight. With conditions on pairs only
 * `take` is called, for the pairs that meet them.
 */
export interface EvidencePart extends PairTaker {
  /** Takes what requests have done next. */
  observe(events: MatchEvents): void;
}
