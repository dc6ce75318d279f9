import { IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC, IOCB_CMD_POLL } from '../../abi/opcode.ts';
import { Cells } from './counters.ts';
import { type Keys, OpenTable } from './in-flight-table.ts';
import type { ResultColumns } from './input-stream.ts';
import { ENTRY, ENTRY_SHIFT, MATCH, OPEN_FLAGS } from './kernel-layout.ts';
import { EXACT_MAX, latencyBucket } from './latency.ts';
import { Tally } from './match-totals.ts';
import type { Group } from './opcode-stats.ts';
import { isRead, isWrite } from './outcome.ts';
import type { Completion } from './pair-batch.ts';
import type { MatchState } from './state.ts';

/** Where pairs go, besides into statistics. */
export interface PairSink {
  /** Whether a pair of about this latency is wanted. */
  wants(latency: number): boolean;
  put(
    slot: number,
    submissionIndex: number,
    completion: Completion,
    latency: bigint,
    span: number,
    overtook: number,
  ): void;
}

/** Sees every pair in passing, as words, for whoever counts what matching itself does not. */
export interface PairObserver {
  /** Row `row` of the submissions has taken slot `slot`. */
  opened(slot: number, row: number): void;
  /** The request in a slot has completed, as a row of these columns says. `entries` is the open table. */
  settled(slot: number, entries: Uint32Array, results: Results, row: number): void;
}

/** Columns of words that completions are settled from. */
export type Results = Pick<ResultColumns, 'ts' | 'res'>;

/** The requests that are open, and what is counted as they come and go. */
export class InFlight {
  readonly tally: Tally;
  readonly table: OpenTable;
  /** What the kernel counts; null where there is none. */
  readonly cells: Cells | null;
  /** What sinks are told of a completion: to be filled in before `settle` where `tells`. */
  readonly completion: Completion = {
    index: 0,
    tsLow: 0,
    tsHigh: 0,
    resLow: 0,
    resHigh: 0,
    res2Low: 0,
    res2High: 0,
    tid: 0,
  };
  readonly tells: boolean;
  readonly #sinks: readonly PairSink[];
  readonly #state: MatchState;
  readonly #watch: PairObserver | undefined;
  /** By slot: what its descriptor did, where its request has no cell. */
  readonly #groups: Group[] = [];

  constructor(
    state: MatchState,
    hasKernel: boolean,
    sinks: readonly PairSink[],
    watch: PairObserver | undefined,
  ) {
    this.#state = state;
    this.tally = new Tally(state);
    this.table = new OpenTable(state);
    this.cells = hasKernel ? new Cells(state, this.tally.fds.other) : null;
    this.#sinks = sinks;
    this.#watch = watch;
    this.tells = sinks.length > 0;
  }

  /** The address of a row, which the table does not know. */
  addAddress(keys: Keys, row: number): number {
    return this.table.addAddress(
      keys,
      row,
      this.tally.orderOf(keys.keyPid[row], keys.ctx[2 * row], keys.ctx[2 * row + 1]),
    );
  }

  /** A request, row `row` of the submissions, goes on its way. Writes that a flush finds in flight at its descriptor are not covered by it. */
  enter(slot: number, address: number, pid: number, fd: number, opcode: number, row: number): void {
    const { table, tally } = this;
    this.#watch?.opened(slot, row);
    const group = tally.fds.of(pid, fd);
    this.#assign(slot, group, pid, fd, opcode);
    table.setSeq(slot, table.order[address].open());
    tally.depth.open();
    if (isWrite(opcode)) group.writesInFlight += 1;
    else if (opcode === IOCB_CMD_FSYNC || opcode === IOCB_CMD_FDSYNC) {
      group.fsyncs += 1;
      if (group.writesInFlight === 0 || group === tally.fds.other) return;
      group.overtaking += 1;
      group.overtakenWrites += group.writesInFlight;
    }
  }

