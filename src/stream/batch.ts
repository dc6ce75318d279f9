import type { Columns, RECORDS, RecordKind, RecordObject } from '../abi/record.ts';
import { AioscopeError } from '../errors.ts';
import type { ColumnSource, Kind, Schema } from '../layout/schema.ts';
import { Cursor } from './cursor.ts';
import { type ColumnArray, ownedColumns } from './decoder.ts';
import { cursorReader, namedValue, type Reader, type Value, valueReader } from './named.ts';
import type { RingImage, SlotState } from './ring.ts';

/** The struct that the records of a kind are: a ring holds io_events. */
export type RecordOf<K extends Kind> = K extends 'aio_ring' ? 'io_event' : K;

/** The columns of a batch: those of the struct by their ABI names, and the envelope's by theirs. */
export type BatchColumns<R extends RecordKind> = R extends RecordKind
  ? Columns<(typeof RECORDS)[R]> & { readonly [name: string]: ColumnArray }
  : never;

/** One record as a plain object: 64-bit fields are bigint, descriptors signed, envelope fields under their names. */
export type BatchRecord<R extends RecordKind> = R extends RecordKind
  ? RecordObject<(typeof RECORDS)[R]> & { [name: string]: Value }
  : never;

/** What a batch needs to know of the ring that its records are from. */
type RingPlace = Pick<RingImage, 'slots' | 'headerBytes' | 'liveEvents'>;

/** Where the records of a batch lie in their source. */
export interface BatchPlace {
  /** The index among all records of the source of the first record that was read for the batch. */
  readonly firstIndex: number;
  /** Where records are selected: the numbers of the batch's records, counted from that one. */
  readonly rows?: Uint32Array | Float64Array | undefined;
  /** The records as they lie in the source, one after the other. */
  readonly bytes?: Uint8Array | undefined;
  /** The image that the records are the slots of, where it is one. */
  readonly ring: RingPlace | undefined;
  /** Whether the arena that holds the columns still holds them. */
  readonly isLive: () => boolean;
}

/**
 * Some consecutive records, or those of them that were asked for, decoded into one typed array a field.
 *
 * A batch that a reader yields is views into the reader's memory, valid until the next step of the iteration (or its
 * end): then its methods and getters throw `AIOSCOPE_STALE`. An array taken from it earlier cannot be guarded and will
 * show other records; `copy()` makes a batch that owns its columns and stays.
 */
export class RecordBatch<R extends RecordKind = RecordKind> {
  readonly schema: Schema;
  /** Number of records. */
  readonly length: number;
  readonly #arrays: readonly ColumnArray[];
  readonly #place: BatchPlace;
  #columns: BatchColumns<R> | undefined;
  /** Made at the first record, not at each: a closure a value was half of an object's cost. */
  #readers: readonly Reader<Value>[] | undefined;

  constructor(schema: Schema, arrays: readonly ColumnArray[], length: number, place: BatchPlace) {
    this.schema = schema;
    this.length = length;
    this.#arrays = arrays;
    this.#place = place;
  }

