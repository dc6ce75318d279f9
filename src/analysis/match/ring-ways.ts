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
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  /** `at` of the submission before all of these; -Infinity if these are the first. */
  readonly before: number;
}

/** Completions of a group, its newest, that are compared with their neighbors all the time. */
export const COMPARED = 64;

const isTransfer = (opcode: number): boolean =>
  opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PWRITE;

/** What `walk` returns for a way that cannot be. */
const IMPOSSIBLE = -2;

/**
 * Goes through the completions of a group from the newest to the one at `from`, of which the last
 * belongs to `submissions[last]`, and fills in their bounds. Returns the index of the submission
 * before all of them, -1 if no submission fits, or `IMPOSSIBLE`.
 */
function walk(
  history: RingHistory,
  { positions, submissions, count }: RingGroup,
  last: number,
  from: number,
  lo: Float64Array,
  hi: Float64Array,
  owners?: (RingSubmission | undefined)[],
): number {
  const { length } = submissions;
  let next = last;
  for (let j = positions.length - 1; j >= from; j--) {
    const position = positions[j];
    while (next >= 0 && !isData(history, submissions[next], position)) next -= 1;
    // The newest submission that may have completed has to be the one that did.
    if (j === positions.length - 1 && next < last) return IMPOSSIBLE;
    const owner = submissions[next];
    lo[j - from] = owner?.at ?? Number.NEGATIVE_INFINITY;
    // A completion of a submission that is older than the log came before its first one.
    const isNextKnown = next + 1 < length && (next >= 0 || length === count);
    hi[j - from] = isNextKnown ? submissions[next + 1].at : Number.POSITIVE_INFINITY;
    if (owner === undefined) continue;
    if (!fits(history, owner, position)) return IMPOSSIBLE;
    if (owners !== undefined) owners[j - from] = owner;
    next -= 1;
  }
  return Math.max(next, -1);
}

/** Whether the last completion of a group is not reaped: its iocb is not submitted again yet. */
const isLive = (history: RingHistory, { positions }: RingGroup): boolean =>
  positions[positions.length - 1] >= history.liveFrom;

/** The way in which the last completion belongs to `submissions[last]`; undefined if it cannot. */
export function wayOf(history: RingHistory, group: RingGroup, last: number): Way | undefined {
  const { positions, submissions, count } = group;
  const lo = new Float64Array(positions.length);
  const hi = new Float64Array(positions.length);
  const owners = new Array<RingSubmission | undefined>(positions.length).fill(undefined);
  const next = walk(history, group, last, 0, lo, hi, owners);
  if (next === IMPOSSIBLE) return undefined;
  const before = submissions[next]?.at ?? Number.NEGATIVE_INFINITY;
  return { rank: count - (submissions.length - 1 - last), owners, lo, hi, before };
}

/** The ways that nothing in the group contradicts. */
export function waysOf(history: RingHistory, group: RingGroup): Way[] {
  const newest = group.submissions.length - 1;
  const ways = [wayOf(history, group, newest)];
  if (!isLive(history, group)) ways.push(wayOf(history, group, newest - 1));
  return ways.filter((way) => way !== undefined);
}

/** Bounds of the newest completions of a group, whichever way it takes. Reused: no allocation. */
export class RingBounds {
  readonly lo: Float64Array = new Float64Array(COMPARED);
  readonly hi: Float64Array = new Float64Array(COMPARED);
  readonly #lo = new Float64Array(COMPARED);
  readonly #hi = new Float64Array(COMPARED);

  /**
   * Fills in `lo` and `hi` for the completions at `from` and after. Returns false if they fit in
   * no way.
   */
  fill(history: RingHistory, group: RingGroup, from: number): boolean {
    const newest = group.submissions.length - 1;
    const isFirst = walk(history, group, newest, from, this.lo, this.hi) !== IMPOSSIBLE;
    if (isLive(history, group)) return isFirst;
    if (!isFirst) return walk(history, group, newest - 1, from, this.lo, this.hi) !== IMPOSSIBLE;
    // The bounds of the way with the older submissions are lower, or none.
    if (walk(history, group, newest - 1, from, this.#lo, this.#hi) !== IMPOSSIBLE)
      for (let i = 0; i < group.positions.length - from; i++)
        if (this.#lo[i] < this.lo[i]) this.lo[i] = this.#lo[i];
    return true;
  }
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
