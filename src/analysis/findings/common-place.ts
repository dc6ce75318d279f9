import type { NameLookup } from '../../layout/name-lookup.ts';
import type { Facts } from './facts.ts';
import type { FindingPlace } from './finding.ts';
import type { FindingGroup } from './finding-evidence.ts';

/** The only value of all; undefined if they differ. */
function common<T>(values: readonly T[]): T | undefined {
  const [first, ...others] = values;
  return others.every((value) => value === first) ? first : undefined;
}

/** What groups have in common. */
export function commonPlace(
  groups: readonly Pick<FindingGroup, 'pid' | 'fd' | 'path' | 'opcode'>[],
  lookup: NameLookup,
): FindingPlace {
  const pid = common(groups.map((group) => group.pid)) ?? undefined;
  const comm = pid === undefined ? undefined : lookup.commsOf(pid)?.only;
  const fd =
    pid === undefined && groups.some((group) => group.pid !== null)
      ? undefined
      : common(groups.map((group) => group.fd));
  const path = common(groups.map((group) => group.path));
  const opcode = common(groups.map((group) => group.opcode));
  return {
    ...(pid !== undefined && { pid }),
    ...(comm !== undefined && { comm }),
    ...(fd !== undefined && { fd }),
    ...(path !== undefined && { path }),
    ...(opcode !== undefined && { opcode }),
  };
}

/** Whether submissions have processes: without any, their number is 0 everywhere. */
const havePids = ({ inputs }: Pick<Facts, 'inputs'>): boolean =>
  inputs.some(({ layout }) => /(^|,)pid:/.test(layout));

/** A group of a descriptor as findings have it: with the file if only one is known. */
export function located<G extends { readonly pid: number | null; readonly fd: number }>(
  { lookup, ...facts }: Pick<Facts, 'inputs' | 'lookup'>,
  group: G,
): G & { pid: number | null; path?: string } {
  const path = lookup.pathsOf(group.pid ?? 0, group.fd)?.only;
  const pid = havePids(facts) ? group.pid : null;
  return { ...group, pid, ...(path !== undefined && { path }) };
}
