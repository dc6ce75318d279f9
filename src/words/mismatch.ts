import type { MatchJson } from '../analysis/match/json.ts';
import type { Mismatch } from '../analysis/match/mismatch.ts';
import { formatDuration, formatQuantity, formatShare } from './format.ts';

type MismatchOf<Id extends Mismatch['id']> = Extract<Mismatch, { id: Id }>;

const UNITS = { us: 'microseconds', ms: 'milliseconds' } as const;

/** A share between 0 and 1 as a percentage. */
const percent = (share: number): string => formatShare(Math.round(1000 * share), 1000);

function clocksText({ offset, known }: MismatchOf<'two-clocks'>): string {
  const ns = BigInt(offset);
  const far = formatDuration(ns < 0n ? -ns : ns);
  return (
    'submissions and completions were probably timed by two clocks: the completions begin ' +
    `${far} ${ns < 0n ? 'earlier' : 'later'}, yet ${percent(known)} of the first ones are at ` +
    'addresses that were submitted; pairs are guesses until the option clock-offset bridges ' +
    'the clocks: auto estimates it'
  );
}

function unitText({ unit, p50 }: MismatchOf<'time-unit'>): string {
  const short = `half of the requests took ${p50} or less`;
  return unit === null
    ? `times are not in nanoseconds: ${short}; give their unit with the option ts-unit`
    : `times are not in nanoseconds, but probably in ${UNITS[unit]}: ${short}; ` +
        `the option ts-unit ${unit} converts them`;
}

function mismatchText(mismatch: Mismatch): string {
  switch (mismatch.id) {
    case 'two-clocks':
      return clocksText(mismatch);
    case 'time-unit':
      return unitText(mismatch);
    case 'duplicates':
      return (
        `everything was probably recorded twice: ${percent(mismatch.submissions)} of the first ` +
        `submissions and ${percent(mismatch.completions)} of the first completions repeat the ` +
        'one before at their address; the option dedupe drops the repeats'
      );
    case 'pids-differ':
      return (
        'the process IDs of completions are not those of submissions (some tracers record the ' +
        'task that was interrupted): matched by address alone'
      );
  }
}

/** What was done to the times and records before they were matched. */
export function mendingTexts({ by, quality }: Pick<MatchJson, 'by' | 'quality'>): string[] {
  const { tsUnit, clockOffsetNs, clockSpreadNs, dedupe } = by;
  const { submissions, completions } = quality.repeated;
  const margin = formatDuration(Math.round(Number(clockSpreadNs ?? 0) / 2));
  const spread =
    clockSpreadNs === undefined
      ? ''
      : `, an estimate: any offset within ±${margin} of it fits as well, so every latency may be ` +
        `off by ${margin}`;
  const dropped = [
    formatQuantity(submissions, 'submission'),
    formatQuantity(completions, 'completion'),
  ].join(' and ');
  return [
    ...(tsUnit === undefined ? [] : [`times were converted from ${UNITS[tsUnit]}`]),
    ...(clockOffsetNs === undefined
      ? []
      : [`${clockOffsetNs} ns were added to the times of completions${spread}`]),
    ...(dedupe ? [`${dropped} that repeat the one before them were dropped`] : []),
  ];
}

/** What does not fit in the envelopes of two streams, in sentences. */
export const mismatchTexts = ({ mismatches = [] }: Pick<MatchJson, 'mismatches'>): string[] =>
  mismatches.map(mismatchText);

/** Whether pairs are found by times that cannot be compared. */
export const arePairsGuesses = ({ mismatches = [] }: Pick<MatchJson, 'mismatches'>): boolean =>
  mismatches.some(({ id }) => id === 'two-clocks');
