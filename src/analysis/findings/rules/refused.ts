import { EBADF, EFAULT } from '../../../abi/errno.ts';
import { errnoName } from '../../../abi/name.ts';
import { commonPlace, located } from '../common-place.ts';
import type { RefusalGroup } from '../evidence/submission-evidence.ts';
import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';

/**
 * From this share of submissions on, refusals are an error: a program that probes for a feature is
 * refused a few times, one that is refused more loses its I/O.
 */
const ERROR_SHARE = 0.01;
/** Errors of a program that uses a closed descriptor or a bad pointer: one is a bug. */
const BUGS: readonly (number | null)[] = [EBADF, EFAULT];

/** Refused submissions by reason. */
export interface RefusedEvidence {
  /**
   * `results`: a trace or the envelope has the result of io_submit. `rules`: Linux always refuses
   * such records. `given`: the option `refused` lists them.
   */
  from: 'results' | 'rules' | 'given';
  groups: {
    errno: number | null;
    name: string | null;
    /** The rule of `check`; null if only the result is known. */
    rule: string | null;
    opcode: number;
    pid: number | null;
    fd: number;
    path?: string;
    count: number;
  }[];
}

type Group = RefusedEvidence['groups'][number];

const fromRules = (facts: Facts, { errno, ...group }: RefusalGroup): Group =>
  located(facts, {
    ...{ errno, name: errnoName(errno), rule: group.rule, opcode: group.opcode },
    ...{ pid: group.pid, fd: group.fd, count: group.count },
  });

function finding(
  facts: Facts,
  count: number,
  of: number,
  evidence: RefusedEvidence,
  first: FindingOf<'refused'>['first'],
): FindingOf<'refused'> {
  const isBug = evidence.groups.some(({ errno }) => BUGS.includes(errno));
  const severity = isBug || count >= ERROR_SHARE * of ? 'error' : 'warning';
  const where = evidence.groups.length === 0 ? {} : commonPlace(evidence.groups, facts.lookup);
  return { id: 'refused', severity, count, of, where, first, evidence };
}

/** What io_submit refused: by its results if they are known, otherwise on sight. */
export function refused(facts: Facts): FindingOf<'refused'>[] {
  const { submitted, match, submissions } = facts;
  const known = facts.refused?.records ?? 0;
  if (facts.refused !== undefined && known > 0) {
    const groups = facts.refused.groups.map(({ paths, first: _, opcodeName: _n, ...group }) => ({
      ...{ ...group, rule: null },
      ...(paths?.[0] !== undefined && { path: paths[0] }),
    }));
    const [{ first }] = facts.refused.groups;
    const file = facts.refused.inputs[0]?.file;
    const record = file === undefined ? null : { file, index: first.index, offset: null };
    const all = (submissions?.records ?? 0) + known;
    return [finding(facts, known, all, { from: 'results', groups }, record)];
  }
  const all = submissions?.records ?? 0;
  if (submitted.refused > 0) {
    const from = submitted.refusals[0].rule === null ? 'results' : 'rules';
    const groups = submitted.refusals.map((group) => fromRules(facts, group));
    const index = Math.min(...submitted.refusals.map(({ firstIndex }) => firstIndex));
    const first = facts.place('iocb', index);
    return [finding(facts, submitted.refused, all, { from, groups }, first)];
  }
  const given = match?.refused ?? 0;
  return given === 0 ? [] : [finding(facts, given, all, { from: 'given', groups: [] }, null)];
}
