import type { RecordKind } from '../abi/record.ts';
import { DISPOSE, type Disposable } from '../disposable.ts';
import { AioscopeError, shown } from '../errors.ts';
import type { FieldTypes } from '../layout/layout-type.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import {
  type BatchColumns,
  type BatchPlace,
  type BatchRecord,
  type ColumnName,
  type KindOf,
  offsetAt,
} from './batch-type.ts';
import { Cursor } from './cursor.ts';
import { type ColumnArray, ownedColumns } from './decoder.ts';
import {
  absenceOf,
  cursorReader,
  nameAt,
  numbersOf,
  placeOf,
  type Reader,
  readersOf,
} from './named.ts';
import type { PlainRecord } from './record-literals.ts';
import { recordReader } from './record-object.ts';
import type { SlotState } from './ring.ts';
import { RowIterator } from './row-iterator.ts';

/**
 * Consecutive records, or the selected ones among them, decoded into one typed array per field.
 *
 * A batch that a reader yields consists of views into the reader's memory, valid until the next
 * step of the iteration or its end. After that its methods and getters throw `AIOSCOPE_STALE`; an
 * array taken from it earlier cannot be guarded and will show other records. `copy()` returns a
 * batch that owns its columns and stays valid.
 */
export class RecordBatch<R extends RecordKind = RecordKind, F extends FieldTypes = FieldTypes>
  implements Disposable
{
  readonly schema: Schema;
  /** Number of records. */
  readonly length: number;
  readonly #arrays: readonly ColumnArray[];
  readonly #place: BatchPlace;
  #isDisposed = false;
  #columns: BatchColumns<R, F> | undefined;
  /** Makes the object of a row. */
  #read: Reader<PlainRecord> | undefined;

  constructor(schema: Schema, arrays: readonly ColumnArray[], length: number, place: BatchPlace) {
    this.schema = schema;
    this.length = length;
    this.#arrays = arrays;
    this.#place = place;
  }

  /** The kind of the source: it tells batches of a format that was detected apart. */
  get kind(): KindOf<R> {
    return this.schema.kind as KindOf<R>;
  }

  /**
   * The columns by name: typed arrays of `length` values (`charN`: N bytes per record). Views,
   * valid as long as the batch. They hold what is stored: `aio_fildes` and `aio_resfd` are unsigned
   * here, -1 as 4294967295, and signed everywhere else.
   */
  get columns(): BatchColumns<R, F> {
    this.#check();
    return (this.#columns ??= this.#byName());
  }

  /**
   * The records as stored in the source, each with its envelope. A view, valid as long as the
   * batch; undefined if the batch owns its columns.
   */
  get bytes(): Uint8Array | undefined {
    this.#check();
    return this.#place.bytes;
  }

  /** The index of the first record among all records of the source. */
  get firstIndex(): number {
    this.#check();
    return this.#indexOf(0);
  }

  /**
   * The index of record `i` among all records of the source: `firstIndex + i` without conditions.
   *
   * @throws AioscopeError `AIOSCOPE_RANGE` if `i` is out of range, as do `offsetOf`, `slotOf` and
   *   `stateOf`
   */
  indexOf(i: number): number {
    this.#checkRow(i);
    return this.#indexOf(i);
  }

  /** The byte offset in the source of record `i` of this batch and its envelope. */
  offsetOf(i: number): number {
    this.#checkRow(i);
    return offsetAt(this.#place, this.#indexOf(i), this.schema.stride);
  }

  /** The slot of record `i` in its ring; undefined if the source is not a ring. */
  slotOf(i: number): number | undefined {
    this.#checkRow(i);
    return this.#place.ring?.slots[this.#indexOf(i)];
  }

  /**
   * Whether record `i` is waiting to be reaped (`live`) or has been reaped and is still in its slot
   * (`stale`); undefined if the source is not a ring.
   */
  stateOf(i: number): SlotState | undefined {
    this.#checkRow(i);
    const { ring } = this.#place;
    return ring && (this.#indexOf(i) < ring.liveEvents ? 'live' : 'stale');
  }

  /**
   * Returns a test for rows without a field that the source could not show; undefined if all have
   * it. Its bytes are 0, and it is null in objects, cursors, tables and text.
   *
   * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
   */
  absence(name: string): ((i: number) => boolean) | undefined {
    const [{ absent }] = this.#column(name);
    return absent && absenceOf(absent, this.schema.columns, this.#arrays);
  }

  /** Record `i` as a plain object that stays valid; undefined if `i` is out of range. */
  at(i: number): BatchRecord<R, F> | undefined {
    this.#check();
    return this.#has(i) ? this.#record(i) : undefined;
  }

  /**
   * Every record as a plain object. For millions of records use `columns` or `cursor()`: objects
   * cost 20 times as much.
   */
  [Symbol.iterator](): IterableIterator<BatchRecord<R, F>> {
    return new RowIterator(this.length, (i) => {
      this.#check();
      return this.#record(i);
    });
  }

  /**
   * Returns a cursor before the first record. It reads fields without making objects. Valid as long
   * as the batch.
   */
  cursor(): Cursor<R, F> {
    this.#check();
    const readers = readersOf(this.schema.columns, this.#arrays, cursorReader);
    return Cursor.over<R, F>(this.schema, readers, this.length, () => this.#check());
  }

  /**
   * Returns a batch of the same records that owns its columns, in one allocation. Cost: one copy of
   * the columns.
   */
  copy(): RecordBatch<R, F> {
    this.#check();
    const { byteLength, columns } = ownedColumns(this.schema, this.length);
    const arrays = columns(new ArrayBuffer(byteLength));
    arrays.forEach((array, i) => {
      (array as Uint8Array).set(this.#arrays[i] as Uint8Array);
    });
    const rows = this.#place.rows?.slice(0, this.length);
    return new RecordBatch<R, F>(this.schema, arrays, this.length, {
      ...this.#place,
      rows,
      bytes: undefined,
      isLive: () => true,
    });
  }

  /**
   * Returns a column as numbers in a new array: descriptors signed, absent values NaN.
   *
   * @throws AioscopeError `AIOSCOPE_RANGE` at the first value beyond 2^53, which no number holds
   *   exactly; `AIOSCOPE_COLUMN` for a column that does not exist or holds text
   */
  numbers<N extends string>(name: ColumnName<R, F, N>): Float64Array {
    const [column, array] = this.#column(name);
    return numbersOf(column, array, this.length, (i) => this.#indexOf(i), this.absence(name));
  }

  /**
   * Returns value `i` of a column in the terms of the ABI: the name of an opcode or errno, flag
   * names joined by `|`, a signed descriptor, an address in hex, the names of rules; a value
   * without a name as a number; a dash if it is absent.
   *
   * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist; `AIOSCOPE_RANGE` if
   *   `i` is out of range
   */
  named<N extends string>(name: ColumnName<R, F, N>, i: number): string {
    const [column] = this.#column(name);
    this.#checkRow(i);
    return nameAt(this.schema.columns, this.#arrays, column, i);
  }

  #has(i: number): boolean {
    return Number.isInteger(i) && i >= 0 && i < this.length;
  }

  #checkRow(i: number): void {
    this.#check();
    if (this.#has(i)) return;
    const message = `the batch has no record ${shown(i)}; its ${this.length} records count from 0`;
    throw new AioscopeError('AIOSCOPE_RANGE', message);
  }

  #indexOf(i: number): number {
    const { firstIndex, rows } = this.#place;
    return firstIndex + (rows?.[i] ?? i);
  }

  #column(name: string): readonly [ColumnSource, ColumnArray] {
    this.#check();
    const i = placeOf(this.schema.columns, name);
    return [this.schema.columns[i], this.#arrays[i]];
  }

  #byName(): BatchColumns<R, F> {
    const columns: { [name: string]: ColumnArray } = {};
    for (const [i, { name }] of this.schema.columns.entries()) columns[name] = this.#arrays[i];
    return columns as BatchColumns<R, F>;
  }

  #record(i: number): BatchRecord<R, F> {
    this.#read ??= recordReader(this.schema, this.#arrays);
    return this.#read(i) as BatchRecord<R, F>;
  }

  /** Ends the batch, as the next step of its reader does: `using` calls it. */
  [DISPOSE](): void {
    this.#isDisposed = true;
  }

  #check(): void {
    if (this.#place.isLive() && !this.#isDisposed) return;
    const message = this.#isDisposed
      ? 'this batch was disposed; take what you need from it before that'
      : "this batch was valid until its reader's next step; to keep a batch, use batch.copy() or " +
        'open with owned: true';
    throw new AioscopeError('AIOSCOPE_STALE', message);
  }
}
