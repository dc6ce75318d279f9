import type { RecordKind } from '../abi/record.ts';
import { SCALARS } from '../abi/scalar.ts';
import { type ArenaPlan, acquireArena, planArena, releaseArena } from '../engine/arena.ts';
import type { Arena, DecodingKernels, Engine } from '../engine/kernel.ts';
import { rulesFor } from '../engine/rule-set.ts';
import { CHECKING, DECODING } from '../engine/sets.ts';
import { type ColumnSource, checkColumnsOffset, type Schema } from '../layout/schema.ts';
import type { CreateFilter, RowFilter } from './row-filter.ts';

/** Values of one column: a BigInt array for 64-bit types, N bytes per row for `charN`. */
export type ColumnArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/** Returns a view of `rows` values of one column, from `byteOffset` on. */
export function columnArray(
  column: ColumnSource,
  buffer: ArrayBuffer,
  byteOffset: number,
  rows: number,
): ColumnArray {
  if (column.type === 'char') return new Uint8Array(buffer, byteOffset, rows * column.byteLength);
  return new SCALARS[column.type].array(buffer, byteOffset, rows);
}

/** Plans one buffer for all columns of `rows` records: its size, and the arrays over it. */
export function ownedColumns(
  schema: Schema,
  rows: number,
): { byteLength: number; columns(buffer: ArrayBuffer): ColumnArray[] } {
  const offsets: number[] = [];
  let byteLength = 0;
  for (const column of schema.columns) {
    offsets.push(byteLength);
    byteLength += Math.ceil((column.byteLength * rows) / 8) * 8;
  }
  return {
    byteLength,
    columns: (buffer) =>
      schema.columns.map((column, i) => columnArray(column, buffer, offsets[i], rows)),
  };
}

/** Returns a view of rows `begin` to `end` of a column, valid as long as the column. */
export const rowsOf = (
  { type, byteLength }: ColumnSource,
  array: ColumnArray,
  begin: number,
  end: number,
): ColumnArray =>
  type === 'char'
    ? array.subarray(begin * byteLength, end * byteLength)
    : array.subarray(begin, end);

type Step = (at: number, count: number) => void;

/**
 * Returns the kernel calls that fill one column: a gather for envelope fields, which the fused
 * kernel does not decode, and a byte swap for big-endian data.
 */
function columnSteps(
  column: ColumnSource,
  address: number,
  schema: Schema,
  kernels: DecodingKernels,
): Step[] {
  const { stride, endian } = schema;
  const { sourceOffset, byteLength, type, inRecord } = column;
  if (sourceOffset < 0) return [];
  const bits = (byteLength * 8) as 8 | 16 | 32 | 64;
  const steps: Step[] = [];
  if (type === 'char') {
    steps.push((at, count) =>
      kernels.gather_bytes(at + sourceOffset, stride, count, address, byteLength),
    );
  } else if (!inRecord) {
    const gather = kernels[`gather_${bits}`];
    steps.push((at, count) => gather(at + sourceOffset, stride, count, address));
  }
  if (endian === 'big' && type !== 'char' && bits !== 8) {
    const swap = kernels[`swap_${bits}`];
    steps.push((_, count) => swap(address, count));
  }
  return steps;
}

/** Changes the first rows of the columns after they were decoded. */
export type Mend = (columns: readonly ColumnArray[], count: number) => void;

/** Returns the kernel call that fills the columns of a check, after all others. */
function checkSteps(schema: Schema, { plan, arena, addresses }: Decoder): Step[] {
  const { check, columns } = schema;
  if (check === undefined) return [];
  const kind = schema.record.name as RecordKind;
  new Uint8Array(arena.buffer).set(rulesFor(kind, check), plan.rules);
  const target = plan.columns + checkColumnsOffset(schema) * plan.rows;
  const kernels = arena.kernels(CHECKING);
  if (kind === 'io_event')
    return [
      (_, count) => kernels.check_io_event(plan.columns, plan.rows, count, plan.rules, target),
    ];
  const [keys, rwFlags] = ['aio_key', 'aio_rw_flags'].map(
    (name) => addresses[columns.findIndex((column) => column.name === name)],
  );
  return [
    (_, count) =>
      kernels.check_iocb(plan.columns, plan.rows, count, keys, rwFlags, plan.rules, target),
  ];
}

