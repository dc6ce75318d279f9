// Why submissions have no completion, as far as the records show it.
import type { MatchJson } from '../analysis/match/json.ts';
import { formatDuration, formatQuantity } from './format.ts';

type Figures = Pick<MatchJson, 'by' | 'open' | 'quality' | 'unmatched'>;

/** What is said of submissions that never completed. */
function neverText({ by, open, quality }: Figures): string {
  const age =
    by.order === 'time' && open.oldestNs !== null
      ? ` (up to ${formatDuration(open.oldestNs)})`
      : '';
  const text = `had not completed by the end, in flight for longer than the slowest pair${age}`;
  return quality.orphans > 0 ? `${text}: hung, or their completion was lost` : text;
}

/** The classes of `unmatched` in words, as counts and what they count. */
export function unmatchedTexts(figures: Figures): string[] {
  const { unmatched } = figures;
  const cases = [
    [unmatched.refusedByRules, 'that Linux always refuses: check lists the reasons'],
    [
      unmatched.refusedWithCall,
      'presumably refused: submitted in the same call after one that Linux always refuses',
    ],
    [unmatched.refusedRetried, 'presumably refused: the same request was submitted again'],
    [
      unmatched.refusedAbandoned,
      'presumably refused: their iocb was submitted again with another request, and no record ' +
        'seems to be missing',
    ],
    [unmatched.completionLost, 'whose completion was lost'],
    [unmatched.refusedOrLost, 'refused or lost: their iocb was submitted again'],
    [unmatched.openAtEnd, 'in flight at the end'],
    [unmatched.neverCompleted, `that ${neverText(figures)}`],
  ] as const;
  return cases
    .filter(([count]) => count > 0)
    .map(([count, text]) => `${formatQuantity(count, 'submission')} ${text}`);
}
