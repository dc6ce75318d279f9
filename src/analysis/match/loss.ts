import type { MatchQuality } from './json.ts';
import type { MatchTotals } from './match-totals.ts';
import { silencesJson } from './silences-json.ts';
import { repeatsRequests } from './unmatched-json.ts';

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
  | 'silences'
  | 'counted'
> {
  const { orphans, secondPairs, countsSecond, matched, unmatched } = totals;
  const again = totals.submissions - totals.reuse.addresses;
  const { abandoned, retried } = unmatched.ended;
  const followed = repeatsRequests(totals) ? abandoned + retried : abandoned;
  const [o, u] = [orphanShare(totals), share(followed, again)];
  const lostSubmissions = Math.min(1, share(o, 1 - u));
  const lostCompletions = Math.min(1, share(u, 1 - o));
  const silences = silencesJson(totals.silences);
  return {
    orphans,
    superseded: unmatched.ended.superseded,
    secondPairs,
    lostSubmissions,
    lostCompletions,
    expectedFalsePairs: orphans === 0 ? 0 : lostSubmissions * lostCompletions * matched,
    silences,
    counted: { secondPairs: countsSecond, silences: silences.every(({ lost }) => !lost) },
  };
}

/** Orphans as a share of the completions at addresses seen before. */
export const orphanShare = ({ orphans, completions, begunBefore, repeated }: MatchTotals): number =>
  share(orphans, completions - begunBefore - repeated.completions);

const share = (part: number, whole: number): number => (whole <= 0 ? 0 : part / whole);
