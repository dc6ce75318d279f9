import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areTimesRight } from '../pair-trust.ts';

/** Records that a capture lacks. */
export interface LostEvidence {
  /** Completions without a submission, at addresses that were submitted at before. */
  orphans: number;
  /** The estimated shares of submissions and of completions that are missing. */
  lostSubmissions: number;
  lostCompletions: number;
  /** About how many pairs are false. */
  expectedFalsePairs: number;
  pairs: number;
  /** Submissions that were refused or whose completion was lost: nothing shows which. */
  refusedOrLost: number;
  completionLost: number;
  /** Silences in which records were lost, and how long the longest was (ns). */
  silences: number;
  longestSilenceNs: string | null;
}

/**
 * Records were lost: completions have no submission though their addresses were submitted at, or
 * addresses contradict one another across a silence. Completions at addresses that were never
 * submitted at before began before the capture, and are not counted.
 */
export function lost({ match, completions }: Facts): FindingOf<'lost'>[] {
  if (match === undefined || match.mismatches?.some(({ id }) => id === 'two-clocks')) return [];
  const { quality, unmatched, matched, selected } = match;
  const silences = areTimesRight(match) ? quality.silences.filter((silence) => silence.lost) : [];
  if (quality.orphans === 0 && silences.length === 0) return [];
  const longest = silences.reduce((most, { lengthNs }) => {
    const ns = BigInt(lengthNs);
    return ns > most ? ns : most;
  }, 0n);
  const { orphans, lostSubmissions, lostCompletions, expectedFalsePairs } = quality;
  return [
    {
      ...{ id: 'lost', severity: 'warning', count: orphans, of: completions?.records ?? 0 },
      ...{ where: {}, first: null },
      evidence: {
        ...{ orphans, lostSubmissions, lostCompletions, expectedFalsePairs },
        ...{ pairs: selected?.of ?? matched, refusedOrLost: unmatched.refusedOrLost },
        ...{ completionLost: unmatched.completionLost, silences: silences.length },
        longestSilenceNs: silences.length === 0 ? null : longest.toString(),
      },
    },
  ];
}
