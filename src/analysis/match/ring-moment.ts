// When an image was captured, in terms of the submissions before and after it.
import type { RingHistory } from './ring-history.ts';
import { type RingSolution, RingSolver } from './ring-solver.ts';
import type { RingSubmission } from './ring-ways.ts';

/** A submission that is the last one before something, or the first one after it. */
export type RingPlace = Pick<RingSubmission, 'index' | 'at'>;

/** Submissions between which the images may have been captured, and what follows from that. */
export interface RingMoment {
  /** The earliest moment is that after this submission. */
  readonly after: RingPlace;
  /** The latest moment is that before this one; null: after all submissions. */
  before: RingPlace | null;
  /** The lowest and highest rank that the submission of a group's last completion may have. */
  lowest: readonly number[];
  highest: readonly number[];
  /** Completions with a submission. */
  readonly owned: number;
  remembersFrom: number;
  /** The newest submission at every address at the earliest moment; undefined: as of the end. */
  readonly newest: readonly RingSubmission[] | undefined;
  /** The submissions of each group's completions, presumed where several are possible. */
  owners: readonly (readonly (RingSubmission | undefined)[])[];
}

/** Completions in all solutions of one period together, so that long periods are not slow. */
const SOLVED_MAX = 2 ** 20;
const SOLUTIONS_MIN = 16;
/** The share of completions that must have a submission: those before the log have none. */
const OWNED_MIN = 0.5;

/** One ring and the submissions of one process: finds when the images were captured. */
export class RingMatcher {
  readonly history: RingHistory;
  readonly solver: RingSolver;
  readonly pid: number;
  /** The latest of the periods in which most completions have a submission. */
  best: RingMoment | undefined;
  /** How many periods are as good. */
  moments = 0;
  #current: RingMoment | undefined;
  #solutions = 0;
  readonly #solutionsMax: number;
  readonly #ownedMin: number;
  readonly #newest: () => RingSubmission[];

  /** `newest` returns the newest submission at every address. */
  constructor(history: RingHistory, pid: number, newest: () => RingSubmission[]) {
    this.history = history;
    this.solver = new RingSolver(history);
    this.pid = pid;
    this.#newest = newest;
    this.#ownedMin = OWNED_MIN * history.count;
    this.#solutionsMax = Math.max(SOLUTIONS_MIN, Math.floor(SOLVED_MAX / (history.count + 1)));
  }

  /** Takes a submission at the address of a group. */
  admit(group: number, submission: RingSubmission): void {
    this.solver.admit(group, submission);
    if (!this.solver.isPossible) this.#end(submission);
    else if (this.#solutions < this.#solutionsMax) this.#look(submission);
  }

  #look(place: RingPlace): void {
    this.#solutions += 1;
    const solution = this.solver.solve();
    if (solution === undefined) this.#end(place);
    // Moments at which fewer completions have a submission are worse, however near.
    else if (this.#current === undefined || solution.owned > this.#current.owned)
      this.#current = this.#begin(place, solution);
    else widen(this.#current, solution);
  }

  /** Decides between the periods, of which the last may not have ended. */
  finish(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    const solution = this.solver.solve();
    if (solution !== undefined && solution.owned >= (this.best?.owned ?? 0)) {
      this.moments = solution.owned === this.best?.owned ? this.moments + 1 : 1;
      const { after } = current;
      const owners = this.#ownersOf(solution);
      this.best = { ...solution, after, before: null, newest: undefined, owners };
    }
  }

  #begin(after: RingPlace, solution: RingSolution): RingMoment {
    const isBetter = solution.owned >= Math.max(this.best?.owned ?? 0, this.#ownedMin);
    return {
      after,
      before: null,
      ...solution,
      newest: isBetter ? this.#newest() : [],
      owners: [],
    };
  }

  #end(before: RingPlace): void {
    const current = this.#current;
    this.#current = undefined;
    this.#solutions = 0;
    const ownedMin = Math.max(this.best?.owned ?? 0, this.#ownedMin);
    if (current === undefined || current.owned < ownedMin) return;
    this.moments = current.owned === this.best?.owned ? this.moments + 1 : 1;
    this.best = { ...current, before, owners: this.#ownersOf(current) };
  }

  /**
   * The submissions of completions that contradict the log at any moment: its newest ones, or those
   * before them.
   */
  presumed(): Pick<RingMoment, 'lowest' | 'highest' | 'owners'> {
    const highest = this.solver.groups.map(({ count }) => count);
    const isLive = (group: number) => {
      const { positions } = this.solver.groups[group];
      return positions[positions.length - 1] >= this.history.liveFrom;
    };
    const lowest = highest.map((count, i) => (isLive(i) ? count : count - 1));
    return { lowest, highest, owners: this.#ownersOf({ highest }) };
  }

  /** Of several submissions, the newest is presumed. */
  #ownersOf({ highest }: Pick<RingMoment, 'highest'>): RingMoment['owners'] {
    return highest.map((rank, at) => (Number.isFinite(rank) ? this.solver.ownersOf(at, rank) : []));
  }
}

/** Makes a moment allow what another solution of the same period allows. */
function widen(moment: RingMoment, { lowest, highest, remembersFrom }: RingSolution): void {
  const join = (a: number, b: number, choose: (a: number, b: number) => number) =>
    Number.isFinite(a) ? choose(a, b) : b;
  moment.lowest = moment.lowest.map((rank, i) => join(rank, lowest[i], Math.min));
  moment.highest = moment.highest.map((rank, i) => join(rank, highest[i], Math.max));
  moment.remembersFrom = Math.max(moment.remembersFrom, remembersFrom);
}
