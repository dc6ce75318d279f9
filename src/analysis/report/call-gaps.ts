import type { StateOf } from '../summary/state.ts';
import { FineHistogram } from './fine-histogram.ts';

/** Thresholds (ns) that 5.13 of the definitions doubles from 0.5 µs to 512 µs. */
export const LIMITS: readonly number[] = Array.from({ length: 11 }, (_, k) => 500 * 2 ** k);
/** How many of the thresholds can be the first one of a plateau: up to 64 µs. */
export const PLATEAUS = 8;
/** The most that clocks in nanoseconds hardly ever leave between two records of one thread. */
export const TOO_SHORT = 49;
/** Up to here, records are near each other: no thread makes two calls in this time. */
export const NEAR = 1000;
/** The longest typical gap within a call of many records. */
export const QUICK = 600;
/** What "one at a time" has to hold for. */
export const SLOW_TRACER = 40_000;

/** The gap that ends a call, if the plateau begins at threshold `k`. */
export const endOf = (k: number): number => 2.8 * LIMITS[k];

/** Runs of records are counted between longer gaps than these; the first are of equal times. */
const RUN_LIMITS = [0, ...Array.from({ length: PLATEAUS }, (_, k) => endOf(k))];
const RUNS = RUN_LIMITS.length;

/** Gaps are counted by the first of these that they do not exceed: exact at each of them. */
const GAP_LIMITS = Float64Array.from(
  new Set([...RUN_LIMITS, TOO_SHORT, NEAR, QUICK, SLOW_TRACER, ...LIMITS]),
).sort();
const LONGEST = GAP_LIMITS[GAP_LIMITS.length - 1];
/** By level of a gap: how many kinds of runs it ends. */
const RUNS_ENDED = Uint8Array.from(
  [...GAP_LIMITS, Number.POSITIVE_INFINITY],
  (_, level) => RUN_LIMITS.filter((limit) => level > 0 && limit <= GAP_LIMITS[level - 1]).length,
);

/** Times that are all multiples of this (ns) are of a clock too coarse to tell calls apart. */
const COARSE_NS = 10_000;
/** Threads that are kept. */
export const THREADS_MAX = 4096;
const SIZE_MAX = 2 ** 31 - 1;

/** Threads that are found without a look into the map of all. */
const RECENT = 64;

/** The records of one thread. */
interface Thread {
  readonly tid: number;
  readonly firstLow: number;
  readonly firstHigh: number;
  low: number;
  high: number;
  records: number;
  /** By kind of run: the length of the first one, 0 until it has ended: it may begin earlier. */
  readonly heads: Float64Array;
  /** By kind of run: the record that the current one began with. */
  readonly starts: Float64Array;
}

/** Returns the level of a gap in `GAP_LIMITS`. */
function levelOf(gap: number): number {
  if (gap > LONGEST) return GAP_LIMITS.length;
  let level = 0;
  while (gap > GAP_LIMITS[level]) level += 1;
  return level;
}

/** Returns the nanoseconds between two times; infinite if the second is the earlier one. */
function gapOf(low: number, high: number, nextLow: number, nextHigh: number): number {
  const gap = (nextHigh - high) * 2 ** 32 + (nextLow - low);
  return gap < 0 ? Number.POSITIVE_INFINITY : gap;
}

/** 2^32, modulo `COARSE_NS`. */
const HIGH_REST = 2 ** 32 % COARSE_NS;

/** Whether the time between two, of which the second is not earlier, is that of a fine clock. */
function isFineGap(low: number, high: number, nextLow: number, nextHigh: number): boolean {
  // Long gaps are not exact as numbers.
  return ((nextHigh - high) * HIGH_REST + (nextLow - low)) % COARSE_NS !== 0;
}

/**
 * Counts the gaps between consecutive records of each thread, and the runs of records between long
 * gaps. Parts of a capture merge in order, exactly as long as there are at most 4,096 threads.
 */
export class CallGaps {
  /** Records of the threads that are kept. */
  records = 0;
  /** Records of thread 0, which makes no calls: an idle CPU, or a field that was not filled. */
  idle = 0;
  /** Boundaries between calls where a record of the other stream lies between two of a thread. */
  sure = 0;
  /** Runs of equal times that have ended, without the first and last of each thread. */
  readonly runSizes: FineHistogram = new FineHistogram();
  least = Number.POSITIVE_INFINITY;
  readonly longestRuns: Float64Array = new Float64Array(RUNS);
  readonly counts: Float64Array = new Float64Array(GAP_LIMITS.length + 1);
  readonly byThread = new Map<number, Thread>();
  /** Whether a gap was not a multiple of `COARSE_NS`. */
  isFine = false;
  /** Whether there are threads that are not kept. */
  isFull = false;
  /** Recent threads, by the low bits of their number. */
  readonly #recent: (Thread | undefined)[] = new Array(RECENT).fill(undefined);

