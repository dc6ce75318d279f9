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
import type { MatchState } from './state.ts';

const hash = (pid: number, fd: number, opcode: number): number =>
  (Math.imul(pid, 0x85ebca6b) ^ Math.imul(fd, 0x9e3779b1) ^ Math.imul(opcode, 0x27d4eb2f)) >>> 7;

/**
 * The kernel's counters, one per process, descriptor and opcode, until `settle` adds them to the
 * totals. Submissions beyond the last counter are counted in JavaScript. Counter 0 is not used.
 */
export class Counters {
  readonly #state: MatchState;
  readonly #words: Uint32Array;
  readonly #longs: BigInt64Array;
  readonly #slots: Uint32Array;
  /** Writes in flight per descriptor, at the number of its first counter. */
  readonly #writes: Uint32Array;
  /** By counter: the statistics of its descriptor, and its own histogram, or null if shared. */
  readonly #fds: FdStats[];
  readonly #histograms: (Uint32Array | null)[] = [null];
  /** By opcode: the histogram shared by counters whose descriptor has none. */
  readonly #shared: Uint32Array[] = [];
  #ownHistograms = 0;

  constructor(state: MatchState, other: FdStats) {
    const { plan, arena } = state;
    this.#state = state;
    this.#fds = [other];
    const words = (COUNTERS_MAX + 1) << COUNTER_SHIFT;
    this.#words = new Uint32Array(arena.buffer, plan.counters, words);
    this.#longs = new BigInt64Array(arena.buffer, plan.counters, words / 2);
    this.#slots = new Uint32Array(arena.buffer, plan.counterSlots, COUNTER_SLOTS);
    this.#writes = new Uint32Array(arena.buffer, plan.writes, COUNTERS_MAX + 1);
  }

  /** Returns the statistics of a counter's descriptor. */
  fdOf(counter: number): FdStats {
    return this.#fds[counter];
  }

  /** Returns the statistics that the pairs of a counter are counted in. */
  groupsOf(counter: number, { opcodes }: MatchTotals): readonly OpcodeStats[] {
    const opcode = this.#words[(counter << COUNTER_SHIFT) + COUNTER.opcode];
    const fd = this.#fds[counter];
    return [opcodes.of(0, opcode), fd.into ?? fd];
  }

  /** Returns the counter of an opcode on a descriptor, a new one if need be, or 0 without room. */
  of(pid: number, fd: number, opcode: number, stats: FdStats): number {
    if (opcode >= COUNTER_OPCODES || stats === this.#fds[0]) return 0;
    const words = this.#words;
    for (let at = hash(pid, fd, opcode); ; at++) {
      const slot = at & (COUNTER_SLOTS - 1);
      const counter = this.#slots[slot];
      if (counter === 0) return this.#add(slot, pid, fd, opcode, stats);
      const home = counter << COUNTER_SHIFT;
      if (
        words[home + COUNTER.pid] === pid &&
        words[home + COUNTER.fd] === fd &&
        words[home + COUNTER.opcode] === opcode
      )
        return counter;
    }
  }

  /** Adds all counters to the totals and resets them. */
  settle(totals: MatchTotals): void {
    for (let counter = 1; counter < this.#fds.length; counter++) {
      const stats = this.#fds[counter];
      this.#settleOne(counter, stats.into ?? stats, totals);
      this.#clear(counter);
      this.#histograms[counter]?.fill(0);
    }
    this.#shared.forEach((counts, opcode) => {
      if (counts.some((count) => count > 0))
        totals.opcodes.of(0, opcode).latency.absorbCounts(counts);
      counts.fill(0);
    });
  }

  #settleOne(counter: number, fd: FdStats, totals: MatchTotals): void {
    const word = (name: keyof typeof COUNTER) =>
      this.#words[(counter << COUNTER_SHIFT) + COUNTER[name]];
    const long = (name: keyof typeof COUNTER_LONGS) =>
      this.#longs[(counter << (COUNTER_SHIFT - 1)) + COUNTER_LONGS[name]];
    fd.fsyncs += word('fsyncs');
    fd.overtaking += word('overtaking');
    fd.overtakenWrites += Number(long('overtakenWrites'));
    const count = word('count');
    const sum = (long('sumHigh') << 32n) + long('sumLow');
    const counts = this.#histograms[counter];
    for (const each of [totals.opcodes.of(0, word('opcode')), fd]) {
      each.bytes.addWide(long('bytes'));
      each.short += word('short');
      each.errors += word('errors');
      if (count === 0) continue;
      each.latency.absorb({ count, sum, min: long('min'), max: long('max') });
      if (counts !== null) each.latency.absorbCounts(counts);
    }
  }

  #clear(counter: number): void {
    const home = counter << COUNTER_SHIFT;
    this.#words.fill(0, home + COUNTER.count, home + (1 << COUNTER_SHIFT));
    this.#longs[home / 2 + COUNTER_LONGS.min] = 2n ** 63n - 1n;
  }

  #add(slot: number, pid: number, fd: number, opcode: number, stats: FdStats): number {
    const counter = this.#fds.length;
    if (counter > COUNTERS_MAX) return 0;
    const isShared = !stats.latency.hasHistogram;
    if (!isShared && this.#ownHistograms === COUNTER_HISTOGRAMS) return 0;
    const histogram = isShared
      ? (this.#shared[opcode] ??= this.#histogram(COUNTER_HISTOGRAMS + opcode))
      : this.#histogram(this.#ownHistograms);
    if (!isShared) this.#ownHistograms += 1;
    if (stats.writesAt < 0) stats.shareWrites(this.#writes, counter);
    const home = counter << COUNTER_SHIFT;
    const set = (name: keyof typeof COUNTER, value: number) => {
      this.#words[home + COUNTER[name]] = value;
    };
    set('pid', pid);
    set('fd', fd);
    set('opcode', opcode);
    set('histogram', histogram.byteOffset);
    set('writes', this.#writes.byteOffset + 4 * stats.writesAt);
    this.#clear(counter);
    this.#fds[counter] = stats;
    this.#histograms[counter] = isShared ? null : histogram;
    this.#slots[slot] = counter;
    return counter;
  }

  #histogram(number: number): Uint32Array {
    const at = this.#state.plan.histograms + 4 * LATENCY_BUCKETS * number;
    return new Uint32Array(this.#state.arena.buffer, at, LATENCY_BUCKETS).fill(0);
  }
}
