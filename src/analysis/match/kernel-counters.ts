import {
  COUNTER,
  COUNTER_HISTOGRAMS,
  COUNTER_LONGS,
  COUNTER_OPCODES,
  COUNTER_SHIFT,
  COUNTER_SLOTS,
  COUNTERS_MAX,
  LATENCY_BUCKETS,
} from './kernel-layout.ts';
import type { MatchTotals } from './match-totals.ts';
import type { FdStats, OpcodeStats } from './opcode-stats.ts';
import { latencyGroups } from './pair-totals.ts';
import type { MatchState } from './state.ts';

const COUNTS = ['count', 'short', 'errors'] as const;

const hash = (pid: number, fd: number, opcode: number): number =>
  (Math.imul(pid, 0x85ebca6b) ^ Math.imul(fd, 0x9e3779b1) ^ Math.imul(opcode, 0x27d4eb2f)) >>> 7;

/** What a counter counts. */
interface Counted {
  readonly fd: FdStats;
  /** Of its process and direction. */
  readonly process: OpcodeStats;
  /** Whether it counts the requests that failed. Without it, it counts all but them. */
  readonly isFailed: boolean;
  /** Its own histogram; null if it shares one. */
  readonly histogram: Uint32Array | null;
}

/** A histogram of counters whose descriptors have none. */
interface Shared {
  readonly counts: Uint32Array;
  readonly opcode: number;
  readonly isFailed: boolean;
  /** Null if it is of several processes, which have none either. */
  readonly process: OpcodeStats | null;
}

/**
 * The kernel's counters, one per process, descriptor and opcode, and one more for those that
 * failed, until `settle` adds them to the totals. Submissions beyond the last counter are counted
 * in JavaScript. Counter 0 is not used.
 */
export class Counters {
  readonly #state: MatchState;
  readonly #totals: MatchTotals;
  readonly #words: Uint32Array;
  readonly #longs: BigInt64Array;
  readonly #slots: Uint32Array;
  /** Writes in flight per descriptor, at the number of its first counter. */
  readonly #writes: Uint32Array;
  readonly #counted: Counted[];
  readonly #shared = new Map<string, Shared>();
  /** Histograms in use, but for those of several processes. */
  #histograms = 0;

  constructor(state: MatchState, totals: MatchTotals) {
    const { plan, arena } = state;
    this.#state = state;
    this.#totals = totals;
    const { fds, processes } = totals;
    this.#counted = [{ fd: fds.other, process: processes.other, isFailed: false, histogram: null }];
    const words = (COUNTERS_MAX + 1) << COUNTER_SHIFT;
    this.#words = new Uint32Array(arena.buffer, plan.counters, words);
    this.#longs = new BigInt64Array(arena.buffer, plan.counters, words / 2);
    this.#slots = new Uint32Array(arena.buffer, plan.counterSlots, COUNTER_SLOTS);
    this.#writes = new Uint32Array(arena.buffer, plan.writes, COUNTERS_MAX + 1);
  }

  /** Returns the statistics of a counter's descriptor. */
  fdOf(counter: number): FdStats {
    return this.#counted[counter].fd;
  }

  /** Returns the statistics that the latencies of a counter are counted in. */
  groupsOf(counter: number): readonly OpcodeStats[] {
    const opcode = this.#words[(counter << COUNTER_SHIFT) + COUNTER.opcode];
    const { fd, process, isFailed } = this.#counted[counter];
    const own = this.#totals.ofOpcode(opcode, isFailed);
    return latencyGroups({ own, fd: fd.into ?? fd, process: process.into ?? process }, isFailed);
  }

