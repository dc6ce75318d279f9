import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areEnvelopesRight } from '../pair-trust.ts';
import { placedGroups, placeOfAll } from '../placed-groups.ts';

/**
 * Requests that moved 0x7ffff000 bytes, the most that the kernel moves, where more was asked. Of
 * vectored requests only the result shows it, and not how much was asked.
 */
export function clamped(facts: Facts): FindingOf<'clamped'>[] {
  const { pairs, matched, lookup } = facts;
  if (pairs === undefined || matched === undefined || !areEnvelopesRight(matched.figures))
    return [];
  const { succeeded } = pairs.flight;
  const { counts, bytesNotMoved, vectored } = pairs.flight.clamped;
  const { count, first } = counts.total();
  if (count === 0) return [];
  const ownerOf = (group: number) => pairs.flight.ownerOf(group);
  return [
    {
      ...{ id: 'clamped', severity: 'warning', count, of: succeeded[0] + succeeded[1] },
      where: placeOfAll(counts, ownerOf, lookup),
      first: facts.place('iocb', first),
      evidence: {
        ...{ bytesNotMoved: String(bytesNotMoved), vectored },
        groups: placedGroups(counts, ownerOf),
      },
    },
  ];
}