  /** A request is no longer taken for in flight, though it may stay open. */
  leave(slot: number, ts: Uint32Array, row: number): void {
    const { table } = this;
    const { entries } = table;
    const at = slot << ENTRY_SHIFT;
    const flags = entries[at + ENTRY.flags];
    if ((flags & OPEN_FLAGS.left) !== 0) return;
    this.#stay(at, ts, row);
    entries[at + ENTRY.flags] = flags | OPEN_FLAGS.left;
    table.order[entries[at + ENTRY.address]].leave(table.seqOf(slot));
    this.#exit(slot, flags & 0xffff);
  }

  /**
   * A request, and what was submitted before it at its address, is taken for refused, since the address is used again or a
   * newer one there has completed. It may still complete. What is older than one that has left has left.
   */
  leaveOlder(slot: number, ts: Uint32Array, row: number): void {
    const { entries } = this.table;
    for (let older = slot; older !== 0; older = entries[(older << ENTRY_SHIFT) + ENTRY.older]) {
      if ((entries[(older << ENTRY_SHIFT) + ENTRY.flags] & OPEN_FLAGS.left) !== 0) return;
      this.leave(older, ts, row);
    }
  }

  /** Give an open request up, to make room. */
  evict(slot: number, ts: Uint32Array, row: number): void {
    const flags = this.table.entries[(slot << ENTRY_SHIFT) + ENTRY.flags];
    this.tally.evicted += 1;
    if ((flags & OPEN_FLAGS.superseded) !== 0) this.tally.superseded += 1;
    else this.tally.lost += 1;
    this.leave(slot, ts, row);
    this.table.remove(slot);
  }

  /** A request and its completion, a row of these columns, are a pair: count it, and let the request go. Gives the early event that hoped for it, or 0. */
  settle(slot: number, results: Results, row: number): number {
    const { ts, res } = results;
    const { table, tally } = this;
    const { entries } = table;
    const at = slot << ENTRY_SHIFT;
    const flags = entries[at + ENTRY.flags];
    const opcode = flags & 0xffff;
    const own = tally.opcodes.of(0, opcode);
    const counted = this.#groupOf(slot);
    const group = counted.into ?? counted;
    const high = ts[2 * row + 1] - entries[at + ENTRY.tsHigh];
    const low = ts[2 * row] - entries[at + ENTRY.tsLow];
    const latency = high * 2 ** 32 + low;
    tally.matched += 1;
    if (latency < EXACT_MAX && latency > -EXACT_MAX) {
      const bucket = latencyBucket(latency < 0 ? -latency : latency);
      own.latency.add(latency, bucket);
      group.latency.add(latency, bucket);
    } else {
      const wide = (BigInt(high) << 32n) + BigInt(low);
      own.latency.addWide(wide);
      group.latency.addWide(wide);
    }
    if (res[2 * row + 1] >= 2 ** 31) {
      tally.outcomes.fail(
        opcode,
        (flags & OPEN_FLAGS.nowait) !== 0,
        res[2 * row],
        res[2 * row + 1],
      );
      own.errors += 1;
      group.errors += 1;
    } else if (isRead(opcode) || isWrite(opcode)) this.#move(own, group, at, res, row);
    if ((flags & OPEN_FLAGS.left) === 0) {
      this.#stay(at, ts, row);
      this.#exit(slot, opcode);
    }
    this.#watch?.settled(slot, entries, results, row);
    if (this.tells) this.#tell(slot, latency, (BigInt(high) << 32n) + BigInt(low));
    table.order[entries[at + ENTRY.address]].close(table.seqOf(slot));
    const early = entries[at + ENTRY.early];
    table.remove(slot);
    return early;
  }

  /** Take over what the kernel has counted. */
  takeOver(): void {
    this.cells?.settle(this.tally);
    if (this.cells !== null) this.tally.settle();
  }

