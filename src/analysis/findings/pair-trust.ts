// How far pairs may be trusted.
import type { MatchFigures } from '../report/matched.ts';

/** Mismatches under which pairs show neither what completed nor what was in flight at once. */
const MISLEADING = ['two-clocks', 'duplicates'] as const;

/** Whether pairs show which requests completed, and which were in flight at once. */
export const areEnvelopesRight = ({ mismatches = [] }: MatchFigures): boolean =>
  !mismatches.some(({ id }) => MISLEADING.some((each) => each === id));

/** False pairs that a match may hold without a warning of it. */
const FALSE_PAIRS_MAX = 1;

/**
 * Whether some pairs are probably false since records were lost: their submissions then seem to be
 * in flight for longer than they were.
 */
export const maySomeBeFalse = ({ quality }: MatchFigures): boolean =>
  quality.expectedFalsePairs >= FALSE_PAIRS_MAX || quality.silences.some(({ lost }) => lost);
