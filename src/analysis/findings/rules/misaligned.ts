import { EINVAL } from '../../../abi/errno.ts';
import {
  explainsAll,
  isMisaligned,
  judgeAlignment,
  precisionOf,
  recallOf,
  type Verdict,
} from '../alignment.ts';
import { commonPlace } from '../common-place.ts';
import type { DescriptorResults } from '../evidence/descriptor-results.ts';
import { opcodeIn } from '../evidence/request-class.ts';
import type { ResultEvidence } from '../evidence/results.ts';
import type { Facts } from '../facts.ts';
import { bySize, failuresOf, GROUPS_LISTED, groupOf, timesOf } from '../failures.ts';
import type { FindingOf } from '../finding.ts';
import { trustedPairs } from '../pair-trust.ts';

/** Reads and writes that failed with EINVAL, where their alignment separates them from others. */
export function misaligned(facts: Facts): FindingOf<'misaligned'>[] {
  const results = trustedPairs(facts)?.results;
  return results === undefined ? [] : misalignedIn(results, facts);
}

/** What `misaligned` finds in results. */
export function misalignedIn(
  results: ResultEvidence,
  facts: Pick<Facts, 'lookup' | 'place'>,
): FindingOf<'misaligned'>[] {
  if (results.failed[EINVAL] === 0) return [];
  return judgeAlignment(results).map((verdict) => findingOf(verdict, results, facts));
}

function findingOf(
  verdict: Verdict,
  results: ResultEvidence,
  { lookup, place }: Pick<Facts, 'lookup' | 'place'>,
): FindingOf<'misaligned'> {
  const { separation, alike, descriptors } = verdict;
  const { bytes, fields, failed, passed, invalid, aligned, requests } = separation;
  const groups = descriptors
    .flatMap((on) =>
      on.isOther
        ? []
        : [...countByOpcode(verdict, on)].map(([opcode, count]) =>
            groupOf(on, results.hasPids, lookup, { opcode, count, of: on.completed(opcode) }),
          ),
    )
    .sort(bySize);
  const isWhole = groups.reduce((sum, { count }) => sum + count, 0) === failed;
  const isExplained = descriptors.every((on) => explainsAll(verdict, on));
  const failures = failuresOf(
    results,
    ({ errno, opcode }, on) =>
      errno === EINVAL &&
      descriptors.includes(on) &&
      groups.some((group) => group.opcode === opcode),
  );
  return {
    ...{ id: 'misaligned', severity: 'error', count: failed, of: requests },
    where: isWhole ? { ...commonPlace(groups, lookup), ...(isExplained && timesOf(failures)) } : {},
    first: place('io_event', Math.min(...descriptors.map((on) => firstOn(verdict, on)))),
    evidence: {
      ...{ bytes, fields: [...fields], misaligned: failed + passed, invalid, aligned },
      ...{ precision: precisionOf(separation), recall: recallOf(separation) },
      alike: alike.map((each) => ({ bytes: each.bytes, fields: [...each.fields] })),
      groups: groups.slice(0, GROUPS_LISTED),
    },
  };
}

/** The misaligned requests that failed on a descriptor, by opcode. */
function countByOpcode({ separation }: Verdict, { failed }: DescriptorResults) {
  const counts = new Map<number, number>();
  failed?.invalid.forEach((count, cls) => {
    if (count === 0 || isMisaligned(separation, cls) !== true) return;
    counts.set(opcodeIn(cls), (counts.get(opcodeIn(cls)) ?? 0) + count);
  });
  return counts;
}

/** The lowest index of a completion of these requests. */
function firstOn({ separation }: Verdict, { failed }: DescriptorResults): number {
  const indexes = failed?.firstInvalid.filter(
    (index, cls) => index !== Number.POSITIVE_INFINITY && isMisaligned(separation, cls) === true,
  );
  return Math.min(...(indexes ?? []));
}
