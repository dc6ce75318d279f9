// What images of rings say of all submissions of a log, once both have been read.
import type { RingAddresses } from './ring-addresses.ts';
import { CompletedCounts, OpenCounts } from './ring-counts.ts';
import type { RingHistory } from './ring-history.ts';
import type { RingHistoryJson } from './ring-json.ts';
import type { RingMatcher, RingMoment, RingPlace } from './ring-moment.ts';
import type { RingSubmission } from './ring-solver.ts';

/** How one history fits. */
interface Fit {
  readonly history: RingHistory;
  readonly matcher: RingMatcher | undefined;
  readonly moment: RingMoment | undefined;
}

const placeJson = ({ index, ts }: RingPlace) => ({ index, ts: ts === null ? null : String(ts) });

/** The process of a ring is the one whose submissions own most of its completions. */
function fitOf(history: RingHistory, addresses: RingAddresses): Fit {
  const matchers = addresses.matchersOf(history);
  for (const matcher of matchers) matcher.finish();
  const rank = ({ best, solver }: RingMatcher) => (best?.owned ?? -1) * 2 ** 22 + solver.covered;
  const [matcher] = matchers.sort((a, b) => rank(b) - rank(a));
  return { history, matcher, moment: matcher?.best };
}

/** The last submission before the images of a fit; Infinity: they were captured after all. */
const capturedAfter = ({ moment }: Fit): number =>
  moment?.newest === undefined ? Number.POSITIVE_INFINITY : moment.after.index;

/**
 * The submissions from which on every completion would be in the rings; Infinity: unknown.
 * The fits are in the order of time.
 */
function remembersFrom(fits: readonly Fit[]): number {
  const last = fits.filter(({ history: { last, snapshots }, matcher }, i) =>
    fits
      .slice(i + 1)
      .every(
        (later) =>
          later.history.last.nr !== last.nr ||
          later.history.last.state.header.id !== snapshots[0].state.header.id ||
          later.matcher?.pid !== matcher?.pid,
      ),
  );
  const from = last.map(({ moment, history }) =>
    moment === undefined || history.isCut ? Number.POSITIVE_INFINITY : moment.remembersFrom,
  );
  return Math.max(...from);
}

/** The name of an address of a process. */
const nameOf = (pid: number, address: number | bigint): string => `${pid} ${address}`;

/** The result of matching submissions with rings. */
export class RingOutcome {
  readonly completed = new CompletedCounts();
  readonly open = new OpenCounts();
  readonly openOrOverwritten = new OpenCounts();
  readonly rings: RingHistoryJson[];
  unmatchedCompletions = 0;
  elsewhere = 0;
  /** Of `open`: they may have been submitted after the images were captured. */
  openLater = 0;
  undecided = 0;
  readonly earlier: number;
  readonly after: number;
  /** When the earliest of the rings was captured; undefined: after all submissions. */
  readonly captured: RingPlace | undefined;
  /** The index of every submission that has a completion. */
  readonly #claimed = new Set<number>();
  /** How many of them were made before the images were captured for certain. */
  #claimedWithin = 0;
  /** The index of the last submission that was made before all images for certain. */
  readonly #certainTo: number;
  /** Addresses whose newest submission has been dealt with. */
  readonly #done = new Set<string>();

