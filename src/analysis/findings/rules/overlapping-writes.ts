import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areEnvelopesRight, maySomeBeFalse } from '../pair-trust.ts';
import { placedGroups, placeOfAll } from '../placed-groups.ts';

/**
 * Writes of which each overlaps an older one in flight on its descriptor: the program submitted it
 * before it could know that the other had completed, so either may be last on the file. Not judged
 * on descriptors that seem to ignore offsets, as pipes and those with O_APPEND do. Only a warning
 * where descriptors of several processes may be mixed up, or pairs may be false.
 */
export function overlappingWrites(facts: Facts): FindingOf<'overlapping-writes'>[] {
  const { pairs, matched, lookup } = facts;
  if (pairs === undefined || matched === undefined || !areEnvelopesRight(matched.figures))
    return [];
  const { writes, placed, hasPids, empty } = pairs.flight;
  const counts = writes.counts.only((descriptor) => empty.hasPlaces(descriptor));
  const { count, first } = counts.total();
  if (count === 0) return [];
  const ownerOf = (group: number) => pairs.flight.ownerOf(group);
  const isCertain = hasPids && !maySomeBeFalse(matched.figures);
  return [
    {
      ...{ id: 'overlapping-writes', severity: isCertain ? 'error' : 'warning' },
      ...{ count, of: placed },
      where: placeOfAll(counts, ownerOf, lookup),
      first: facts.place('iocb', first),
      evidence: { descriptors: counts.groups.size, groups: placedGroups(counts, ownerOf) },
    },
  ];
}
