// Which pairs a match counts, if conditions select some of them.
import type { MatchJson } from '../analysis/match/json.ts';
import { formatCount } from './format.ts';

/** How many pairs there are, whatever is selected. */
export const allPairs = ({ matched, selected }: Pick<MatchJson, 'matched' | 'selected'>): number =>
  selected?.of ?? matched;

/** Several conditions as one. */
export const conditionText = (where: readonly string[]): string =>
  where.length === 1 ? where[0] : where.map((each) => `(${each})`).join(' and ');

/** "pairs where latency>1ms: 123 of 45,678"; undefined if all pairs are counted. */
export const selectedText = ({ selected }: Pick<MatchJson, 'selected'>): string | undefined =>
  selected &&
  `pairs where ${conditionText(selected.where)}: ` +
    `${formatCount(selected.pairs)} of ${formatCount(selected.of)}`;
