import type { MatchFigures } from '../../report/matched.ts';
import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import type { FlushGroup } from '../finding-evidence.ts';
import { areEnvelopesRight, maySomeBeFalse } from '../pair-trust.ts';

/** The busiest descriptors that evidence lists. */
const GROUPS_SHOWN = 16;

/**
 * Whether writes may only seem to be in flight: they were refused, or their completion was lost.
 * Those without a completion at the end were in flight.
 */
function maySomeBeGone({ unmatched, by }: MatchFigures): boolean {
  const { refusedWithCall, refusedRetried, refusedAbandoned, completionLost, refusedOrLost } =
    unmatched;
  const refused = by.refusedKnown ? 0 : refusedWithCall + refusedRetried + refusedAbandoned;
  return refused + completionLost + refusedOrLost > 0;
}

/**
 * Flushes that were submitted while writes were in flight on their descriptor: these writes need
 * not be on stable storage when the flush completes.
 */
export function flushOvertaking({ matched, lookup }: Facts): FindingOf<'flush-overtaking'>[] {
  const figures = matched?.figures;
  if (figures === undefined || !figures.fsync || figures.fsync.overtaking === 0) return [];
  if (!areEnvelopesRight(figures) || maySomeBeFalse(figures) || maySomeBeGone(figures)) return [];
  const { count, overtaking, writesInFlight } = figures.fsync;
  const groups = figures.byFd
    .filter(({ fsync }) => fsync.overtaking > 0)
    .sort((a, b) => b.fsync.overtaking - a.fsync.overtaking)
    .map(({ pid, fd, fsync }): FlushGroup => {
      const path = lookup.pathsOf(pid, fd)?.only;
      return {
        ...{ pid, fd, ...(path !== undefined && { path }) },
        ...{ count: fsync.overtaking, of: fsync.count, writesInFlight: fsync.writesInFlight },
      };
    });
  const [first] = groups;
  const { pid, fd, path } = first ?? {};
  const isOneProcess = groups.every((group) => group.pid === pid);
  const comm = pid === undefined ? undefined : lookup.commsOf(pid)?.only;
  return [
    {
      ...{ id: 'flush-overtaking', severity: 'warning', count: overtaking, of: count },
      where: {
        ...(first && isOneProcess && { pid, ...(comm !== undefined && { comm }) }),
        ...(groups.length === 1 && { fd, ...(path !== undefined && { path }) }),
      },
      first: null,
      evidence: {
        ...{ writesInFlight, descriptors: groups.length },
        groups: groups.slice(0, GROUPS_SHOWN),
      },
    },
  ];
}
