import type { Decoder } from '../../stream/decoder.ts';
import type { KeyedTable } from './keyed-table.ts';
import type { BlockCounter } from './section.ts';

/** Counts a column by value, in the records that have a bit of `aio_flags`. */
export class FlaggedCounter implements BlockCounter {
  readonly #bit: number;
  readonly #table: KeyedTable;
  readonly #flagsAt: number;
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
    this.#flagsAt = columns.findIndex(({ name }) => name === 'aio_flags');
    this.#flags = new Uint32Array(buffer, addresses[this.#flagsAt], rows);
    this.#values = new (columns[at].byteLength === 2 ? Uint16Array : Uint32Array)(
      buffer,
      addresses[at],
      rows,
    );
  }

  add(count: number, varying: Uint8Array): void {
    const [flags, values, bit] = [this.#flags, this.#values, this.#bit];
    // Most programs use no flags, or the same in all records.
    if (varying[this.#flagsAt] === 0 && (flags[0] & bit) === 0) return;
    // Run by run: values tend to repeat.
    let run = 0;
    let last = 0;
    for (let i = 0; i < count; i++) {
      if ((flags[i] & bit) === 0) continue;
      if (values[i] !== last && run > 0) {
        this.#table.add(last, run);
        run = 0;
      }
      last = values[i];
      run += 1;
    }
    if (run > 0) this.#table.add(last, run);
  }

  settle(): void {}
}
