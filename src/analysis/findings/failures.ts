// Groups of failures as findings show them.
import type { NameLookup } from '../../layout/name-lookup.ts';
import { commonPlace } from './common-place.ts';
import type { DescriptorResults } from './evidence/descriptor-results.ts';
import type { FailureGroup } from './evidence/failure-group.ts';
import type { ResultEvidence } from './evidence/results.ts';
import type { FindingPlace } from './finding.ts';
import type { FindingGroup } from './finding-evidence.ts';

/** The groups that a finding lists, the largest ones. */
export const GROUPS_LISTED = 64;

/** Failures, and the descriptor that they were on. */
export interface DescriptorFailures {
  readonly results: DescriptorResults;
  readonly failures: FailureGroup;
}

/** The failures whose descriptor is known. */
export function failuresOf(
  { descriptors }: ResultEvidence,
  isWanted: (failures: FailureGroup, results: DescriptorResults) => boolean,
): DescriptorFailures[] {
  return descriptors.flatMap((results) =>
    results.isOther
      ? []
      : results.groups
          .filter((failures) => isWanted(failures, results))
          .map((failures) => ({ results, failures })),
  );
}

/** A group of records of a descriptor, with its file if that is known. */
export function groupOf(
  { pid, fd }: DescriptorResults,
  hasPids: boolean,
  lookup: NameLookup,
  counts: Pick<FindingGroup, 'opcode' | 'count' | 'of'>,
): FindingGroup {
  const path = lookup.pathsOf(pid, fd | 0)?.only;
  return { pid: hasPids ? pid : null, fd: fd | 0, ...(path !== undefined && { path }), ...counts };
}

/** The largest first. */
export const bySize = (a: FindingGroup, b: FindingGroup): number =>
  b.count - a.count || (a.pid ?? 0) - (b.pid ?? 0) || a.fd - b.fd || a.opcode - b.opcode;

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));

/** When failures were completed. */
export function timesOf(all: readonly DescriptorFailures[]): Pick<FindingPlace, 'from' | 'to'> {
  if (all.length === 0) return {};
  const begins = all.map(({ failures }) => failures.from).sort(ascending);
  const ends = all.map(({ failures }) => failures.to).sort(ascending);
  // Records without times have 0.
  if (ends[ends.length - 1] === 0n) return {};
  return { from: `${begins[0]}`, to: `${ends[ends.length - 1]}` };
}

/** The part of the file that failures are in, if they are on one descriptor. */
function offsetsOf(
  all: readonly DescriptorFailures[],
): Pick<FindingPlace, 'offsetFrom' | 'offsetTo'> {
  const [{ results }] = all;
  const isPlaced = all.every(
    ({ results: other, failures: { count, placed } }) => other === results && placed === count,
  );
  if (!isPlaced) return {};
  const from = Math.min(...all.map(({ failures }) => failures.offsetFrom));
  const to = Math.max(...all.map(({ failures }) => failures.offsetTo));
  return { offsetFrom: `${from}`, ...(!Number.isNaN(to) && { offsetTo: `${to}` }) };
}

/** What failures have in common. `groups` are the same failures. */
export const placeOf = (
  all: readonly DescriptorFailures[],
  groups: readonly FindingGroup[],
  lookup: NameLookup,
): FindingPlace =>
  all.length === 0 ? {} : { ...commonPlace(groups, lookup), ...offsetsOf(all), ...timesOf(all) };

/** The index of the first completion of failures. */
export const firstOf = (all: readonly DescriptorFailures[]): number =>
  Math.min(...all.map(({ failures }) => failures.firstIndex));
