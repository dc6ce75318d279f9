import { type KeyedRow, type KeyedState, KeyedTable } from './keyed-table.ts';

/** Processes that are kept: those with the smallest pids. */
const PROCESSES_MAX = 256;
/** Descriptors that are kept of each. */
const DESCRIPTORS_MAX = 256;

/** The state of `ProcessDescriptors`, which can be cloned. */
export interface ProcessDescriptorsState {
  readonly processes: readonly (readonly [pid: number, descriptors: KeyedState])[];
  readonly otherCount: number;
}

/**
 * Counts of submissions, and sums of their `aio_nbytes`, by process and descriptor. Like the tables
 * of each process, it keeps the smallest keys, so that parts merge to the whole in any order.
 */
export class ProcessDescriptors {
  readonly #tables = new Map<number, KeyedTable>();
  /** Processes above this were dropped, and stay out. */
  #limit = 2 ** 32 - 1;
  #otherCount = 0;

  /** Adds submissions of a process to a descriptor: their `aio_nbytes` have a sum of two words. */
  add(pid: number, fd: number, count: number, low: number, high: number): void {
    const table = this.#tableOf(pid);
    if (table === undefined) this.#otherCount += count;
    else table.add(fd, count, low, high);
  }

  /** The same with a sum of any size. */
  addSum(pid: number, { key, count, sum }: KeyedRow): void {
    const table = this.#tableOf(pid);
    if (table === undefined) this.#otherCount += count;
    else table.addSum(key, count, sum);
  }

  /** Adds submissions whose descriptor is not known. */
  addOther(count: number): void {
    this.#otherCount += count;
  }

  /** The table of a process; undefined if the process is not kept. */
  #tableOf(pid: number): KeyedTable | undefined {
    const known = this.#tables.get(pid);
    if (known !== undefined || pid > this.#limit) return known;
    const table = new KeyedTable(DESCRIPTORS_MAX);
    this.#tables.set(pid, table);
    if (this.#tables.size > PROCESSES_MAX) this.#dropLast();
    return this.#tables.get(pid);
  }

  state(): ProcessDescriptorsState {
    const processes = [...this.#tables].map(([pid, table]) => [pid, table.state()] as const);
    return { processes, otherCount: this.#otherCount };
  }

  merge({ processes, otherCount }: ProcessDescriptorsState): void {
    this.#otherCount += otherCount;
    for (const [pid, state] of processes) {
      const table = this.#tableOf(pid);
      if (table === undefined) this.#otherCount += countIn(state);
      else table.merge(state);
    }
  }

  /** Returns what `make` returns for each descriptor, by process, both ascending as unsigned. */
  list<T>(make: (pid: number, fd: number, count: number, sum: bigint) => T): T[] {
    return [...this.#tables]
      .sort(([a], [b]) => a - b)
      .flatMap(([pid, table]) => table.list((fd, count, sum) => make(pid, fd, count, sum)));
  }

  /** Returns the number of submissions that no row counts. */
  other(): number {
    const dropped = [...this.#tables.values()].map((table) => table.other()?.count ?? 0);
    return dropped.reduce((sum, count) => sum + count, this.#otherCount);
  }

  #dropLast(): void {
    const last = [...this.#tables.keys()].reduce((most, pid) => Math.max(most, pid), 0);
    const table = this.#tables.get(last);
    if (table !== undefined) this.#otherCount += countIn(table.state());
    this.#tables.delete(last);
    this.#limit = last - 1;
  }
}

const countIn = ({ counts, otherCount }: KeyedState): number =>
  counts.reduce((sum, count) => sum + count, otherCount);
