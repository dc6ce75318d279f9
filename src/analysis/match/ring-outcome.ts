// What images of rings say of all submissions of a log, once both have been read.
import type { RingAddresses } from './ring-addresses.ts';
import { CompletedCounts, OpenCounts } from './ring-counts.ts';
import type { RingHistory } from './ring-history.ts';
import type { RingHistoryJson } from './ring-json.ts';
import type { SubmissionLog } from './ring-log.ts';
import type { RingMatcher, RingMoment, RingPlace } from './ring-moment.ts';
import type { RingSubmission } from './ring-ways.ts';

/** How one history fits. */
interface Fit {
  readonly history: RingHistory;
  readonly matcher: RingMatcher | undefined;
  readonly moment: RingMoment | undefined;
}

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

/** The last fit of each ring, of those in the order of time. */
const lastFits = (fits: readonly Fit[]): Fit[] =>
  fits.filter(({ history, matcher }, i) =>
    fits
      .slice(i + 1)
      .every((later) => !later.history.isSameRing(history) || later.matcher?.pid !== matcher?.pid),
  );

/** The submissions from which on every completion of a ring would be in it; Infinity: unknown. */
function remembersFrom({ moment, history }: Fit): number {
  if (history.count === 0 && history.isWhole) return Number.NEGATIVE_INFINITY;
  return moment === undefined || history.isCut ? Number.POSITIVE_INFINITY : moment.remembersFrom;
}

/** A time or index from which on a ring has everything, as plain data. */
const placeOf = (from: number, log: SubmissionLog): RingHistoryJson['remembersFrom'] =>
  from === Number.POSITIVE_INFINITY
    ? null
    : from === Number.NEGATIVE_INFINITY
      ? 'io_setup'
      : log.atJson(from);

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

  constructor(histories: readonly RingHistory[], log: SubmissionLog) {
    const { addresses, admitted } = log;
    const fits = histories.map((history) => fitOf(history, addresses));
    const byTime = [...fits].sort((a, b) => {
      const [first, second] = [capturedAfter(a), capturedAfter(b)];
      return first === second ? 0 : first - second;
    });
    const current = lastFits(byTime);
    const [{ moment: earliest }] = current;
    const last = addresses.newest();
    this.#certainTo = Math.min(
      ...current.map(({ moment }) => moment?.after.index ?? Number.POSITIVE_INFINITY),
    );
    this.captured = earliest?.newest && earliest.after;
    let seen = 0;
    const rings = new Map<RingHistory, RingHistoryJson>();
    // Backward: of two images of a ring, the later one has the newer completions.
    for (const fit of byTime.toReversed()) {
      rings.set(fit.history, this.#count(fit, log));
      if (current.includes(fit)) seen += this.#countGroups(fit, fit.moment?.newest ?? last);
    }
    this.rings = histories.flatMap((history) => rings.get(history) ?? []);
    seen += this.#countOthers(earliest?.newest ?? last, current);
    const { evicted, evictedSubmissions } = addresses;
    const beyond = this.#claimed.size - this.#claimedWithin;
    this.after = Math.max(0, admitted - seen - evictedSubmissions - beyond);
    const others = this.open.count + this.openOrOverwritten.count + this.elsewhere + evicted;
    this.earlier = Math.max(0, admitted - this.after - this.#claimed.size - others);
  }

  /** Counts the completions of a history. */
  #count({ history, matcher, moment }: Fit, log: SubmissionLog): RingHistoryJson {
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
      pid: log.hasPid && matcher !== undefined ? matcher.pid : null,
      live: count - liveFrom,
      stale: liveFrom,
      neverWritten: state.neverWritten,
      ...counts,
      fits: moment !== undefined || count === 0,
      captured:
        moment === undefined
          ? null
          : {
              after: log.placeJson(moment.after),
              before: moment.before === null ? null : log.placeJson(moment.before),
            },
      periods: matcher?.moments ?? 0,
      remembersFrom: placeOf(remembersFrom({ history, matcher, moment }), log),
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

  /**
   * Decides about the newest submission at each other address. Nothing tells which ring it uses, if
   * any other requests of its process use rings that are not given.
   */
  #countOthers(newest: readonly RingSubmission[], fits: readonly Fit[]): number {
    const from = Math.max(...fits.map(remembersFrom));
    const others = newest.filter(({ pid, address }) => !this.#done.has(nameOf(pid, address)));
    const given = new Set(fits.map(({ matcher }) => matcher?.pid));
    // A ring without completions may be that of any process.
    const isGiven = (pid: number) =>
      fits.some(({ history }) => history.count === 0) || given.has(pid);
    // The request before it has completed, so its completion would be in the images.
    const hasOtherRing = ({ pid, previousAt }: RingSubmission) =>
      previousAt >= from || !isGiven(pid);
    const elsewhere = new Set(others.filter(hasOtherRing).map(({ pid }) => pid));
    for (const submission of others) {
      if (elsewhere.has(submission.pid)) this.elsewhere += 1;
      else if (submission.at >= from) this.#addOpen(submission);
      else this.openOrOverwritten.add(submission);
    }
    return others.reduce((sum, { rank }) => sum + rank, 0);
  }
}
