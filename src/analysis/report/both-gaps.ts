import { CallGaps, THREADS_MAX } from './call-gaps.ts';

/** Threads that are found without a look into the map of all. */
const RECENT = 64;

/** The gaps of both streams in one order of time. */
export class BothGaps {
  readonly submitted = new CallGaps();
  readonly reaped = new CallGaps();
  /** Whether the last record of a thread was a completion. */
  readonly #hasReaped = new Map<number, boolean>();
  /** The last thread by the low bits of its number, and whether its last was a completion. */
  readonly #recent = new Uint32Array(RECENT);
  readonly #recentReaped = new Uint8Array(RECENT);

  /** Adds a record of either stream. */
  add(tid: number, low: number, high: number, isReaped: boolean): void {
    const at = tid & (RECENT - 1);
    const isSame = this.#recent[at] === tid && this.#recentReaped[at] === Number(isReaped);
    const isOther = isSame ? false : this.#turn(tid, isReaped, at);
    (isReaped ? this.reaped : this.submitted).add(tid, low, high, isOther);
  }

  /** A thread has changed streams, or is not a recent one. Returns whether it has changed. */
  #turn(tid: number, isReaped: boolean, at: number): boolean {
    const before = this.#hasReaped.get(tid);
    const isOther = before !== undefined && before !== isReaped;
    const isKnown = before !== undefined || this.#hasReaped.size < 2 * THREADS_MAX;
    if (!isKnown) return isOther;
    if (before !== isReaped) this.#hasReaped.set(tid, isReaped);
    this.#recent[at] = tid;
    this.#recentReaped[at] = Number(isReaped);
    return isOther;
  }
}
