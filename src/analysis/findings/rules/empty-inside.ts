import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areEnvelopesRight, maySomeBeFalse } from '../pair-trust.ts';
import { placedGroups, placeOfAll } from '../placed-groups.ts';

/**
 * Reads that moved nothing below bytes which an earlier request had moved before they were
 * submitted: not the end of the file, unless it was made shorter.
 */
export function emptyInside(facts: Facts): FindingOf<'empty-inside'>[] {
  const { pairs, matched, lookup } = facts;
  if (pairs === undefined || matched === undefined || !areEnvelopesRight(matched.figures))
    return [];
  const { empty, succeeded, hasPids } = pairs.flight;
  const { counts, endsBefore } = empty;
  const { count, first } = counts.total();
  if (count === 0) return [];
  const ownerOf = (group: number) => pairs.flight.ownerOf(group);
  const isCertain = hasPids && !maySomeBeFalse(matched.figures);
  return [
    {
      ...{ id: 'empty-inside', severity: isCertain ? 'error' : 'warning' },
      ...{ count, of: succeeded[0] },
      where: placeOfAll(counts, ownerOf, lookup),
      first: facts.place('iocb', first),
      evidence: {
        endBefore: String(Math.max(0, ...endsBefore.values())),
        descriptors: counts.groups.size,
        groups: placedGroups(counts, ownerOf),
      },
    },
  ];
}
