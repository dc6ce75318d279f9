import type { PairEvidence } from './evidence/pair-evidence.ts';
import type { Facts } from './facts.ts';

/** What pairs show; undefined if there are none, or if they are guesses. */
export function trustedPairs({ pairs, matched }: Facts): PairEvidence | undefined {
  const isGuessed = matched?.figures.mismatches?.some(({ id }) => id === 'two-clocks');
  return isGuessed ? undefined : pairs;
}
