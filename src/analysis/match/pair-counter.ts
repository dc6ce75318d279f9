import { IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC } from '../../abi/opcode.ts';
import { countLatency, countResult } from './count-pair.ts';
import { InFlightTable, type Keys } from './in-flight-table.ts';
import { Counters } from './kernel-counters.ts';
import { ENTRY, ENTRY_FLAGS, ENTRY_SHIFT, MATCH } from './kernel-layout.ts';
import { EXACT_MAX } from './latency.ts';
import { MatchTotals } from './match-totals.ts';
import type { FdStats } from './opcode-stats.ts';
import { isWrite } from './outcome.ts';
import {
  Completion,
  type CountedColumns,
  type Doubt,
  type PairObserver,
  type PairPlace,
  type PairSink,
} from './pair-sink.ts';
import type { MatchState } from './state.ts';
import { hungAge } from './unmatched.ts';
import { timeAt } from './waiting-pairs.ts';

/** Keeps the table of submissions in flight, and counts what enters it and leaves it. */
export class PairCounter {
  readonly totals: MatchTotals;
  readonly table: InFlightTable;
  /** What sinks receive of a completion: to be read before `settle` if `hasSinks`. */
  readonly completion: Completion = new Completion();
  readonly hasSinks: boolean;
  /** The counters of the kernel; null without one. */
  readonly #counters: Counters | null;
  readonly #sinks: readonly PairSink[];
  readonly #state: MatchState;
  readonly #observer: PairObserver | undefined;
  /** What sinks receive of a pair: one object is reused. */
  readonly #place: PairPlace = { span: 0, overtook: 0, doubt: 0 };
  /** By slot: the statistics of its descriptor, if it has no counter. */
  readonly #uncounted: FdStats[] = [];

  constructor(
    state: MatchState,
    hasKernel: boolean,
    sinks: readonly PairSink[],
    observer: PairObserver | undefined,
  ) {
    this.#state = state;
    this.totals = new MatchTotals(state);
    this.table = new InFlightTable(state);
    this.#counters = hasKernel ? new Counters(state, this.totals.fds.other) : null;
    this.#sinks = sinks;
    this.#observer = observer;
    this.hasSinks = sinks.length > 0;
    this.totals.silences.waiting.groupsOf = (counter) =>
      this.#counters?.groupsOf(counter, this.totals) ?? [];
  }

  /** Adds the address of a row, which the table must not have, and returns it. */
  addAddress(keys: Keys, row: number): number {
    const { keyPid, ctx } = keys;
    const order = this.totals.orderOf(keyPid[row], ctx[2 * row], ctx[2 * row + 1]);
    return this.table.addAddress(keys, row, order);
  }

  /**
   * Counts row `row` of the submissions, now in a slot, as in flight, and returns the queue depth.
   * A flush does not cover the writes that are in flight on its descriptor.
   */
  enter(
    slot: number,
    address: number,
    pid: number,
    fd: number,
    opcode: number,
    row: number,
  ): number {
    const { table, totals } = this;
    this.#observer?.opened(slot, row);
    const stats = totals.fds.of(pid, fd);
    this.#assignCounter(slot, stats, pid, fd, opcode);
    table.setSeq(slot, table.order[address].open());
    const depth = totals.depth.open();
    if (isWrite(opcode)) stats.writesInFlight += 1;
    else if (opcode === IOCB_CMD_FSYNC || opcode === IOCB_CMD_FDSYNC) {
      stats.fsyncs += 1;
      if (stats.writesInFlight === 0 || stats === totals.fds.other) return depth;
      stats.overtaking += 1;
      stats.overtakenWrites += stats.writesInFlight;
    }
    return depth;
  }

  /** Takes an entry out of the queue depth and its order, as of a time: see `setAside`. */
  setAside(slot: number, ts: Uint32Array, row: number): void {
    this.#withdraw(slot, ts, row);
    this.table.entries[(slot << ENTRY_SHIFT) + ENTRY.flags] |= ENTRY_FLAGS.setAside;
  }

  /** Removes an entry that was set aside: it did not complete. */
  drop(slot: number): void {
    this.totals.unmatched.ended.add(this.table.entries[(slot << ENTRY_SHIFT) + ENTRY.flags]);
    this.table.remove(slot);
  }

  /** Removes an entry to make room. */
  evict(slot: number, ts: Uint32Array, row: number): void {
    const flags = this.table.entries[(slot << ENTRY_SHIFT) + ENTRY.flags];
    this.totals.evicted += 1;
    this.totals.unmatched.evict(flags);
    if ((flags & ENTRY_FLAGS.setAside) === 0) this.#withdraw(slot, ts, row);
    this.table.remove(slot);
  }

  /**
   * Counts an entry and its completion, a row of these columns, as a pair, and removes the entry.
   * Second pairs are counted apart. Returns the early completion that had it as its candidate, or
   * 0.
   */
  settle(slot: number, completions: CountedColumns, row: number, isSecond: boolean): number {
    const { ts, res } = completions;
    const { table } = this;
    const totals = isSecond ? this.totals.second : this.totals;
    const { entries } = table;
    const at = slot << ENTRY_SHIFT;
    const flags = entries[at + ENTRY.flags];
    const opcode = flags & 0xffff;
    const own = totals.opcodes.of(0, opcode);
    const fd = this.#statsOf(slot, isSecond);
    const high = ts[2 * row + 1] - entries[at + ENTRY.tsHigh];
    const low = ts[2 * row] - entries[at + ENTRY.tsLow];
    totals.matched += 1;
    const latency = high * 2 ** 32 + low;
    const from = at + ENTRY.tsLow;
    const isAcross = !isSecond && this.totals.silences.isBetween(entries, from, ts, 2 * row);
    if (isAcross) this.totals.silences.wait(entries, from, ts, 2 * row, [own, fd]);
    else countLatency(own, fd, high, low);
    const isNowait = (flags & ENTRY_FLAGS.nowait) !== 0;
    const nbytes = entries[at + ENTRY.nbytes];
    countResult(totals.outcomes, own, fd, opcode, isNowait, nbytes, res, row);
    const doubt = isSecond ? 1 : isAcross ? 2 : 0;
    if (this.hasSinks) this.#emit(slot, latency, (BigInt(high) << 32n) + BigInt(low), doubt);
    if (isSecond) this.totals.unmatched.second.add(flags);
    else {
      this.#leaveFlight(slot, opcode, ts, row);
      this.#observer?.settled(slot, entries, completions, row, isAcross);
      table.order[entries[at + ENTRY.address]].close(table.seqOf(slot));
    }
    const early = entries[at + ENTRY.early];
    table.remove(slot);
    return early;
  }

