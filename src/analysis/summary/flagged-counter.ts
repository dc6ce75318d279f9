import type { Decoder } from '../../stream/decoder.ts';
import type { KeyedTable } from './keyed-table.ts';
import { RecentCounts } from './recent-counts.ts';
import type { BlockCounter } from './section.ts';

/** Counts a column by value, in the records that have a bit of `aio_flags`. */
export class FlaggedCounter implements BlockCounter {
  readonly #bit: number;
  readonly #recent: RecentCounts;
  readonly #table: KeyedTable;
  readonly #flagsAt: number;
  readonly #valuesAt: number;
  readonly #flags: Uint32Array;
  readonly #values: Uint32Array | Uint16Array;

  constructor(
    { addresses, arena: { buffer }, plan: { rows }, schema: { columns } }: Decoder,
    { bit, field }: { readonly bit: number; readonly field: 'aio_reqprio' | 'aio_resfd' },
    table: KeyedTable,
  ) {
    const at = columns.findIndex(({ name }) => name === field);
    this.#bit = bit;
    this.#table = table;
    this.#valuesAt = at;
    // A choice for each record would cost more than counting those without the flag.
    this.#recent = new RecentCounts((value, flag, times) => {
      if (flag !== 0) table.add(value, times);
    });
    this.#flagsAt = columns.findIndex(({ name }) => name === 'aio_flags');
    this.#flags = new Uint32Array(buffer, addresses[this.#flagsAt], rows);
    this.#values = new (columns[at].byteLength === 2 ? Uint16Array : Uint32Array)(
      buffer,
      addresses[at],
      rows,
    );
  }

  add(count: number, varying: Uint8Array): void {
    // Most programs use no flags, or the same in all records.
    if (varying[this.#flagsAt] === 0) {
      if ((this.#flags[0] & this.#bit) === 0) return;
      if (varying[this.#valuesAt] === 0) {
        this.#table.add(this.#values[0], count);
        return;
      }
    }
    this.#recent.add(this.#values, this.#flags, this.#bit, count);
  }

  settle(): void {
    this.#recent.settle();
  }
}
