import { commonPlace, located } from '../common-place.ts';
import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areTimesRight } from '../pair-trust.ts';

/** Requests in flight for too long. */
export interface HungEvidence {
  /** They are older than this: one second and 100 times the 99th percentile (ns). */
  fromNs: string;
  oldestNs: string | null;
  /** Most first. */
  groups: {
    pid: number | null;
    fd: number;
    path?: string;
    opcode: number;
    count: number;
    oldestNs: string | null;
  }[];
  /** About how many completions the capture has lost, so that a request only seems to hang. */
  completionsLost: number;
}

/** So many more requests than completions were lost, by chance, have hung for certain. */
const LOST_TIMES = 2;

/**
 * Requests without a completion for longer than one second and than 100 times the 99th percentile:
 * the time within which a healthy device answers is that of the others. An error, unless the
 * capture has lost about as many completions.
 */
export function hung(facts: Facts): FindingOf<'hung'>[] {
  const { match, submissions } = facts;
  if (match === undefined || match.open.hung.count === 0 || !areTimesRight(match)) return [];
  const { hung: found, byFd } = match.open;
  const groups = byFd
    .filter((group) => group.hung > 0)
    .map(({ pid, fd, opcode, hung: count, oldestNs }) =>
      located(facts, { pid, fd, opcode, count, oldestNs }),
    );
  const { quality } = match;
  const all = submissions?.records ?? 0;
  const completionsLost = quality.orphans === 0 ? 0 : Math.round(quality.lostCompletions * all);
  const severity = found.count > LOST_TIMES * completionsLost ? 'error' : 'warning';
  const { oldestNs } = match.open;
  return [
    {
      ...{ id: 'hung', severity, count: found.count, of: all },
      ...{ where: commonPlace(groups, facts.lookup), first: null },
      evidence: { fromNs: found.fromNs, oldestNs, groups, completionsLost },
    },
  ];
}
