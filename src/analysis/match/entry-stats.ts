// In which statistics the pair of each entry is counted.
import { Counters } from './kernel-counters.ts';
import { ENTRY, ENTRY_SHIFT, MATCH } from './kernel-layout.ts';
import type { MatchTotals } from './match-totals.ts';
import type { FdStats, OpcodeStats, StatsTable } from './opcode-stats.ts';
import { directionOf } from './outcome.ts';
import type { PairGroups } from './pair-totals.ts';
import type { MatchState } from './state.ts';

/** Returns the row of the same key in the table of second pairs. */
function secondOf<S extends OpcodeStats>(row: S, first: StatsTable<S>, second: StatsTable<S>): S {
  return row === first.other ? second.other : second.of(row.high, row.low);
}

export class EntryStats {
  /** The counters of the kernel; null without one. */
  readonly #counters: Counters | null;
  readonly #state: MatchState;
  readonly #totals: MatchTotals;
  /** By slot: the statistics of its descriptor, if it has no counter. */
  readonly #fds: FdStats[] = [];
  /** By slot: those of its process, if its descriptor has none of its own. */
  readonly #processes: OpcodeStats[] = [];
  /** One object is reused. */
  readonly #groups: PairGroups;

  constructor(state: MatchState, totals: MatchTotals, hasKernel: boolean) {
    this.#state = state;
    this.#totals = totals;
    this.#counters = hasKernel ? new Counters(state, totals) : null;
    const { fds, processes } = totals;
    this.#groups = { own: processes.other, fd: fds.other, process: processes.other };
    totals.silences.waiting.groupsOf = (counter) => this.#counters?.groupsOf(counter) ?? [];
  }

  /**
   * Assigns statistics to the entry in a slot and returns those of its descriptor. It gets a
   * counter of the kernel, except at 2^63 ns or more: the kernel subtracts signed.
   */
  assign(slot: number, pid: number, fd: number, opcode: number): FdStats {
    const { fds, processes } = this.#totals;
    const stats = fds.of(pid, fd);
    const direction = directionOf(opcode);
    let process = stats.processes[direction];
    if (process === undefined) {
      process = processes.of(pid, direction);
      if (stats === fds.other) this.#processes[slot] = process;
      else stats.processes[direction] = process;
    }
    const { entries } = this.#state;
    const at = slot << ENTRY_SHIFT;
    const counter =
      this.#counters === null || entries[at + ENTRY.tsHigh] >= 2 ** 31
        ? 0
        : this.#counters.of(pid, fd, opcode, stats, process);
    entries[at + ENTRY.counter] = counter;
    if (counter !== 0) return stats;
    this.#state.words[MATCH.uncounted] += 1;
    this.#fds[slot] = stats;
    return stats;
  }

  /** Returns the statistics of an entry's descriptor. */
  fdOf(slot: number): FdStats {
    const counter = this.#state.entries[(slot << ENTRY_SHIFT) + ENTRY.counter];
    return counter === 0 || this.#counters === null
      ? this.#fds[slot]
      : this.#counters.fdOf(counter);
  }

  /**
   * Returns what the pair of an entry is counted in; valid until the next call. From now on the
   * kernel counts those like it that fail too.
   */
  groupsOf(slot: number, opcode: number, isFailed: boolean, isSecond: boolean): PairGroups {
    const groups = this.#groups;
    const counter = this.#state.entries[(slot << ENTRY_SHIFT) + ENTRY.counter];
    let fd = this.#fds[slot];
    if (counter !== 0 && this.#counters !== null) {
      fd = this.#counters.fdOf(counter);
      if (isFailed) this.#counters.countFailed(counter);
    }
    const process = fd.processes[directionOf(opcode)] ?? this.#processes[slot];
    const { fds, processes, second } = this.#totals;
    groups.own = (isSecond ? second : this.#totals).ofOpcode(opcode, isFailed);
    groups.fd = isSecond ? secondOf(fd, fds, second.fds) : (fd.into ?? fd);
    groups.process = isSecond
      ? secondOf(process, processes, second.processes)
      : (process.into ?? process);
    return groups;
  }

  /** Adds what the kernel has counted to the totals. */
  takeOver(): void {
    if (this.#counters === null) return;
    this.#counters.settle();
    this.#totals.settle();
  }
}
