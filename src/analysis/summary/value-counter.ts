import { COUNTING } from '../../engine/sets.ts';
import {
  SUBMISSION_BYTES,
  VALUE_BYTES,
  VALUE_CLASS_SHIFT,
  VALUE_CLASS_SLOTS,
  VALUE_COLUMNS,
  VALUE_SLOTS,
} from '../../engine/tables.ts';
import type { Decoder } from '../../stream/decoder.ts';
import type { KeyedTable } from './keyed-table.ts';

/** Counts a column by value: small values by a kernel in the arena, others in a keyed table. */
export class ValueCounter {
  readonly #column: number;
  readonly #values: Uint32Array | Uint16Array;
  readonly #table: KeyedTable;
  readonly #count: (count: number) => number;
  readonly #slots: Uint32Array;

  constructor(decoder: Decoder, name: (typeof VALUE_COLUMNS)[number], table: KeyedTable) {
    const { arena, addresses, schema, plan } = decoder;
    this.#column = schema.columns.findIndex((column) => column.name === name);
    const { byteLength } = schema.columns[this.#column];
    const address = addresses[this.#column];
    const tables = plan.tables + SUBMISSION_BYTES + VALUE_COLUMNS.indexOf(name) * VALUE_BYTES;
    const kernel =
      arena.kernels(COUNTING)[byteLength === 2 ? 'count_values_16' : 'count_values_32'];
    this.#values = new (byteLength === 2 ? Uint16Array : Uint32Array)(
      arena.buffer,
      address,
      plan.rows,
    );
    this.#table = table;
    this.#count = (count) => kernel(address, count, tables);
    this.#slots = new Uint32Array(arena.buffer, tables, VALUE_SLOTS).fill(0);
  }

  add(count: number, varying: Uint8Array): void {
    if (varying[this.#column] === 0) this.#table.add(this.#values[0], count);
    else countRuns(this.#values, this.#count(count), count, this.#table);
  }

  settle(): void {
    const valueIn =
      this.#values.BYTES_PER_ELEMENT === 2 ? priorityOf : (slot: number) => (slot - 1) >>> 0;
    for (let slot = 0; slot < VALUE_SLOTS; slot++) {
      if (this.#slots[slot] > 0) this.#table.add(valueIn(slot), this.#slots[slot]);
    }
    this.#slots.fill(0);
  }
}

/** Returns the priority that a slot counts, as unsigned. */
const priorityOf = (slot: number): number =>
  (Math.floor(slot / VALUE_CLASS_SLOTS) << VALUE_CLASS_SHIFT) | (slot % VALUE_CLASS_SLOTS);

/** Counts the values from `begin` to `end` run by run: even rare values tend to repeat. */
function countRuns(
  values: Uint32Array | Uint16Array,
  begin: number,
  end: number,
  table: KeyedTable,
): void {
  for (let i = begin + 1; i <= end; i++) {
    if (i < end && values[i] === values[begin]) continue;
    table.add(values[begin], i - begin);
    begin = i;
  }
}