  /** The columns by name: typed arrays of `length` values (`charN`: N bytes a record). Views, valid as long as the batch. */
  get columns(): BatchColumns<R> {
    this.#check();
    this.#columns ??= Object.fromEntries(
      this.schema.columns.map(({ name }, i) => [name, this.#arrays[i]]),
    ) as BatchColumns<R>;
    return this.#columns;
  }

  /** The records as they lie in the source, each with its envelope: a view, valid as long as the batch; undefined where the batch owns its columns. */
  get bytes(): Uint8Array | undefined {
    this.#check();
    return this.#place.bytes;
  }

  /** The index of the first record among all records of the source. */
  get firstIndex(): number {
    return this.indexOf(0);
  }

  /** The index of record `i` of this batch among all records of the source: `firstIndex + i`, unless records are selected. */
  indexOf(i: number): number {
    this.#check();
    return this.#indexOf(i);
  }

  /** The byte offset in the source of record `i` of this batch, its envelope included. */
  offsetOf(i: number): number {
    this.#check();
    const { ring } = this.#place;
    const index = this.#indexOf(i);
    return ring === undefined
      ? index * this.schema.stride
      : ring.headerBytes + ring.slots[index] * this.schema.stride;
  }

  /** The slot that record `i` has in its ring; undefined where the source is no ring. */
  slotOf(i: number): number | undefined {
    this.#check();
    return this.#place.ring?.slots[this.#indexOf(i)];
  }

  /** Whether record `i` waits to be reaped or has been and is left in its slot; undefined where the source is no ring. */
  stateOf(i: number): SlotState | undefined {
    this.#check();
    const { ring } = this.#place;
    if (ring === undefined) return undefined;
    return this.#indexOf(i) < ring.liveEvents ? 'live' : 'stale';
  }

  /** Record `i` as a plain object that stays valid, or undefined where there is none. */
  at(i: number): BatchRecord<R> | undefined {
    this.#check();
    if (!(i >= 0 && i < this.length) || !Number.isInteger(i)) return undefined;
    return this.#record(i);
  }

  /** Every record as a plain object. For millions of records take `columns` or `cursor()`: objects cost 50 times as much. */
  *[Symbol.iterator](): IterableIterator<BatchRecord<R>> {
    for (let i = 0; i < this.length; i++) {
      this.#check();
      yield this.#record(i);
    }
  }

  /** A cursor before the first record: it moves, and reads fields without making objects. Valid as long as the batch. */
  cursor(): Cursor<R> {
    this.#check();
    const readers = this.schema.columns.map((column, i) => cursorReader(column, this.#arrays[i]));
    return Cursor.over<R>(this.schema, readers, this.length, () => this.#check());
  }

  /** The same records in memory of their own, in one allocation. Cost: one copy of the columns. */
  copy(): RecordBatch<R> {
    this.#check();
    const { byteLength, columns } = ownedColumns(this.schema, this.length);
    const arrays = columns(new ArrayBuffer(byteLength));
    arrays.forEach((array, i) => {
      (array as Uint8Array).set(this.#arrays[i] as Uint8Array);
    });
    const rows = this.#place.rows?.slice(0, this.length);
    return new RecordBatch<R>(this.schema, arrays, this.length, {
      ...this.#place,
      rows,
      bytes: undefined,
      isLive: () => true,
    });
  }

  /**
   * A 64-bit or narrower column as numbers, in an array of its own. Cost: one pass.
   *
   * @throws AioscopeError `AIOSCOPE_RANGE` at the first value beyond 2^53, which no number holds exactly;
   *   `AIOSCOPE_COLUMN` for a column that does not exist or holds text
   */
  numbers(name: string): Float64Array {
    const [column, array] = this.#column(name);
    if (column.type === 'char')
      throw new AioscopeError('AIOSCOPE_COLUMN', `column '${name}' holds text, not numbers`);
    const read = cursorReader(column, array);
    const numbers = new Float64Array(this.length);
    for (let i = 0; i < numbers.length; i++) {
      const value = column.meaning === 'descriptor' ? array[i] : read(i);
      if (typeof value === 'bigint') {
        const index = this.#indexOf(i);
        throw new AioscopeError(
          'AIOSCOPE_RANGE',
          `${name} of record ${index} is ${value}, which no number holds exactly; take columns.${name}`,
        );
      }
      numbers[i] = value as number;
    }
    return numbers;
  }

  /**
   * Value `i` of a column in the words of the ABI: an opcode's or an errno's name, flag names joined by `|`, a signed
   * descriptor, an address in hex, the names of rules; a value without a name as the number it is.
   *
   * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
   */
  named(name: string, i: number): string {
    const [column, array] = this.#column(name);
    if (!(i >= 0 && i < this.length))
      throw new AioscopeError(
        'AIOSCOPE_RANGE',
        `record ${i} of ${name} is asked for, and the batch has ${this.length} records`,
      );
    if (column.meaning === undefined && !column.inRecord)
      return String(valueReader(column, array)(i));
    const opcode =
      column.meaning === 'buffer' ? Number(this.#column('aio_lio_opcode')[1][i]) : undefined;
    return namedValue(column.meaning, array[i], opcode);
  }

  #indexOf(i: number): number {
    const { firstIndex, rows } = this.#place;
    return firstIndex + (rows?.[i] ?? i);
  }

  #column(name: string): readonly [ColumnSource, ColumnArray] {
    this.#check();
    const i = this.schema.columns.findIndex((column) => column.name === name);
    if (i < 0) {
      const names = this.schema.columns.map((column) => column.name).join(', ');
      throw new AioscopeError(
        'AIOSCOPE_COLUMN',
        `column '${name}' does not exist; the columns are ${names}`,
      );
    }
    return [this.schema.columns[i], this.#arrays[i]];
  }

  #record(i: number): BatchRecord<R> {
    this.#readers ??= this.schema.columns.map((column, c) => valueReader(column, this.#arrays[c]));
    const record: { [name: string]: Value } = {};
    const { columns } = this.schema;
    for (let c = 0; c < columns.length; c++) record[columns[c].name] = this.#readers[c](i);
    return record as BatchRecord<R>;
  }

  #check(): void {
    if (this.#place.isLive()) return;
    throw new AioscopeError(
      'AIOSCOPE_STALE',
      "this batch was valid until its reader's next step, which has been taken; use batch.copy(), or open with owned: true, to keep one",
    );
  }
}
