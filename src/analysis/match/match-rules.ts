import type { Repeats } from './repeats.ts';
import type { IndexSet, TimeCut } from './time-cut.ts';

/** How submissions and completions are matched. */
export interface MatchRules {
  /** By time; otherwise the k-th submission with a key belongs to the k-th completion with it. */
  readonly byTime: boolean;
  /** The key is the address of the iocb, otherwise `aio_data`. */
  readonly byAddress: boolean;
  /** Whether the key includes the process, and the context. */
  readonly joinsProcess: boolean;
  readonly joinsContext: boolean;
  /** Indexes of the submissions that were refused; undefined if unknown. */
  readonly refused: IndexSet | undefined;
  readonly cut: TimeCut | undefined;
  /** Finds the records to drop; undefined if none are. */
  readonly repeats: Repeats | undefined;
}
