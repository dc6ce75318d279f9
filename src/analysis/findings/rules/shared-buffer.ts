import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areEnvelopesRight, maySomeBeFalse } from '../pair-trust.ts';
import { placedGroups, placeOfAll } from '../placed-groups.ts';

/**
 * Requests whose buffer overlaps that of an older one in flight in their process, where at least
 * one of both reads: what is in the buffer is then undefined. A warning, since programs that only
 * measure do so on purpose. Nothing is said where pairs may be false, since a program with one
 * buffer would then seem to share it.
 */
export function sharedBuffer(facts: Facts): FindingOf<'shared-buffer'>[] {
  const { pairs, matched, lookup } = facts;
  if (pairs === undefined || matched === undefined || !areEnvelopesRight(matched.figures))
    return [];
  if (maySomeBeFalse(matched.figures)) return [];
  const { buffers, buffered, descriptors } = pairs.flight;
  const { counts } = buffers;
  const { count, first } = counts.total();
  if (count === 0) return [];
  const ownerOf = (group: number) => ({ pid: descriptors.pidOf(group) ?? null });
  const groups = placedGroups(counts, ownerOf).map(({ offsetFrom, offsetTo, ...group }) => ({
    ...group,
    ...(offsetFrom !== undefined && { bufferFrom: offsetFrom }),
    ...(offsetTo !== undefined && { bufferTo: offsetTo }),
  }));
  const { offsetFrom: _, offsetTo: _to, ...where } = placeOfAll(counts, ownerOf, lookup);
  return [
    {
      ...{ id: 'shared-buffer', severity: 'warning', count, of: buffered, where },
      first: facts.place('iocb', first),
      evidence: { processes: counts.groups.size, groups },
    },
  ];
}