  /** Adds a record. `isSure`: its thread was in another call since its last record here. */
  add(tid: number, low: number, high: number, isSure: boolean): void {
    if (tid === 0) {
      this.idle += 1;
      return;
    }
    const at = tid & (RECENT - 1);
    let thread = this.#recent[at];
    if (thread?.tid !== tid) {
      thread = this.byThread.get(tid);
      if (thread === undefined) {
        this.#begin(tid, low, high);
        return;
      }
      this.#recent[at] = thread;
    }
    this.records += 1;
    const gap = gapOf(thread.low, thread.high, low, high);
    if (isSure) this.sure += 1;
    this.#end(thread, isSure ? RUNS : this.#count(gap));
    if (!this.isFine && gap < Number.POSITIVE_INFINITY)
      this.isFine = isFineGap(thread.low, thread.high, low, high);
    thread.records += 1;
    thread.low = low;
    thread.high = high;
  }

  /** Appends the records of the part that follows. */
  merge(part: StateOf<CallGaps>): void {
    this.sure += part.sure;
    this.idle += part.idle;
    this.runSizes.merge(part.runSizes);
    this.least = Math.min(this.least, part.least);
    this.isFine ||= part.isFine;
    this.isFull ||= part.isFull;
    for (let level = 0; level < this.counts.length; level++)
      this.counts[level] += part.counts[level];
    for (let run = 0; run < RUNS; run++)
      this.longestRuns[run] = Math.max(this.longestRuns[run], part.longestRuns[run]);
    for (const [tid, next] of part.byThread) {
      const thread = this.byThread.get(tid);
      if (thread !== undefined) this.#join(thread, next);
      else if (this.byThread.size < THREADS_MAX) this.byThread.set(tid, next);
      else {
        this.isFull = true;
        continue;
      }
      this.records += next.records;
    }
  }

  /** Threads that are kept. */
  get threads(): number {
    return this.byThread.size;
  }

  /** Gaps that are no sure boundaries. */
  get gaps(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** Returns how many gaps are at most this long, which must be one of the thresholds. */
  within(ns: number): number {
    const last = GAP_LIMITS.indexOf(ns);
    return this.counts.subarray(0, last + 1).reduce((sum, count) => sum + count, 0);
  }

  /** Returns the most records in a run without a longer gap, which must be 0 or of `endOf`. */
  longest(ns: number): number {
    const run = RUN_LIMITS.indexOf(ns);
    return Math.max(this.longestRuns[run], ...this.#edges(run));
  }

  /** Returns the lengths of all runs of equal times, and the smallest of them. */
  sizes(): { readonly sizes: FineHistogram; readonly least: number } {
    const sizes = new FineHistogram();
    sizes.merge(this.runSizes);
    let least = this.least;
    for (const length of this.#edges(0)) {
      sizes.add(Math.min(length, SIZE_MAX));
      if (length < least) least = length;
    }
    return { sizes, least };
  }

  /** The lengths of the first and the last run of each thread. */
  *#edges(run: number): Generator<number> {
    for (const { heads, starts, records } of this.byThread.values()) {
      if (heads[run] > 0) yield heads[run];
      yield records - starts[run];
    }
  }

  #begin(tid: number, low: number, high: number): void {
    if (this.byThread.size === THREADS_MAX) {
      this.isFull = true;
      return;
    }
    this.records += 1;
    const [heads, starts] = [new Float64Array(RUNS), new Float64Array(RUNS)];
    const ends = { firstLow: low, firstHigh: high, low, high };
    this.byThread.set(tid, { tid, ...ends, records: 1, heads, starts });
  }

  /** Counts a gap. Returns how many kinds of runs it ends. */
  #count(gap: number): number {
    const level = levelOf(gap);
    this.counts[level] += 1;
    return RUNS_ENDED[level];
  }

  /** Ends the runs of the first `kinds` kinds. */
  #end(thread: Thread, kinds: number): void {
    for (let run = 0; run < kinds; run++) {
      this.#close(thread, run, thread.records - thread.starts[run]);
      thread.starts[run] = thread.records;
    }
  }

  #close({ heads }: Thread, run: number, length: number): void {
    if (heads[run] === 0) {
      heads[run] = length;
      return;
    }
    if (length > this.longestRuns[run]) this.longestRuns[run] = length;
    if (run > 0) return;
    this.runSizes.add(Math.min(length, SIZE_MAX));
    if (length < this.least) this.least = length;
  }

  /** Appends what a thread did in the next part. */
  #join(thread: Thread, next: Thread): void {
    const gap = gapOf(thread.low, thread.high, next.firstLow, next.firstHigh);
    this.#end(thread, this.#count(gap));
    if (!this.isFine && gap < Number.POSITIVE_INFINITY)
      this.isFine = isFineGap(thread.low, thread.high, next.firstLow, next.firstHigh);
    for (let run = 0; run < RUNS; run++) {
      if (next.heads[run] === 0) continue;
      this.#close(thread, run, thread.records - thread.starts[run] + next.heads[run]);
      thread.starts[run] = thread.records + next.starts[run];
    }
    thread.records += next.records;
    thread.low = next.low;
    thread.high = next.high;
  }
}