  /** Returns the counter of an opcode on a descriptor, a new one if need be, or 0 without room. */
  of(pid: number, fd: number, opcode: number, stats: FdStats, process: OpcodeStats): number {
    if (opcode >= COUNTER_OPCODES || stats === this.#totals.fds.other) return 0;
    const words = this.#words;
    for (let at = hash(pid, fd, opcode); ; at++) {
      const slot = at & (COUNTER_SLOTS - 1);
      const counter = this.#slots[slot];
      if (counter === 0) {
        const added = this.#add(opcode, { fd: stats, process, isFailed: false });
        this.#slots[slot] = added;
        return added;
      }
      const home = counter << COUNTER_SHIFT;
      if (
        words[home + COUNTER.pid] === pid &&
        words[home + COUNTER.fd] === fd &&
        words[home + COUNTER.opcode] === opcode
      )
        return counter;
    }
  }

  /** Adds a counter for those of a counter that failed, unless it has one or there is no room. */
  countFailed(counter: number): void {
    const words = this.#words;
    const home = counter << COUNTER_SHIFT;
    if (words[home + COUNTER.failed] !== 0) return;
    const counted = { ...this.#counted[counter], isFailed: true };
    words[home + COUNTER.failed] = this.#add(words[home + COUNTER.opcode], counted);
  }

  /** Adds all counters to the totals and resets them. */
  settle(): void {
    for (let counter = 1; counter < this.#counted.length; counter++) {
      this.#settleOne(counter, this.#counted[counter]);
      this.#clear(counter);
    }
    for (const { counts, opcode, isFailed, process } of this.#shared.values()) {
      if (counts.some((count) => count > 0)) {
        this.#totals.ofOpcode(opcode, isFailed).latency.absorbCounts(counts);
        (process?.into ?? process)?.latency.absorbCounts(counts);
      }
      counts.fill(0);
    }
  }

  #settleOne(counter: number, { fd, process, isFailed, histogram }: Counted): void {
    const word = (name: keyof typeof COUNTER) =>
      this.#words[(counter << COUNTER_SHIFT) + COUNTER[name]];
    const long = (name: keyof typeof COUNTER_LONGS) =>
      this.#longs[(counter << (COUNTER_SHIFT - 1)) + COUNTER_LONGS[name]];
    const ofFd = fd.into ?? fd;
    ofFd.fsyncs += word('fsyncs');
    ofFd.overtaking += word('overtaking');
    ofFd.overtakenWrites += Number(long('overtakenWrites'));
    const [count, short, errors] = COUNTS.map(word);
    const bytes = long('bytes');
    // Without pairs there is no row of the opcode.
    if (count === 0 && short === 0 && errors === 0 && bytes === 0n) return;
    const sum = (long('sumHigh') << 32n) + long('sumLow');
    const ofProcess = process.into ?? process;
    for (const each of [this.#totals.ofOpcode(word('opcode'), isFailed), ofFd, ofProcess]) {
      each.bytes.addWide(bytes);
      each.short += short;
      each.errors += errors;
      if (count === 0 || (isFailed && each === ofProcess)) continue;
      each.latency.absorb({ count, sum, min: long('min'), max: long('max') });
      if (histogram !== null) each.latency.absorbCounts(histogram);
    }
    histogram?.fill(0);
  }

  #clear(counter: number): void {
    const home = counter << COUNTER_SHIFT;
    this.#words.fill(0, home + COUNTER.count, home + (1 << COUNTER_SHIFT));
    this.#longs[home / 2 + COUNTER_LONGS.min] = 2n ** 63n - 1n;
  }

  #add(opcode: number, given: Omit<Counted, 'histogram'>): number {
    const counter = this.#counted.length;
    if (counter > COUNTERS_MAX) return 0;
    const isShared = !given.fd.latency.hasHistogram;
    const counts = isShared ? this.#sharedBy(opcode, given) : this.#nextHistogram();
    if (counts === null) return 0;
    const { fd } = given;
    if (fd.writesAt < 0) fd.shareWrites(this.#writes, counter);
    const home = counter << COUNTER_SHIFT;
    const set = (name: keyof typeof COUNTER, value: number) => {
      this.#words[home + COUNTER[name]] = value;
    };
    set('pid', fd.high);
    set('fd', fd.low);
    set('opcode', opcode);
    set('histogram', counts.byteOffset);
    set('writes', this.#writes.byteOffset + 4 * fd.writesAt);
    set('failed', 0);
    this.#clear(counter);
    this.#counted[counter] = { ...given, histogram: isShared ? null : counts };
    return counter;
  }

  /**
   * Returns the histogram of all counters of an opcode in a process whose descriptors have none; of
   * all processes if theirs have none either, or if they failed. Null without room.
   */
  #sharedBy(opcode: number, given: Omit<Counted, 'histogram'>): Uint32Array | null {
    const { process: row, isFailed } = given;
    const process = isFailed || !row.latency.hasHistogram ? null : row;
    const key = `${process === null ? '' : `${process.high} ${process.low}`}/${opcode}/${isFailed}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known.counts;
    const ofAll = COUNTER_HISTOGRAMS + 2 * opcode + Number(isFailed);
    const counts = process === null ? this.#histogram(ofAll) : this.#nextHistogram();
    if (counts !== null) this.#shared.set(key, { counts, opcode, isFailed, process });
    return counts;
  }

  #nextHistogram(): Uint32Array | null {
    if (this.#histograms === COUNTER_HISTOGRAMS) return null;
    this.#histograms += 1;
    return this.#histogram(this.#histograms - 1);
  }

  #histogram(number: number): Uint32Array {
    const at = this.#state.plan.histograms + 4 * LATENCY_BUCKETS * number;
    return new Uint32Array(this.#state.arena.buffer, at, LATENCY_BUCKETS).fill(0);
  }
}
