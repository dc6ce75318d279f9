// The ways to give the completions at one address to the submissions there.
import { IOCB_CMD_PREAD, IOCB_CMD_PWRITE } from '../../abi/opcode.ts';
import { DATA, EVENT_WORDS, RES, type RingHistory } from './ring-history.ts';

/** What is known of a submission. */
export interface RingSubmission {
  readonly index: number;
  /** Its place in the order of submissions: its time since the first one, or its index. */
  readonly at: number;
  /** How many there were at its address, with it, and `at` of the one before it, or NaN. */
  rank: number;
  previousAt: number;
  readonly pid: number;
  readonly address: number | bigint;
  readonly opcode: number;
  readonly rwFlags: number;
  readonly fd: number;
  readonly nbytes: number;
  readonly dataLow: number;
  readonly dataHigh: number;
}

/** The completions at one address, and the newest submissions there. */
export interface RingGroup {
  /** Positions in the ring, ascending. */
  readonly positions: readonly number[];
  /** The newest submissions, at least two more than there are completions. */
  submissions: RingSubmission[];
  /** How many there were. */
  count: number;
}

/**
 * One way to give the completions of a group to its submissions: the last one belongs to the newest
 * submission, or to the one before it.
 */
export interface Way {
  readonly rank: number;
  /** The submission of each completion, if the log has it. */
  readonly owners: readonly (RingSubmission | undefined)[];
  /** A completion came after `lo`, its submission, and before `hi`, the next one there. */
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  /** `at` of the submission before all of these; -Infinity if there is none. */
  readonly before: number;
}

const isTransfer = (opcode: number): boolean =>
  opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PWRITE;

/** The ways that nothing in the group contradicts. */
export function waysOf(history: RingHistory, group: RingGroup, from: number): Way[] {
  const { positions, submissions } = group;
  const newest = submissions.length - 1;
  const isLive = positions[positions.length - 1] >= history.liveFrom;
  // An iocb is not submitted again before its completion has been reaped.
  return (isLive ? [newest] : [newest, newest - 1])
    .filter(
      (last) => last < 0 || isData(history, submissions[last], positions[positions.length - 1]),
    )
    .map((last) => wayOf(history, group, last, from))
    .filter(({ owners }) =>
      owners.every((owner, j) => owner === undefined || fits(history, owner, positions[from + j])),
    );
}

/** The way in which the last completion belongs to `submissions[last]`, from `from` on. */
export function wayOf(
  history: RingHistory,
  { positions, submissions, count }: RingGroup,
  last: number,
  from: number,
): Way {
  const length = positions.length - from;
  const owners = new Array<RingSubmission | undefined>(length).fill(undefined);
  const lo = new Array<number>(length).fill(Number.NEGATIVE_INFINITY);
  const hi = new Array<number>(length).fill(Number.POSITIVE_INFINITY);
  const isAll = submissions.length === count;
  let next = last;
  for (let j = length - 1; j >= 0; j--) {
    while (next >= 0 && !isData(history, submissions[next], positions[from + j])) next -= 1;
    if (next < 0) {
      // The log has no submission that is old enough: this one completed before its first.
      if (isAll && submissions.length > 0) hi[j] = submissions[0].at;
      continue;
    }
    owners[j] = submissions[next];
    lo[j] = submissions[next].at;
    if (next + 1 < submissions.length) hi[j] = submissions[next + 1].at;
    next -= 1;
  }
  const before = next >= 0 ? submissions[next].at : Number.NEGATIVE_INFINITY;
  return { rank: count - (submissions.length - 1 - last), owners, lo, hi, before };
}

function isData(
  history: RingHistory,
  { dataLow, dataHigh }: RingSubmission,
  position: number,
): boolean {
  const { words } = history;
  const at = position * EVENT_WORDS + DATA;
  return words[at] === dataLow && words[at + 1] === dataHigh;
}

/** Whether a read or write may have this result: it moves at most what was requested. */
function fits(history: RingHistory, { opcode, nbytes }: RingSubmission, position: number): boolean {
  if (!isTransfer(opcode)) return true;
  const { words } = history;
  const at = position * EVENT_WORDS + RES;
  const [low, high] = [words[at], words[at + 1]];
  return high >= 2 ** 31 || high * 2 ** 32 + low <= nbytes;
}