  constructor(
    histories: readonly RingHistory[],
    addresses: RingAddresses,
    admitted: number,
    hasPid: boolean,
  ) {
    const fits = histories.map((history) => fitOf(history, addresses));
    const byTime = [...fits].sort((a, b) => {
      const [first, second] = [capturedAfter(a), capturedAfter(b)];
      return first === second ? 0 : first - second;
    });
    const [{ moment: earliest }] = byTime;
    const last = addresses.newest();
    this.#certainTo = Math.min(
      ...fits.map(({ moment }) => moment?.after.index ?? Number.POSITIVE_INFINITY),
    );
    this.captured = earliest?.newest && earliest.after;
    let seen = 0;
    const rings = new Map<RingHistory, RingHistoryJson>();
    // Backward: of two images of a ring, the later one has the newer completions.
    for (const fit of byTime.toReversed()) {
      rings.set(fit.history, this.#count(fit, hasPid));
      seen += this.#countGroups(fit, fit.moment?.newest ?? last);
    }
    this.rings = histories.flatMap((history) => rings.get(history) ?? []);
    seen += this.#countOthers(earliest?.newest ?? last, remembersFrom(byTime));
    const { evicted, evictedSubmissions } = addresses;
    const beyond = this.#claimed.size - this.#claimedWithin;
    this.after = Math.max(0, admitted - seen - evictedSubmissions - beyond);
    const others = this.open.count + this.openOrOverwritten.count + this.elsewhere + evicted;
    this.earlier = Math.max(0, admitted - this.after - this.#claimed.size - others);
  }

  /** Counts the completions of a history. */
  #count({ history, matcher, moment }: Fit, hasPid: boolean): RingHistoryJson {
    const counts = { matched: 0, unmatched: history.count, repeated: 0 };
    const { owners } = moment ?? matcher?.presumed() ?? { owners: [] };
    for (const [i, each] of owners.entries()) {
      for (const [j, owner] of each.entries()) {
        if (owner === undefined) continue;
        counts.unmatched -= 1;
        if (this.#claimed.has(owner.index)) {
          counts.repeated += 1;
          continue;
        }
        this.#claimed.add(owner.index);
        this.#claimedWithin += owner.index <= capturedAfter({ history, matcher, moment }) ? 1 : 0;
        counts.matched += 1;
        this.completed.add(owner, history, matcher?.solver.groups[i].positions[j] ?? 0);
      }
    }
    this.unmatchedCompletions += counts.unmatched;
    const { snapshots, count, liveFrom } = history;
    const [{ state }] = snapshots;
    return {
      files: snapshots.map(({ file }) => file),
      id: state.header.id,
      nr: state.header.nr,
      pid: hasPid && matcher !== undefined ? matcher.pid : null,
      live: count - liveFrom,
      stale: liveFrom,
      neverWritten: state.neverWritten,
      ...counts,
      fits: moment !== undefined,
      captured:
        moment === undefined
          ? null
          : {
              after: placeJson(moment.after),
              before: moment.before === null ? null : placeJson(moment.before),
            },
      periods: matcher?.moments ?? 0,
    };
  }

  /**
   * Decides about the newest submission at each address of a history. Returns how many submissions
   * there are at these addresses.
   */
  #countGroups({ matcher, moment }: Fit, newest: readonly RingSubmission[]): number {
    if (matcher === undefined) return 0;
    const { lowest, highest } = moment ?? matcher.presumed();
    const { groupOf } = matcher.solver;
    let seen = 0;
    for (const submission of newest) {
      const group = groupOf.get(submission.address);
      if (submission.pid !== matcher.pid || group === undefined) continue;
      const name = nameOf(submission.pid, submission.address);
      if (this.#done.has(name)) continue;
      this.#done.add(name);
      seen += submission.rank;
      if (submission.rank > highest[group]) this.#addOpen(submission);
      else if (submission.rank > lowest[group]) this.undecided += 1;
    }
    return seen;
  }

  #addOpen(submission: RingSubmission): void {
    this.open.add(submission);
    if (submission.index > this.#certainTo) this.openLater += 1;
  }

  /** Decides about the newest submission at each other address. */
  #countOthers(newest: readonly RingSubmission[], from: number): number {
    let seen = 0;
    for (const submission of newest) {
      const { pid, address, rank, at, previousAt } = submission;
      if (this.#done.has(nameOf(pid, address))) continue;
      seen += rank;
      // The one before it has completed, so its completion would be in the images.
      if (previousAt >= from) this.elsewhere += 1;
      else if (at >= from) this.#addOpen(submission);
      else this.openOrOverwritten.add(submission);
    }
    return seen;
  }
}
