// Which submissions the completions of a ring belong to, although they have no times.
import type { RingHistory } from './ring-history.ts';
import {
  COMPARED,
  RingBounds,
  type RingGroup,
  type RingSubmission,
  type Way,
  wayOf,
  waysOf,
} from './ring-ways.ts';

/** The ranks of the submissions that the last completion of each group may belong to. */
export interface RingSolution {
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
  /** Completions with a submission. */
  readonly owned: number;
  /** Every submission at or after this was made after the oldest completion of the ring. */
  readonly remembersFrom: number;
}

/** Submissions kept beyond the completions of a group, for those with other data in between. */
const SPARE = 8;
/**
 * The submissions of one process at the addresses of one ring, as of a moment that moves on with
 * every submission. A ring has its completions in order, so each has bounds: it is later than the
 * submissions of all before it, and earlier than whatever was submitted at the addresses of those
 * after it once they had been reaped. At most moments these contradict each other.
 */
export class RingSolver {
  readonly history: RingHistory;
  readonly groups: readonly RingGroup[];
  /** Groups by address. */
  readonly groupOf: ReadonlyMap<number | bigint, number>;
  /** Bounds of each completion, whichever way its group takes. */
  readonly #lo: Float64Array;
  readonly #hi: Float64Array;
  /** Whether a completion contradicts the next one. */
  readonly #contradicts: Uint8Array;
  readonly #isImpossible: Uint8Array;
  readonly #bounds = new RingBounds();
  #contradictions = 0;

  constructor(history: RingHistory) {
    this.history = history;
    this.groups = [...history.groups.values()].map((positions) => ({
      positions,
      submissions: [],
      count: 0,
    }));
    this.groupOf = new Map([...history.groups.keys()].map((key, i) => [key, i]));
    this.#lo = new Float64Array(history.count).fill(Number.NEGATIVE_INFINITY);
    this.#hi = new Float64Array(history.count).fill(Number.POSITIVE_INFINITY);
    this.#contradicts = new Uint8Array(history.count);
    this.#isImpossible = new Uint8Array(this.groups.length);
  }

  /**
   * Whether the images may be of now, as far as is known without a solution. Cheap: at most moments
   * a completion contradicts the next one.
   */
  get isPossible(): boolean {
    if (this.#contradictions > 0) return false;
    let latest = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < this.#lo.length; at++) {
      if (this.#lo[at] > latest) latest = this.#lo[at];
      if (latest > this.#hi[at]) return false;
    }
    return true;
  }

  /** How many groups have a submission. */
  get covered(): number {
    return this.groups.filter(({ count }) => count > 0).length;
  }

  /** Adds a submission to a group. */
  admit(at: number, submission: RingSubmission): void {
    const group = this.groups[at];
    const { positions } = group;
    group.count = submission.rank;
    group.submissions.push(submission);
    const kept = positions.length + SPARE;
    if (group.submissions.length >= 2 * kept) group.submissions = group.submissions.slice(-kept);
    const from = Math.max(0, positions.length - COMPARED);
    const isImpossible = this.#bounds.fill(this.history, group, from) ? 0 : 1;
    this.#contradictions += isImpossible - this.#isImpossible[at];
    this.#isImpossible[at] = isImpossible;
    if (isImpossible === 1) return;
    const { lo, hi } = this.#bounds;
    for (let j = from; j < positions.length; j++) {
      const position = positions[j];
      this.#lo[position] = lo[j - from];
      this.#hi[position] = hi[j - from];
      if (position > 0) this.#compare(position - 1);
      if (position + 1 < this.history.count) this.#compare(position);
    }
  }

  #compare(position: number): void {
    const contradicts = this.#lo[position] > this.#hi[position + 1] ? 1 : 0;
    this.#contradictions += contradicts - this.#contradicts[position];
    this.#contradicts[position] = contradicts;
  }

  /** The submission of each completion of a group if the last one belongs to that of this rank. */
  ownersOf(at: number, rank: number): readonly (RingSubmission | undefined)[] {
    const group = this.groups[at];
    const last = group.submissions.length - 1 - (group.count - rank);
    return wayOf(this.history, group, last)?.owners ?? [];
  }

  /** Solves by bounds until nothing changes. Returns undefined if the ring contradicts itself. */
  solve(): RingSolution | undefined {
    const ways: (readonly Way[] | undefined)[] = this.groups.map((group) =>
      group.count === 0 ? undefined : waysOf(this.history, group),
    );
    if (ways.some((each) => each?.length === 0)) return undefined;
    const { count } = this.history;
    const lo = new Float64Array(count);
    const hi = new Float64Array(count);
    for (let hasChanged = true; hasChanged; ) {
      hasChanged = false;
      this.#bound(ways, lo, hi);
      for (let at = 0; at < count; at++) if (lo[at] > hi[at]) return undefined;
      for (const [i, each] of ways.entries()) {
        if (each === undefined || each.length < 2) continue;
        const { positions } = this.groups[i];
        const possible = each.filter((way) =>
          positions.every((at, j) => way.lo[j] <= hi[at] && way.hi[j] >= lo[at]),
        );
        const left = this.#withoutGap(possible, hi[0]);
        if (left.length === 0) return undefined;
        if (left.length < each.length) hasChanged = true;
        ways[i] = left;
      }
    }
    return {
      lowest: ways.map((each) => Math.min(...(each ?? []).map(({ rank }) => rank))),
      highest: ways.map((each) => Math.max(...(each ?? []).map(({ rank }) => rank))),
      owned: ways.reduce(
        (sum, each) => sum + (each?.[0].owners.filter((owner) => owner !== undefined).length ?? 0),
        0,
      ),
      remembersFrom: this.history.isWhole ? Number.NEGATIVE_INFINITY : hi[0],
    };
  }

  /**
   * A submission that the ring has no completion of, although its iocb was submitted again, must
   * have completed before the oldest one in the ring. Ways that agree with that are preferred: the
   * iocb could have been used with another ring before.
   */
  #withoutGap(ways: readonly Way[], oldest: number): readonly Way[] {
    if (this.history.isCut) return ways;
    const from = this.history.isWhole ? Number.NEGATIVE_INFINITY : oldest;
    const left = ways.filter(({ before }) => !(before > from));
    return left.length > 0 ? left : ways;
  }

  /** Joins the bounds of the ways that are left with those of the completions around them. */
  #bound(ways: readonly (readonly Way[] | undefined)[], lo: Float64Array, hi: Float64Array): void {
    lo.fill(Number.NEGATIVE_INFINITY);
    hi.fill(Number.POSITIVE_INFINITY);
    for (const [i, each] of ways.entries()) {
      if (each === undefined) continue;
      for (const [j, at] of this.groups[i].positions.entries()) {
        lo[at] = Math.min(...each.map((way) => way.lo[j]));
        hi[at] = Math.max(...each.map((way) => way.hi[j]));
      }
    }
    for (let at = 1; at < lo.length; at++) if (lo[at - 1] > lo[at]) lo[at] = lo[at - 1];
    for (let at = hi.length - 2; at >= 0; at--) if (hi[at + 1] < hi[at]) hi[at] = hi[at + 1];
  }
}
