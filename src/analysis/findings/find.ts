// Judges a report by every rule, and ranks what they find.
import type { Facts } from './facts.ts';
import { FINDING_IDS, type Finding, SEVERITIES } from './finding.ts';
import { clamped } from './rules/clamped.ts';
import { emptyInside } from './rules/empty-inside.ts';
import { flushOvertaking } from './rules/flush-overtaking.ts';
import { overlappingWrites } from './rules/overlapping-writes.ts';
import { sharedBuffer } from './rules/shared-buffer.ts';
import { torn } from './rules/torn.ts';

/** A rule: what it finds in a report. */
export type Rule = (facts: Facts) => Finding[];

/** All rules. */
const RULES: readonly Rule[] = [
  ...[torn],
  ...[emptyInside, overlappingWrites, clamped, flushOvertaking, sharedBuffer],
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