  /** Adds what the kernel has counted to the totals. */
  takeOver(): void {
    this.#counters?.settle(this.totals);
    if (this.#counters !== null) this.totals.settle();
  }

  /**
   * Counts the entries left at the end of the streams; `end` is null by counting. Returns the slots
   * of those in flight, oldest first.
   */
  finish(end: bigint | null): number[] {
    const { totals, table } = this;
    const { entries } = table;
    const latency = totals.latency();
    const longest = latency.max ?? 0n;
    totals.unmatched.hungFrom = hungAge(latency.percentile(9900));
    const ts = end === null ? null : Uint32Array.of(Number(end & 0xffffffffn), Number(end >> 32n));
    const open: number[] = [];
    for (
      let slot = table.oldest;
      slot !== 0;
      slot = entries[(slot << ENTRY_SHIFT) + ENTRY.ageNext]
    ) {
      const at = slot << ENTRY_SHIFT;
      const flags = entries[at + ENTRY.flags];
      if (ts !== null && (flags & ENTRY_FLAGS.setAside) === 0) this.#addTimeInFlight(at, ts, 0);
      const age = end === null ? null : end - timeAt(entries, at + ENTRY.tsLow);
      const fd = this.#fdOf(slot);
      const place = fd === totals.fds.other ? undefined : { pid: fd.high, fd: fd.low | 0 };
      if (totals.unmatched.leave(flags, age, longest, place)) open.push(slot);
    }
    return open;
  }

  /** Takes an entry that did not complete out of the queue depth, as of a time, and its order. */
  #withdraw(slot: number, ts: Uint32Array, row: number): void {
    const { entries, order } = this.table;
    const at = slot << ENTRY_SHIFT;
    order[entries[at + ENTRY.address]].remove(this.table.seqOf(slot));
    this.#observer?.left(slot);
    this.#leaveFlight(slot, entries[at + ENTRY.flags] & 0xffff, ts, row);
  }

  #leaveFlight(slot: number, opcode: number, ts: Uint32Array, row: number): void {
    this.#addTimeInFlight(slot << ENTRY_SHIFT, ts, row);
    this.totals.depth.close();
    if (isWrite(opcode)) this.#fdOf(slot).writesInFlight -= 1;
  }

  /** Returns the statistics of an entry's descriptor that a pair is counted in. */
  #statsOf(slot: number, isSecond: boolean): FdStats {
    const { fds, second } = this.totals;
    const counted = this.#fdOf(slot);
    if (!isSecond) return counted.into ?? counted;
    return counted === fds.other ? second.fds.other : second.fds.of(counted.high, counted.low);
  }

  /** Returns the statistics of an entry's descriptor. */
  #fdOf(slot: number): FdStats {
    const counter = this.table.entries[(slot << ENTRY_SHIFT) + ENTRY.counter];
    return counter === 0 || this.#counters === null
      ? this.#uncounted[slot]
      : this.#counters.fdOf(counter);
  }

  /** Assigns a counter to an entry, except at 2^63 ns or more: the kernel subtracts signed. */
  #assignCounter(slot: number, stats: FdStats, pid: number, fd: number, opcode: number): void {
    const { entries } = this.table;
    const at = slot << ENTRY_SHIFT;
    const counter =
      this.#counters === null || entries[at + ENTRY.tsHigh] >= 2 ** 31
        ? 0
        : this.#counters.of(pid, fd, opcode, stats);
    entries[at + ENTRY.counter] = counter;
    if (counter !== 0) return;
    this.#state.words[MATCH.uncounted] += 1;
    this.#uncounted[slot] = stats;
  }

  /** Adds the time from an entry's submission to `ts` to the times in flight. */
  #addTimeInFlight(at: number, ts: Uint32Array, row: number): void {
    const { entries } = this.table;
    const high = ts[2 * row + 1] - entries[at + ENTRY.tsHigh];
    const low = ts[2 * row] - entries[at + ENTRY.tsLow];
    const ns = high * 2 ** 32 + low;
    if (ns < EXACT_MAX && ns > -EXACT_MAX) this.totals.depth.inFlightNs.add(ns);
    else this.totals.depth.inFlightNs.addWide((BigInt(high) << 32n) + BigInt(low));
  }

  #emit(slot: number, near: number, latency: bigint, doubt: Doubt): void {
    const { completion, table } = this;
    const place = this.#place;
    place.doubt = doubt;
    const order = table.order[table.entries[(slot << ENTRY_SHIFT) + ENTRY.address]];
    for (const sink of this.#sinks) {
      if (!sink.accepts(near)) continue;
      const seq = table.seqOf(slot);
      place.span = order.spanOf(seq);
      place.overtook = order.overtakenBy(seq);
      sink.put(slot, table.index[slot], completion, latency, place);
    }
  }
}
