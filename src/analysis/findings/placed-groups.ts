// Where the requests of a finding are, by descriptor or process.
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { PlacedCount, PlacedCounts } from './evidence/placed-count.ts';
import type { FindingPlace } from './finding.ts';
import type { PlacedGroup } from './finding-evidence.ts';

/** The busiest groups that evidence lists. */
const GROUPS_SHOWN = 16;

/** What identifies a group. */
export interface GroupOwner {
  readonly pid: number | null;
  readonly fd?: number;
  readonly path?: string;
}

/** The ranges that hold all requests of a count. */
function rangesOf({ offsetFrom, offsetTo, from, to }: PlacedCount) {
  // Requests that append have no place.
  const isPlaced = offsetFrom < offsetTo;
  return {
    ...(isPlaced && { offsetFrom: String(offsetFrom), offsetTo: String(offsetTo) }),
    from: String(from),
    to: String(to),
  };
}

/** The groups of counts, the busiest first, and how many others there are. */
export function placedGroups(
  { groups }: PlacedCounts,
  ownerOf: (group: number) => GroupOwner,
): PlacedGroup[] {
  return [...groups]
    .filter(([, { count }]) => count > 0)
    .sort(([a, one], [b, other]) => other.count - one.count || a - b)
    .slice(0, GROUPS_SHOWN)
    .map(([group, count]) => ({ ...ownerOf(group), count: count.count, ...rangesOf(count) }));
}

/** What all requests of counts have in common. */
export function placeOfAll(
  counts: PlacedCounts,
  ownerOf: (group: number) => GroupOwner,
  lookup: NameLookup,
): FindingPlace {
  const owners = [...counts.groups.keys()].map(ownerOf);
  const [first] = owners;
  const isOf = <K extends keyof GroupOwner>(name: K) =>
    counts.other.count === 0 && owners.every((owner) => owner[name] === first[name]);
  const { pid, fd, path } = first;
  const comm = pid === null ? undefined : lookup.commsOf(pid)?.only;
  const isOneFile = isOf('pid') && isOf('fd');
  const { offsetFrom, offsetTo, ...times } = rangesOf(counts.total());
  return {
    ...(isOf('pid') && pid !== null && { pid, ...(comm !== undefined && { comm }) }),
    ...(isOneFile &&
      fd !== undefined && { fd, ...(path !== undefined && isOf('path') && { path }) }),
    ...((isOneFile || fd === undefined) &&
      isOf('pid') &&
      offsetFrom !== undefined && { offsetFrom, offsetTo }),
    ...times,
  };
}
