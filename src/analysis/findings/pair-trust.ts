// How far pairs may be trusted.
import type { MatchFigures } from '../report/matched.ts';
import type { PairEvidence } from './evidence/pair-evidence.ts';
import type { Facts } from './facts.ts';

/** Mismatches under which pairs show neither what completed nor what was in flight at once. */
const MISLEADING = ['two-clocks', 'duplicates'] as const;

/** Whether pairs show which requests completed, and which were in flight at once. */
export const areEnvelopesRight = ({ mismatches = [] }: MatchFigures): boolean =>
  !mismatches.some(({ id }) => MISLEADING.some((each) => each === id));

/** Whether times can be compared: no duration or age means anything otherwise. */
export const areTimesRight = ({ mismatches = [] }: Pick<MatchFigures, 'mismatches'>): boolean =>
  mismatches.every(({ id }) => id === 'pids-differ');

/** False pairs that a match may hold without a warning of it. */
const FALSE_PAIRS_MAX = 1;

/**
 * Whether some pairs are probably false since records were lost: their submissions then seem to be
 * in flight for longer than they were.
 */
export const maySomeBeFalse = ({ quality }: MatchFigures): boolean =>
  quality.expectedFalsePairs >= FALSE_PAIRS_MAX || quality.silences.some(({ lost }) => lost);

/** What pairs show; undefined without pairs, or if they are guesses. */
export function trustedPairs({ pairs, matched }: Facts): PairEvidence | undefined {
  const isGuessed = matched?.figures.mismatches?.some(({ id }) => id === 'two-clocks');
  return isGuessed ? undefined : pairs;
}
