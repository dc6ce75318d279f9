// Judges a report by every rule, and ranks what they find.
import type { Facts } from './facts.ts';
import { FINDING_IDS, type Finding, SEVERITIES } from './finding.ts';
import { clamped } from './rules/clamped.ts';
import { emptyInside } from './rules/empty-inside.ts';
import { failed } from './rules/failed.ts';
import { flushOvertaking } from './rules/flush-overtaking.ts';
import { hung } from './rules/hung.ts';
import { lost } from './rules/lost.ts';
import { misaligned } from './rules/misaligned.ts';
import { duplicates, pidsDiffer, timeUnit, twoClocks } from './rules/mismatched.ts';
import { noCompletions } from './rules/no-completions.ts';
import { endOfFile, parkedPolls, ringLap, short } from './rules/notes.ts';
import { nowaitEagain } from './rules/nowait-eagain.ts';
import { overlappingWrites } from './rules/overlapping-writes.ts';
import { refused } from './rules/refused.ts';
import { sharedBuffer } from './rules/shared-buffer.ts';
import { slowSubmit } from './rules/slow-submit.ts';
import { thirtyTwoBit } from './rules/thirty-two-bit.ts';
import { torn } from './rules/torn.ts';

/** A rule: what it finds in a report. */
type Rule = (facts: Facts) => Finding[];

/** All rules. */
const RULES: readonly Rule[] = [
  ...[thirtyTwoBit, failed, misaligned, nowaitEagain, refused, hung, slowSubmit],
  ...[emptyInside, overlappingWrites, clamped, flushOvertaking, sharedBuffer],
  ...[lost, twoClocks, timeUnit, pidsDiffer, duplicates, noCompletions],
  ...[short, endOfFile, parkedPolls, torn, ringLap],
];

/** The most severe first, then in the order of `FINDING_IDS`, then the most frequent first. */
const compare = (a: Finding, b: Finding): number =>
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
  FINDING_IDS.indexOf(a.id) - FINDING_IDS.indexOf(b.id) ||
  b.count - a.count;

/** What matters about a report, ranked. */
export function findingsOf(facts: Facts): Finding[] {
  return RULES.flatMap((rule) => rule(facts)).sort(compare);
}
