import { EAGAIN, ECANCELED, EINVAL } from '../../../abi/errno.ts';
import { errnoName } from '../../../abi/name.ts';
import { IOCB_CMD_POLL } from '../../../abi/opcode.ts';
import { isRead, isWrite } from '../../match/outcome.ts';
import { explainsAll, judgeAlignment } from '../alignment.ts';
import type { DescriptorResults } from '../evidence/descriptor-results.ts';
import type { ResultEvidence } from '../evidence/results.ts';
import type { Facts } from '../facts.ts';
import { type Cells, regionOf } from '../failed-region.ts';
import {
  bySize,
  type DescriptorFailures,
  failuresOf,
  firstOf,
  GROUPS_LISTED,
  groupOf,
  placeOf,
} from '../failures.ts';
import type { FindingOf } from '../finding.ts';
import type { FailedRegion } from '../finding-evidence.ts';
import { trustedPairs } from '../pair-trust.ts';

/** Requests that failed: one finding per errno. Those that `misaligned` explains are left to it. */
export function failed(facts: Facts): FindingOf<'failed'>[] {
  const pairs = trustedPairs(facts)?.results;
  return pairs === undefined ? failedCompletions(facts) : failedPairs(facts, pairs);
}

/** Without submissions it is not known what failed. */
function failedCompletions({ completions, place }: Facts): FindingOf<'failed'>[] {
  const { errors, records } = completions ?? { errors: [], records: 0 };
  return errors.map(({ errno, name, count, firstIndex }) => ({
    ...{ id: 'failed', severity: 'error', count, of: records, where: {} },
    first: place('io_event', firstIndex),
    evidence: { errno, name, groups: [], other: count, regions: [] },
  }));
}

function failedPairs(facts: Facts, results: ResultEvidence): FindingOf<'failed'>[] {
  const explained = explainedBy(results);
  const others = failedWithoutSubmission(facts, results);
  return [...results.failed].flatMap((paired, errno) => {
    const other = others.get(errno)?.count ?? 0;
    if (paired + other === 0) return [];
    const isExplained = (opcode: number, on: DescriptorResults) =>
      errno === EINVAL && (isRead(opcode) || isWrite(opcode)) && explained.has(on);
    const ofErrno = failuresOf(results, (group) => group.errno === errno && !group.isNowait);
    const shown = ofErrno.filter(({ failures, results: on }) => !isExplained(failures.opcode, on));
    const left = sum(ofErrno) - sum(shown);
    const count = paired + other - left;
    return count === 0 ? [] : [findingOf(facts, results, errno, shown, count)];
  });
}

const sum = (all: readonly DescriptorFailures[]): number =>
  all.reduce((count, { failures }) => count + failures.count, 0);

/** The descriptors whose EINVALs of reads and writes are all explained by their alignment. */
function explainedBy(results: ResultEvidence): Set<DescriptorResults> {
  if (results.failed[EINVAL] === 0) return new Set();
  const verdicts = judgeAlignment(results);
  return new Set(
    results.descriptors.filter((on) => verdicts.some((verdict) => explainsAll(verdict, on))),
  );
}

/**
 * Completions that failed and have no submission. If pairs have EAGAIN of RWF_NOWAIT, or POLLs, a
 * completion with EAGAIN or ECANCELED may be none of them.
 */
function failedWithoutSubmission(
  { completions, matched, selected }: Facts,
  results: ResultEvidence,
): Map<number, { readonly count: number; readonly firstIndex: number }> {
  const unmatched = selected === undefined ? (matched?.figures.unmatchedCompletions ?? 0) : 0;
  const hasPolls = results.descriptors.some((on) => on.completed(IOCB_CMD_POLL) > 0);
  const isDoubtful = (errno: number) =>
    (errno === EAGAIN && results.nowaitFailed > 0) || (errno === ECANCELED && hasPolls);
  return new Map(
    (completions?.errors ?? []).flatMap(({ errno, count, firstIndex }) => {
      const rest = Math.min(unmatched, count - results.failed[errno]);
      return rest <= 0 || isDoubtful(errno) ? [] : [[errno, { count: rest, firstIndex }]];
    }),
  );
}

function findingOf(
  { completions, selected, lookup, place }: Facts,
  results: ResultEvidence,
  errno: number,
  failures: readonly DescriptorFailures[],
  count: number,
): FindingOf<'failed'> {
  const groups = failures
    .map(({ results: on, failures: { opcode, count: own } }) =>
      groupOf(on, results.hasPids, lookup, { opcode, count: own, of: on.completed(opcode) }),
    )
    .sort(bySize);
  const other = count - sum(failures);
  const index =
    other > 0
      ? completions?.errors.find((error) => error.errno === errno)?.firstIndex
      : firstOf(failures);
  const regions = [...new Set(failures.map(({ results: on }) => on))].flatMap(
    (on) => failedRegion(on, failures, results.hasPids) ?? [],
  );
  return {
    ...{ id: 'failed', severity: 'error', count },
    of: selected === undefined ? (completions?.records ?? 0) : results.completed,
    where: other > 0 ? {} : placeOf(failures, groups, lookup),
    first: index === undefined ? null : place('io_event', index),
    evidence: {
      ...{ errno, name: errnoName(errno), groups: groups.slice(0, GROUPS_LISTED) },
      other: other + groups.slice(GROUPS_LISTED).reduce((all, group) => all + group.count, 0),
      regions: regions.slice(0, GROUPS_LISTED),
    },
  };
}

/** Where on the file of a descriptor failures lie together; undefined if they do not. */
function failedRegion(
  on: DescriptorResults,
  all: readonly DescriptorFailures[],
  hasPids: boolean,
): FailedRegion | undefined {
  const own = all.filter(({ results, failures }) => results === on && failures.placed > 0);
  const failures = own.map((each) => each.failures);
  if (failures.length === 0) return undefined;
  const { from, step } = on.axis.toJSON();
  const lists = failures.map(({ cells }) => on.axis.listOf(cells, 0));
  const directions = [isRead, isWrite].flatMap((isSuch, counter) =>
    failures.some(({ opcode }) => isSuch(opcode)) ? [on.axis.listOf(on.requests, counter)] : [],
  );
  const cells: Cells = {
    ...{ first: Number(BigInt(from) / BigInt(step)), width: BigInt(step) },
    ...{ requests: added(directions), failures: added(lists) },
  };
  const region = regionOf(cells);
  if (region === undefined) return undefined;
  const { isLowest, isHighest, requests } = region;
  return {
    ...{ pid: hasPids ? on.pid : null, fd: on.fd | 0, from: `${region.from}`, to: `${region.to}` },
    ...{ isLowest, isHighest, failed: region.failures, failedInAll: sum(own), requests },
  };
}

/** The sums of lists, element by element. */
const added = (lists: readonly (readonly number[])[]): number[] =>
  lists[0].map((_, i) => lists.reduce((all, list) => all + list[i], 0));
