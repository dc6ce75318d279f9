import type { MatchJson } from '../analysis/match/json.ts';
import { formatCount, formatQuantity } from './format.ts';
import { allPairs } from './selected.ts';

/**
 * How many pairs are false where records were lost: a submission with the completion of a later
 * one, so most of them are among the slowest. Undefined if that is less than one.
 */
export function falsePairText(
  match: Pick<MatchJson, 'matched' | 'quality' | 'selected'>,
): string | undefined {
  const expected = Math.round(match.quality.expectedFalsePairs);
  if (expected < 1) return undefined;
  const are = expected === 1 ? 'is' : 'are';
  const pairs = formatQuantity(allPairs(match), 'pair');
  return (
    `records were lost: about ${formatCount(expected)} of ${pairs} ` +
    `${are} probably false, so p99.9, max and the slowest pairs are unreliable`
  );
}
