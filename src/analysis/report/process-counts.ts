import { type KeyedState, KeyedTable } from '../summary/keyed-table.ts';
import type { SubmissionBlock } from './block.ts';
import { plainKind, READ, READV, WRITE, WRITEV } from './request-kind.ts';

/** Processes that are kept: those with the smallest pids. */
const KEPT = 4096;

/** The submissions of one process. */
export interface ProcessCountJson {
  /** 0 if the envelope has none. */
  pid: number;
  reads: number;
  writes: number;
  /** Opcodes that move no data. */
  others: number;
}

/** Counts by direction: what they add up to. */
const LIST = ['reads', 'writes', 'others'] as const;
const SIDE = new Uint8Array(256).fill(2);
SIDE[READ] = SIDE[READV] = 0;
SIDE[WRITE] = SIDE[WRITEV] = 1;

/** Processes whose counts are kept apart, by the low bits of their pids. */
const CACHED = 64;
const NO_PID = -1;

/** Counts submissions by process and direction. Mergeable in any order. */
export class ProcessCounts {
  readonly #tables = LIST.map(() => new KeyedTable(KEPT));
  /** Recent processes, and their counts that are not in the tables yet. */
  readonly #pids = new Float64Array(CACHED).fill(NO_PID);
  readonly #counts = new Float64Array(CACHED * LIST.length);

  add({ requests }: Pick<SubmissionBlock, 'requests'>): void {
    for (const { pid, kind, count } of requests.groups) {
      const at = pid & (CACHED - 1);
      if (this.#pids[at] !== pid) {
        this.#flush(at);
        this.#pids[at] = pid;
      }
      this.#counts[at * LIST.length + SIDE[plainKind(kind)]] += count;
    }
  }

  /** Returns the tables: views until they are cloned. */
  state(): KeyedState[] {
    this.#flushAll();
    return this.#tables.map((table) => table.state());
  }

  merge(states: readonly KeyedState[]): void {
    for (const [i, table] of this.#tables.entries()) table.merge(states[i]);
  }

  /** Moves counts to the tables. Each has every process, so that all keep the same ones. */
  #flush(at: number): void {
    if (this.#pids[at] === NO_PID) return;
    const begin = at * LIST.length;
    for (const [i, table] of this.#tables.entries())
      table.add(this.#pids[at], this.#counts[begin + i]);
    this.#counts.fill(0, begin, begin + LIST.length);
    this.#pids[at] = NO_PID;
  }

  #flushAll(): void {
    for (let at = 0; at < CACHED; at++) this.#flush(at);
  }

  /** Returns the rows of the 4,096 smallest pids, and the rest if there are more. */
  toJSON(): { byProcess: ProcessCountJson[]; otherProcesses?: Omit<ProcessCountJson, 'pid'> } {
    this.#flushAll();
    const [reads, writes, others] = this.#tables.map((table) => table.rows());
    const byProcess = reads.map(({ key, count }, i) => ({
      ...{ pid: key, reads: count, writes: writes[i].count, others: others[i].count },
    }));
    const rest = this.#tables.map((table) => table.state().otherCount);
    if (rest.every((count) => count === 0)) return { byProcess };
    return { byProcess, otherProcesses: { reads: rest[0], writes: rest[1], others: rest[2] } };
  }
}
