// What records have in common: process, descriptor, file, opcode.
import type { Facts } from './facts.ts';
import type { FindingPlace } from './finding.ts';

interface Located {
  readonly pid?: number | null | undefined;
  readonly fd?: number | undefined;
  readonly opcode?: number | undefined;
}

/** The only value of a list; undefined if there are several or none. */
function only<T>(values: readonly T[]): T | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}

/** The names that a trace has for a process and a descriptor, the latest of each. */
export function namesAt(
  { lookup }: Pick<Facts, 'lookup'>,
  pid: number | null | undefined,
  fd?: number,
): Pick<FindingPlace, 'comm' | 'path'> {
  const comm = lookup.comms(pid ?? 0).at(-1);
  const path = fd === undefined ? undefined : lookup.paths(pid ?? 0, fd).at(-1);
  return { ...(comm !== undefined && { comm }), ...(path !== undefined && { path }) };
}

/** What all of these have in common. */
export function commonPlace(facts: Facts, groups: readonly Located[]): FindingPlace {
  const pid = only(groups.map((group) => group.pid ?? undefined));
  const fd = only(groups.map((group) => group.fd));
  const opcode = only(groups.map((group) => group.opcode));
  // Without a process, its number is 0 in every group.
  const hasPid = pid !== undefined && facts.inputs.some(({ layout }) => /(^|,)pid:/.test(layout));
  return {
    ...(hasPid && { pid }),
    ...(fd !== undefined && { fd }),
    ...(opcode !== undefined && { opcode }),
    ...namesAt(facts, pid, fd),
  };
}
