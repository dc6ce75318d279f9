import type { RECORDS, RecordKind, RecordObject } from '../abi/record.ts';
import type { FieldTypes } from '../layout/layout-type.ts';
import type { Schema } from '../layout/schema.ts';
import type { ColumnName } from './batch-type.ts';
import type { Reader, Value } from './named.ts';

/**
 * The fields of the current record of a cursor: numbers, except that a 64-bit value beyond 2^53 is
 * a bigint.
 */
type CursorFields<R extends RecordKind> = {
  readonly [F in keyof RecordObject<(typeof RECORDS)[R]>]: RecordObject<
    (typeof RECORDS)[R]
  >[F] extends bigint
    ? number | bigint
    : number;
};

/**
 * Moves over a batch and reads the fields of one record at a time by name, without making an
 * object: `while (cursor.next()) total += cursor.aio_nbytes`. `get` reads envelope fields.
 */
class CursorBase<R extends RecordKind = RecordKind, F extends FieldTypes = FieldTypes> {
  /** Index in the batch of the current record; -1 before the first. */
  index = -1;
  readonly length: number;
  readonly readers: readonly Reader<Value>[];
  readonly #names: readonly string[];
  /** Throws if the batch is stale. */
  readonly check: () => void;

  constructor(
    names: readonly string[],
    readers: readonly Reader<Value>[],
    length: number,
    check: () => void,
  ) {
    this.#names = names;
    this.readers = readers;
    this.length = length;
    this.check = check;
  }

  /** Moves to the next record. Returns false at the end of the batch. */
  next(): boolean {
    this.check();
    this.index += 1;
    return this.index < this.length;
  }

  /** Returns the value of any column of the current record, the envelope's included. */
  get<N extends string>(name: ColumnName<R, F, N>): Value | undefined {
    this.check();
    return this.readers[this.#names.indexOf(name)]?.(this.index);
  }
}

/** A cursor over the records of a batch. */
export type Cursor<
  R extends RecordKind = RecordKind,
  F extends FieldTypes = FieldTypes,
> = R extends RecordKind ? CursorBase<R, F> & CursorFields<R> : never;

type CursorClass = new (...args: ConstructorParameters<typeof CursorBase>) => CursorBase;

/**
 * One class per record kind, with one getter per field: made once, so that all cursors over a kind
 * have the same shape.
 */
const classes = new Map<string, CursorClass>();

function cursorClass(schema: Schema): CursorClass {
  const existing = classes.get(schema.record.name);
  if (existing !== undefined) return existing;
  const made = class extends CursorBase {};
  schema.record.fields.forEach(({ name }, i) => {
    Object.defineProperty(made.prototype, name, {
      get(this: CursorBase) {
        this.check();
        return this.readers[i](this.index);
      },
    });
  });
  classes.set(schema.record.name, made);
  return made;
}

export const Cursor = {
  /** Makes a cursor before the first of `length` records. */
  over<R extends RecordKind, F extends FieldTypes>(
    schema: Schema,
    readers: readonly Reader<Value>[],
    length: number,
    check: () => void,
  ): Cursor<R, F> {
    const names = schema.columns.map(({ name }) => name);
    return new (cursorClass(schema))(names, readers, length, check) as Cursor<R, F>;
  },
};
