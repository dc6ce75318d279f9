import type { Decoder } from '../../stream/decoder.ts';
import { KeyedTable } from './keyed-table.ts';
import type { ProcessDescriptors } from './process-descriptors.ts';
import { RecentCounts } from './recent-counts.ts';
import type { BlockCounter } from './section.ts';

/** The part of an `IocbSection` that a `ProcessCounter` reads and counts into. */
export interface CountedProcesses {
  readonly processes: ProcessDescriptors;
  readonly tables: { readonly fds: KeyedTable };
}

/**
 * Counts the submissions of a decoder whose records have a pid. Most captures have one process, so
 * blocks of the first one are not looked at: it has what the counts by descriptor have more than
 * those of the others. Settle those first.
 */
export class ProcessCounter implements BlockCounter {
  readonly #section: CountedProcesses;
  readonly #pidsAt: number;
  readonly #pids: Uint32Array;
  readonly #fds: Uint32Array;
  readonly #nbytes: Uint32Array;
  /** Counts by descriptor of everything that is counted by process. */
  readonly #counted = new KeyedTable();
  readonly #recent: RecentCounts;
  /** The first process, and how many submissions of its blocks are not counted yet. */
  #first: number | undefined;
  #left = 0;

  constructor(
    section: CountedProcesses,
    { addresses, arena: { buffer }, plan: { rows }, schema: { columns } }: Decoder,
  ) {
    const at = (field: string) => columns.findIndex(({ name }) => name === field);
    this.#section = section;
    this.#pidsAt = at('pid');
    this.#pids = new Uint32Array(buffer, addresses[this.#pidsAt], rows);
    this.#fds = new Uint32Array(buffer, addresses[at('aio_fildes')], rows);
    this.#nbytes = new Uint32Array(buffer, addresses[at('aio_nbytes')], 2 * rows);
    this.#recent = new RecentCounts((pid, fd, count, low, high) => {
      section.processes.add(pid, fd, count, low, high);
      this.#counted.add(fd, count, low, high);
    });
  }

  add(count: number, varying: Uint8Array): void {
    if (varying[this.#pidsAt] === 0) {
      this.#first ??= this.#pids[0];
      if (this.#pids[0] === this.#first) {
        this.#left += count;
        return;
      }
    }
    this.#recent.add(this.#pids, this.#fds, -1, count, this.#nbytes);
  }

  settle(): void {
    this.#recent.settle();
    if (this.#first === undefined || this.#left === 0) return;
    const { processes, tables } = this.#section;
    const counted = new Map(this.#counted.rows().map((row) => [row.key, row]));
    // A descriptor that is kept of all submissions is kept of some of them.
    for (const { key, count, sum } of tables.fds.rows()) {
      const known = counted.get(key);
      const rest = { key, count: count - (known?.count ?? 0), sum: sum - (known?.sum ?? 0n) };
      if (rest.count === 0) continue;
      processes.addSum(this.#first, rest);
      this.#counted.addSum(key, rest.count, rest.sum);
      this.#left -= rest.count;
    }
    processes.addOther(this.#left);
    this.#left = 0;
  }
}
