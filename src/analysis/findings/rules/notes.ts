// Findings that are good to know: short transfers, end of file, polls, rings that went round.
import { IOCB_CMD_POLL } from '../../../abi/opcode.ts';
import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';
import { areTimesRight } from '../pair-trust.ts';
import { emptyInside } from './empty-inside.ts';

/** Reads and writes that moved less than requested. */
export interface ShortEvidence {
  partialReads: number;
  partialWrites: number;
}

/** Polls, which wait for an event as long as it takes. */
export interface ParkedPollsEvidence {
  completed: number;
  /** Still waiting at the end. */
  waiting: number;
  p50Ns: string | null;
  maxNs: string | null;
}

/** A ring between two of its images. */
export interface RingLapEvidence {
  from: string;
  to: string;
  /** Slots whose event is in neither image. */
  overwritten: number;
}

/** Short reads and writes, other than at the end of a file or at the kernel's limit. */
export function short({ match }: Facts): FindingOf<'short'>[] {
  if (match === undefined) return [];
  const { partialRead: partialReads, partialWrite: partialWrites } = match.short;
  const count = partialReads + partialWrites;
  if (count === 0) return [];
  return [
    {
      ...{ id: 'short', severity: 'note', count, of: match.matched, where: {}, first: null },
      evidence: { partialReads, partialWrites },
    },
  ];
}

/** Reads of 0 bytes. Those inside of what was read or written before are `empty-inside`. */
export function endOfFile(facts: Facts): FindingOf<'end-of-file'>[] {
  const { match } = facts;
  const inside = emptyInside(facts).reduce((sum, { count }) => sum + count, 0);
  const count = (match?.short.eof ?? 0) - inside;
  if (match === undefined || count <= 0) return [];
  return [
    {
      ...{ id: 'end-of-file', severity: 'note', count, of: match.matched },
      ...{ where: {}, first: null, evidence: {} },
    },
  ];
}

/** Polls beside reads and writes: how long they wait says nothing about storage. */
export function parkedPolls({ match }: Facts): FindingOf<'parked-polls'>[] {
  if (match === undefined) return [];
  const polls = match.byOpcode.find(({ opcode }) => opcode === IOCB_CMD_POLL);
  const waiting = match.open.byFd
    .filter(({ opcode }) => opcode === IOCB_CMD_POLL)
    .reduce((sum, { count }) => sum + count, 0);
  const completed = polls?.matched ?? 0;
  if (completed + waiting === 0 || match.io.count === 0) return [];
  const { p50 = null, max = null } = (areTimesRight(match) && polls?.latencyNs) || {};
  return [
    {
      ...{ id: 'parked-polls', severity: 'note', count: completed + waiting },
      ...{ of: match.matched + match.open.count, where: {}, first: null },
      evidence: { completed, waiting, p50Ns: p50, maxNs: max },
    },
  ];
}

/** Rings whose tail passed a whole lap between two images: events in between are in neither. */
export const ringLap = ({ rings }: Facts): FindingOf<'ring-lap'>[] =>
  (rings?.steps ?? [])
    .filter(({ overwritten }) => overwritten > 0)
    .map(({ from, to, completions, overwritten }) => ({
      ...{ id: 'ring-lap', severity: 'note', count: overwritten, of: completions },
      ...{ where: {}, first: null, evidence: { from, to, overwritten } },
    }));
