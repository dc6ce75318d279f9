import { KeyedTable } from '../summary/keyed-table.ts';
import { pidsOf, type SubmissionBlock } from './block.ts';
import { READ, READV, WRITE, WRITEV } from './request-kind.ts';

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

/** Counts submissions by process and direction. Mergeable in any order. */
export class ProcessCounts {
  readonly #tables = LIST.map(() => new KeyedTable(KEPT));

  add(block: SubmissionBlock): void {
    const { count, kinds } = block;
    const pids = pidsOf(block);
    for (let begin = 0; begin < count; ) {
      const pid = pids[begin];
      const counts = [0, 0, 0];
      let end = begin;
      for (; end < count && pids[end] === pid; end++) counts[SIDE[kinds[end]]] += 1;
      // Every table has every process, so that all keep the same ones.
      for (const [i, table] of this.#tables.entries()) table.add(pid, counts[i]);
      begin = end;
    }
  }

  merge(part: ProcessCounts): void {
    for (const [i, table] of this.#tables.entries()) table.merge(part.#tables[i].state());
  }

  /** Returns the rows of the 4,096 smallest pids, and the rest; undefined if there is none. */
  toJSON(): { byProcess: ProcessCountJson[]; otherProcesses?: Omit<ProcessCountJson, 'pid'> } {
    const [reads, writes, others] = this.#tables.map((table) => table.rows());
    const byProcess = reads.map(({ key, count }, i) => ({
      ...{ pid: key, reads: count, writes: writes[i].count, others: others[i].count },
    }));
    const rest = this.#tables.map((table) => table.state().otherCount);
    if (rest.every((count) => count === 0)) return { byProcess };
    return { byProcess, otherProcesses: { reads: rest[0], writes: rest[1], others: rest[2] } };
  }
}