  /** What is open when the streams end: superseded, lost or in flight. */
  finish(end: bigint): void {
    const ts = Uint32Array.of(Number(end & 0xffffffffn), Number(end >> 32n));
    const { tally, table } = this;
    const { entries } = table;
    const longest = Number(tally.latency().max ?? 0n);
    for (
      let slot = table.oldest;
      slot !== 0;
      slot = entries[(slot << ENTRY_SHIFT) + ENTRY.ageNext]
    ) {
      const at = slot << ENTRY_SHIFT;
      const flags = entries[at + ENTRY.flags];
      if ((flags & OPEN_FLAGS.left) === 0) this.#stay(at, ts, 0);
      const age =
        (ts[1] - entries[at + ENTRY.tsHigh]) * 2 ** 32 + (ts[0] - entries[at + ENTRY.tsLow]);
      if ((flags & OPEN_FLAGS.superseded) !== 0) tally.superseded += 1;
      else if ((flags & 0xffff) !== IOCB_CMD_POLL && age > longest) tally.lost += 1;
    }
  }

  #exit(slot: number, opcode: number): void {
    this.tally.depth.close();
    if (isWrite(opcode)) this.#groupOf(slot).writesInFlight -= 1;
  }

  /** What the descriptor of a request did. */
  #groupOf(slot: number): Group {
    const cell = this.table.entries[(slot << ENTRY_SHIFT) + ENTRY.cell];
    return cell === 0 || this.cells === null ? this.#groups[slot] : this.cells.groupOf(cell);
  }

  /** Give a request its cell, if the kernel is to know it: its times have 63 bits. */
  #assign(slot: number, group: Group, pid: number, fd: number, opcode: number): void {
    const { entries } = this.table;
    const at = slot << ENTRY_SHIFT;
    const cell =
      this.cells === null || entries[at + ENTRY.tsHigh] >= 2 ** 31
        ? 0
        : this.cells.of(pid, fd, opcode, group);
    entries[at + ENTRY.cell] = cell;
    if (cell !== 0) return;
    this.#state.words[MATCH.uncelled] += 1;
    this.#groups[slot] = group;
  }

  /** Add the time from a request's submission to `ts` to the times in flight. */
  #stay(at: number, ts: Uint32Array, row: number): void {
    const { entries } = this.table;
    const high = ts[2 * row + 1] - entries[at + ENTRY.tsHigh];
    const low = ts[2 * row] - entries[at + ENTRY.tsLow];
    const stay = high * 2 ** 32 + low;
    if (stay < EXACT_MAX && stay > -EXACT_MAX) this.tally.depth.inFlightNs.add(stay);
    else this.tally.depth.inFlightNs.addWide((BigInt(high) << 32n) + BigInt(low));
  }

  /** A read or write moved bytes. */
  #move(own: Group, group: Group, at: number, res: Uint32Array, row: number): void {
    const { entries } = this.table;
    const moved = res[2 * row + 1] * 2 ** 32 + res[2 * row];
    if (moved < EXACT_MAX) {
      own.bytes.add(moved);
      group.bytes.add(moved);
    } else {
      const wide = (BigInt(res[2 * row + 1]) << 32n) + BigInt(res[2 * row]);
      own.bytes.addWide(wide);
      group.bytes.addWide(wide);
    }
    if (
      !this.tally.outcomes.succeed(
        entries[at + ENTRY.flags] & 0xffff,
        entries[at + ENTRY.nbytes],
        moved,
      )
    )
      return;
    own.short += 1;
    group.short += 1;
  }

  #tell(slot: number, near: number, latency: bigint): void {
    const { completion, table } = this;
    const order = table.order[table.entries[(slot << ENTRY_SHIFT) + ENTRY.address]];
    for (const sink of this.#sinks) {
      if (!sink.wants(near)) continue;
      const seq = table.seqOf(slot);
      sink.put(
        slot,
        table.index[slot],
        completion,
        latency,
        order.spanOf(seq),
        order.overtakenBy(seq),
      );
    }
  }
}