/** A part of an arena, from `at` on. Its owner releases the arena, unless it is given away. */
export interface ArenaSlice {
  readonly arena: Arena;
  readonly at: number;
  readonly isGiven?: true;
}

/**
 * Decodes for one reader: an arena with space for source bytes and the columns of one batch, and
 * the kernel calls that decode the bytes into the columns.
 */
export class Decoder {
  readonly schema: Schema;
  readonly plan: ArenaPlan;
  readonly arena: Arena;
  /** Source bytes are read into this view of `plan.sourceBytes` bytes. Valid until `release`. */
  readonly source: Uint8Array;
  /** The address of each column, in the order of the schema. */
  readonly addresses: readonly number[];
  /** Each column over all `plan.batchSize` rows; `decode` overwrites them. */
  readonly columns: readonly ColumnArray[];
  /** Whether columns have all records, and their values as they lie in the source. */
  readonly isVerbatim: boolean;
  readonly #steps: readonly Step[];
  readonly #filter: RowFilter | undefined;
  #released: boolean;

  constructor(
    schema: Schema,
    engine: Engine,
    batchSize: number,
    reads: number,
    createFilter?: CreateFilter,
    slice?: ArenaSlice,
    mends: readonly Mend[] = [],
  ) {
    this.schema = schema;
    this.plan = planArena(schema, batchSize, reads, slice?.at);
    this.arena = slice?.arena ?? acquireArena(engine, this.plan.byteLength);
    this.#released = slice !== undefined && slice.isGiven !== true;
    const { buffer } = this.arena;
    const kernels = this.arena.kernels(DECODING);
    const { rows, columns, source, sourceBytes } = this.plan;
    this.source = new Uint8Array(buffer, source, sourceBytes);
    this.addresses = schema.columns.map((column) => columns + column.columnOffset * rows);
    this.columns = schema.columns.map((column, i) =>
      columnArray(column, buffer, this.addresses[i], batchSize),
    );
    const fused = kernels[schema.record.name === 'iocb' ? 'decode_iocb' : 'decode_io_event'];
    const { payloadOffset } = schema.layout;
    const ofRecord: Step = (at, count) =>
      fused(at + payloadOffset, schema.stride, count, columns, rows);
    this.#steps = [
      // The calls of a trace are envelopes without a record.
      ...(schema.record.byteLength > 0 ? [ofRecord] : []),
      ...schema.columns.flatMap((column, i) =>
        columnSteps(column, this.addresses[i], schema, kernels),
      ),
      ...checkSteps(schema, this),
      ...mends.map(
        (mend): Step =>
          (_, count) =>
            mend(this.columns, count),
      ),
    ];
    this.#filter = createFilter?.(this.columns, rows);
    this.isVerbatim =
      this.#filter === undefined && mends.length === 0 && schema.endian === 'little';
  }

  /**
   * Which of the records of the last `decode` were selected, counted from its first; undefined
   * without conditions. The next `decode` overwrites it.
   */
  get rows(): Uint32Array | undefined {
    return this.#filter?.rows;
  }

  /**
   * Decodes `count` records, the first at address `at` of the source, into the columns: at most a
   * batch. Returns the number of rows. With conditions these are the selected records only, which
   * are then packed together at `at`.
   */
  decode(at: number, count: number): number {
    const from = this.plan.source + at;
    for (const step of this.#steps) step(from, count);
    if (this.#filter === undefined) return count;
    const kept = this.#filter.select(count);
    if (kept === 0 || kept === count) return kept;
    // Running the kernels a second time is faster than closing the gaps in every column.
    this.#filter.pack(this.source.subarray(at), this.schema.stride, kept);
    for (const step of this.#steps) step(from, kept);
    return kept;
  }

  /** Returns the first `rows` rows of every column: views, as valid as `columns`. */
  columnsOf(rows: number): readonly ColumnArray[] {
    if (rows === this.plan.batchSize) return this.columns;
    return this.columns.map((array, i) => rowsOf(this.schema.columns[i], array, 0, rows));
  }

  /** Returns the arena to the pool, for another reader. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    releaseArena(this.plan.byteLength, this.arena);
  }
}
