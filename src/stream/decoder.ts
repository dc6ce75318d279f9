import type { RecordKind } from '../abi/record.ts';
import { SCALARS } from '../abi/scalar.ts';
import { type ArenaPlan, acquireArena, planArena, releaseArena } from '../engine/arena.ts';
import type { Arena, Engine, Kernels } from '../engine/kernel.ts';
import { rulesFor } from '../engine/rule-set.ts';
import { type ColumnSource, checkColumnsOffset, type Schema } from '../layout/schema.ts';
import type { Condition } from '../layout/where.ts';
import { packRecords, RowFilter } from './row-filter.ts';

/** Values of one column: 64-bit types as BigInt64Array or BigUint64Array, `charN` as N bytes a row. */
export type ColumnArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array;

/** The array of one column over memory: `rows` values from `byteOffset` on. */
export function columnArray(
  column: ColumnSource,
  buffer: ArrayBuffer,
  byteOffset: number,
  rows: number,
): ColumnArray {
  if (column.type === 'char') return new Uint8Array(buffer, byteOffset, rows * column.byteLength);
  return new SCALARS[column.type].array(buffer, byteOffset, rows);
}

/** How the columns of `rows` records share one buffer of their own: its size, and the arrays over it. */
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

/** A view of rows `begin` to `end` of a column, valid as long as the column. */
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

/** The kernel calls that fill one column: a gather where the fused kernel does not reach, a swap where the bytes are the other way round. */
function columnSteps(
  column: ColumnSource,
  address: number,
  schema: Schema,
  kernels: Kernels,
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

/** The kernel call that fills the columns of a check, after all others. */
function checkSteps(schema: Schema, { plan, arena, addresses }: Decoder): Step[] {
  const { check, columns } = schema;
  if (check === undefined) return [];
  const kind = schema.record.name as RecordKind;
  new Uint8Array(arena.buffer).set(rulesFor(kind, check), plan.rules);
  const target = plan.columns + checkColumnsOffset(schema) * plan.rows;
  const { kernels } = arena;
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

/** A part of an arena that somebody else has: from `at` on. */
export interface ArenaSlice {
  readonly arena: Arena;
  readonly at: number;
}

/**
 * The decoder of one reader: an arena with room for source bytes and for the columns of one batch, and the kernel calls
 * that turn the one into the other.
 */
export class Decoder {
  readonly schema: Schema;
  readonly engine: Engine;
  readonly plan: ArenaPlan;
  readonly arena: Arena;
  /** Where bytes are to be read into: `plan.sourceBytes` of them are records. Valid until `release`. */
  readonly source: Uint8Array;
  /** The address of each column, in the schema's order. */
  readonly addresses: readonly number[];
  /** Each column over all `plan.batchSize` rows; `decode` overwrites them. */
  readonly columns: readonly ColumnArray[];
  readonly #steps: readonly Step[];
  readonly #filter: RowFilter | undefined;
  #released: boolean;

  constructor(
    schema: Schema,
    engine: Engine,
    batchSize: number,
    reads: number,
    conditions?: readonly Condition[],
    room?: ArenaSlice,
  ) {
    this.schema = schema;
    this.engine = engine;
    this.plan = planArena(schema, batchSize, reads, room?.at);
    this.arena = room?.arena ?? acquireArena(engine, this.plan.byteLength);
    this.#released = room !== undefined;
    const { buffer, kernels } = this.arena;
    const { rows, columns, source, sourceBytes } = this.plan;
    this.source = new Uint8Array(buffer, source, sourceBytes);
    this.addresses = schema.columns.map((column) => columns + column.columnOffset * rows);
    this.columns = schema.columns.map((column, i) =>
      columnArray(column, buffer, this.addresses[i], batchSize),
    );
    const fused = kernels[schema.record.name === 'iocb' ? 'decode_iocb' : 'decode_io_event'];
    const { payloadOffset } = schema.layout;
    this.#steps = [
      (at, count) => fused(at + payloadOffset, schema.stride, count, columns, rows),
      ...schema.columns.flatMap((column, i) =>
        columnSteps(column, this.addresses[i], schema, kernels),
      ),
      ...checkSteps(schema, this),
    ];
    this.#filter =
      conditions === undefined ? undefined : new RowFilter(conditions, schema, this.columns, rows);
  }

  /** The numbers of the records that the last `decode` left, among those that it was given; undefined where it leaves all. */
  get rows(): Uint32Array | undefined {
    return this.#filter?.rows;
  }

  /**
   * Decode `count` records, the first at address `at` of the source, into the columns: at most a batch. Gives how many
   * rows there are: fewer where there are conditions. Then the records that meet them lie together at `at`.
   */
  decode(at: number, count: number): number {
    const from = this.plan.source + at;
    for (const step of this.#steps) step(from, count);
    if (this.#filter === undefined) return count;
    const kept = this.#filter.select(count);
    if (kept === 0 || kept === count) return kept;
    // The kernels are faster a second time than a loop that closes the gaps of every column.
    packRecords(this.source.subarray(at), this.schema.stride, this.#filter.rows, kept);
    for (const step of this.#steps) step(from, kept);
    return kept;
  }

  /** Let another reader have the arena. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    releaseArena(this.engine, this.plan.byteLength, this.arena);
  }
}
