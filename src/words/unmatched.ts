// Why submissions have no completion, as far as the records show it.
import type { MatchJson } from '../analysis/match/json.ts';
import { formatDuration, formatQuantity } from './format.ts';

type Figures = Pick<MatchJson, 'by' | 'open' | 'quality' | 'unmatched'>;

/** What is said of submissions that never completed. */
function neverText({ by, open, quality }: Figures): string {
  const age =
    by.order === 'time' && open.oldestNs !== null
      ? `, in flight for up to ${formatDuration(open.oldestNs)} at the end`
      : '';
  return quality.orphans > 0
    ? `that never completed${age}: lost or hung`
    : `that never completed${age}`;
}

/** The classes of `unmatched` in words, as counts and what they count. */
export function unmatchedTexts(figures: Figures): string[] {
  const { unmatched } = figures;
  const cases = [
    [unmatched.refusedByRules, 'that Linux always refuses: check lists the reasons'],
    [unmatched.refusedWithCall, 'refused with the one before in the same call'],
    [unmatched.refusedRetried, 'presumably refused: the same request was submitted again'],
    [
      unmatched.refusedAbandoned,
      'presumably refused: their iocb was submitted with another request, and no record is missing',
    ],
    [unmatched.completionLost, 'whose completion was lost'],
    [unmatched.refusedOrLost, 'refused or lost: their iocb was submitted again'],
    [unmatched.openAtEnd, 'in flight at the end'],
    [unmatched.neverCompleted, neverText(figures)],
  ] as const;
  return cases
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${formatQuantity(count, 'submission')} ${text}`);
}
