import type { MatchJson } from '../analysis/match/json.ts';
import type { Mismatch } from '../analysis/match/mismatch.ts';
import { formatDuration, formatShare } from './format.ts';

const UNITS = { us: 'microseconds', ms: 'milliseconds' } as const;

function mismatchText(mismatch: Mismatch): string {
  if (mismatch.id === 'two-clocks') {
    const ns = BigInt(mismatch.offset);
    const far = formatDuration(ns < 0n ? -ns : ns);
    const share = formatShare(Math.round(1000 * mismatch.known), 1000);
    return (
      'submissions and completions were probably timed by two clocks: the completions begin ' +
      `${far} ${ns < 0n ? 'earlier' : 'later'}, yet ${share} of the first ones are at addresses ` +
      'that were submitted; pairs are guesses until both are recorded with one clock'
    );
  }
  if (mismatch.id === 'time-unit') {
    const probably = mismatch.unit === null ? '' : `, but probably in ${UNITS[mismatch.unit]}`;
    return (
      `times are not in nanoseconds${probably}: half of the requests took ` +
      `${mismatch.p50} or less; convert ts to nanoseconds`
    );
  }
  return (
    'the process IDs of completions are not those of submissions (some tracers record the task ' +
    'that was interrupted): matched by address alone'
  );
}

/** What does not fit in the envelopes of two streams, in sentences. */
export const mismatchTexts = ({ mismatches = [] }: Pick<MatchJson, 'mismatches'>): string[] =>
  mismatches.map(mismatchText);

/** Whether times can be compared: no duration, rate or latency means anything otherwise. */
export const areTimesRight = ({ mismatches = [] }: Pick<MatchJson, 'mismatches'>): boolean =>
  mismatches.every(({ id }) => id === 'pids-differ');

/** Whether pairs are found by times that cannot be compared. */
export const arePairsGuesses = ({ mismatches = [] }: Pick<MatchJson, 'mismatches'>): boolean =>
  mismatches.some(({ id }) => id === 'two-clocks');
