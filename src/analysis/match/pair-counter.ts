import { IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC } from '../../abi/opcode.ts';
import { countLatency, countResult, isFailure } from './count-pair.ts';
import { EntryStats } from './entry-stats.ts';
import type { EventLog } from './event-log.ts';
import { InFlightTable, type Keys } from './in-flight-table.ts';
import { ENTRY, ENTRY_FLAGS, ENTRY_SHIFT } from './kernel-layout.ts';
import { EXACT_MAX } from './latency.ts';
import { MatchTotals } from './match-totals.ts';
import { isIo, isWrite } from './outcome.ts';
import { Completion, type CountedColumns, type PairPlace, type PairSink } from './pair-sink.ts';
import { latencyGroups } from './pair-totals.ts';
import type { MatchState } from './state.ts';
import { timeAt } from './waiting-pairs.ts';

/** Keeps the table of submissions in flight, and counts what enters it and leaves it. */
export class PairCounter {
  readonly totals: MatchTotals;
  readonly table: InFlightTable;
  /** What sinks receive of a completion: to be read before `settle` if `hasSinks`. */
  readonly completion: Completion = new Completion();
  readonly hasSinks: boolean;
  readonly #stats: EntryStats;
  readonly #sinks: readonly PairSink[];
  readonly #log: EventLog | undefined;
  /** What sinks receive of a pair: one object is reused. */
  readonly #place: PairPlace = { span: 0, overtook: 0, doubt: 0, isIo: false };

  constructor(
    state: MatchState,
    hasKernel: boolean,
    sinks: readonly PairSink[],
    log: EventLog | undefined,
  ) {
    this.totals = new MatchTotals(state);
    this.table = new InFlightTable(state);
    this.#stats = new EntryStats(state, this.totals, hasKernel);
    this.#sinks = sinks;
    this.#log = log;
    this.hasSinks = sinks.length > 0;
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
    this.#log?.opened(slot, row);
    const stats = this.#stats.assign(slot, pid, fd, opcode);
    table.setSeq(slot, table.order[address].open());
    const depth = totals.depth.open(opcode);
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
    const isFailed = isFailure(res, row);
    const groups = this.#stats.groupsOf(slot, opcode, isFailed, isSecond);
    const high = ts[2 * row + 1] - entries[at + ENTRY.tsHigh];
    const low = ts[2 * row] - entries[at + ENTRY.tsLow];
    totals.matched += 1;
    const latency = high * 2 ** 32 + low;
    const from = at + ENTRY.tsLow;
    const isAcross = !isSecond && this.totals.silences.isBetween(entries, from, ts, 2 * row);
    if (isAcross)
      this.totals.silences.wait(entries, from, ts, 2 * row, latencyGroups(groups, isFailed));
    else countLatency(groups, isFailed, high, low);
    const isNowait = (flags & ENTRY_FLAGS.nowait) !== 0;
    const nbytes = entries[at + ENTRY.nbytes];
    countResult(totals.outcomes, groups, opcode, isNowait, nbytes, res, row);
    if (this.hasSinks) {
      const place = this.#place;
      place.doubt = isSecond ? 1 : isAcross ? 2 : 0;
      place.isIo = !isFailed && isIo(opcode);
      this.#emit(slot, latency, (BigInt(high) << 32n) + BigInt(low));
    }
    if (isSecond) this.totals.unmatched.second.add(flags);
    else {
      this.#leaveFlight(slot, opcode, ts, row);
      this.#log?.settled(slot, completions, row, isAcross);
      table.order[entries[at + ENTRY.address]].close(table.seqOf(slot));
    }
    const early = entries[at + ENTRY.early];
    table.remove(slot);
    return early;
  }

  /** Adds what the kernel has counted to the totals. */
  takeOver(): void {
    this.#stats.takeOver();
  }

  /**
   * Counts the entries left at the end of the streams; `end` is null by counting. Returns the slots
   * of those in flight, oldest first.
   */
  finish(end: bigint | null): number[] {
    const { totals, table } = this;
    const { entries } = table;
    const longest = totals.latency().max ?? 0n;
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
      const fd = this.#stats.fdOf(slot);
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
    this.#log?.left(slot);
    this.#leaveFlight(slot, entries[at + ENTRY.flags] & 0xffff, ts, row);
  }

  #leaveFlight(slot: number, opcode: number, ts: Uint32Array, row: number): void {
    this.#addTimeInFlight(slot << ENTRY_SHIFT, ts, row);
    this.totals.depth.close(opcode);
    if (isWrite(opcode)) this.#stats.fdOf(slot).writesInFlight -= 1;
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

  #emit(slot: number, near: number, latency: bigint): void {
    const { completion, table } = this;
    const place = this.#place;
    const order = table.order[table.entries[(slot << ENTRY_SHIFT) + ENTRY.address]];
    for (const sink of this.#sinks) {
      if (!sink.accepts(near, place.isIo)) continue;
      const seq = table.seqOf(slot);
      place.span = order.spanOf(seq);
      place.overtook = order.overtakenBy(seq);
      sink.put(slot, table.index[slot], completion, latency, place);
    }
  }
}
