import type { MatchQuality } from './json.ts';
import type { MatchTotals } from './match-totals.ts';

/** What the records without a counterpart tell of the records that were lost. */
export function lossOf(
  totals: MatchTotals,
): Pick<
  MatchQuality,
  | 'orphans'
  | 'superseded'
  | 'secondPairs'
  | 'lostSubmissions'
  | 'lostCompletions'
  | 'expectedFalsePairs'
  | 'counted'
> {
  const { orphans, superseded, secondPairs, countsSecond, matched } = totals;
  const completed = totals.completions - totals.begunBefore - totals.repeated.completions;
  const again = totals.submissions - totals.reuse.addresses;
  const [o, u] = [share(orphans, completed), share(superseded, again)];
  const lostSubmissions = Math.min(1, share(o, 1 - u));
  const lostCompletions = Math.min(1, share(u, 1 - o));
  return {
    orphans,
    superseded,
    secondPairs,
    lostSubmissions,
    lostCompletions,
    expectedFalsePairs: orphans === 0 ? 0 : lostSubmissions * lostCompletions * matched,
    counted: { secondPairs: countsSecond },
  };
}

const share = (part: number, whole: number): number => (whole <= 0 ? 0 : part / whole);
