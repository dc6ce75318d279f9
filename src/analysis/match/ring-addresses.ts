// The submissions of a log by process and address, for matching with ring images.
import type { RingHistory } from './ring-history.ts';
import { RingMatcher } from './ring-moment.ts';
import type { RingSubmission } from './ring-ways.ts';

/** Addresses that are remembered; beyond, those are forgotten that were first used longest ago. */
const ADDRESSES_MAX = 131_072;
/** Processes that are tried for each ring. An image does not show whose it is. */
const PROCESSES_MAX = 16;

/** An iocb address of a process. */
interface Address {
  newest: RingSubmission;
  readonly watchers: readonly (readonly [matcher: RingMatcher, group: number])[];
}

/** All submissions by address. */
export class RingAddresses {
  /** Addresses that were forgotten, and all submissions there. */
  evicted = 0;
  evictedSubmissions = 0;
  readonly #histories: readonly RingHistory[];
  readonly #matchers = new Map<string, RingMatcher>();
  /** Addresses by process: those of completions in the rings, and the others. */
  readonly #watched = new Map<number, Map<number | bigint, Address>>();
  readonly #others = new Map<number, Map<number | bigint, Address>>();
  #count = 0;

  constructor(histories: readonly RingHistory[]) {
    this.#histories = histories;
  }

  /** Takes a submission, and completes it. */
  admit(submission: RingSubmission): void {
    const { pid, address } = submission;
    const known = this.#others.get(pid)?.get(address) ?? this.#watched.get(pid)?.get(address);
    if (known !== undefined) {
      submission.rank = known.newest.rank + 1;
      submission.previousAt = known.newest.at;
      known.newest = submission;
    }
    const { watchers } = known ?? this.#add(submission);
    for (const [matcher, group] of watchers) matcher.admit(group, submission);
  }

  /** The newest submission at every address. */
  readonly newest = (): RingSubmission[] =>
    [...this.#watched.values(), ...this.#others.values()].flatMap((addresses) =>
      Array.from(addresses.values(), ({ newest }) => newest),
    );

  /** The matchers of a history, one per process with submissions at its addresses. */
  matchersOf(history: RingHistory): RingMatcher[] {
    return [...this.#matchers.values()].filter((matcher) => matcher.history === history);
  }

  #add(newest: RingSubmission): Address {
    const { pid, address } = newest;
    const added = { newest, watchers: this.#watchersOf(address, pid) };
    const maps = added.watchers.length > 0 ? this.#watched : this.#others;
    const addresses = maps.get(pid) ?? new Map<number | bigint, Address>();
    maps.set(pid, addresses.set(address, added));
    if (maps === this.#others && ++this.#count > ADDRESSES_MAX) this.#evict();
    return added;
  }

  #watchersOf(key: number | bigint, pid: number): Address['watchers'] {
    return this.#histories.flatMap((history, i) => {
      if (!history.groups.has(key)) return [];
      const name = `${i} ${pid}`;
      let matcher = this.#matchers.get(name);
      if (matcher === undefined) {
        if (this.matchersOf(history).length >= PROCESSES_MAX) return [];
        matcher = new RingMatcher(history, pid, this.newest);
        this.#matchers.set(name, matcher);
      }
      const group = matcher.solver.groupOf.get(key);
      return group === undefined ? [] : [[matcher, group] as const];
    });
  }

  /** Forgets the address that was first used longest ago. */
  #evict(): void {
    for (const addresses of this.#others.values()) {
      for (const [key, { newest }] of addresses) {
        addresses.delete(key);
        this.#count -= 1;
        this.evicted += 1;
        this.evictedSubmissions += newest.rank;
        return;
      }
    }
  }
}
