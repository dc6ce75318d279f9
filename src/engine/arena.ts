import type { Schema } from '../layout/schema.ts';
import type { Arena, Engine } from './kernel.ts';
import { RULE_SET_BYTES } from './rule-set.ts';
import {
  AT_REQUESTS,
  COLUMN_TALLY_BYTES,
  COMPLETION_SLOTS,
  COMPLETION_TABLES,
  REQUEST_BYTES,
} from './tables.ts';

const LINE = 64;
/** Rounds bytes up to whole cache lines. */
export const align = (bytes: number): number => Math.ceil(bytes / LINE) * LINE;

/**
 * The parts of an arena, or of a reader's share of one, as addresses: source, columns, tallies,
 * tables, rules. Each begins on a cache line.
 */
export interface ArenaPlan {
  /** The most records per decode. */
  readonly batchSize: number;
  /** Rows that each column can hold. */
  readonly rows: number;
  readonly source: number;
  /** Capacity of the source, a number of bytes that is a whole number of records. */
  readonly sourceBytes: number;
  readonly columns: number;
  /** One `columnTally` per column, in the schema's order. */
  readonly tallies: number;
  /**
   * The counting tables: those of `count_completions`, or those of `count_submissions` followed by
   * one per value column and by what kernels find out about the requests of a report.
   */
  readonly tables: number;
  /** The rule set of a check, if there is one. */
  readonly rules: number;
  /** The size of all parts together. */
  readonly byteLength: number;
}

/** Kernels may read and write this many records past the last. */
const SPARE_RECORDS = 3;

/** Columns at multiples of this distance share cache sets and evict each other. */
const CACHE_WAY = 4096;

/** Rows for a batch, rounded up so that columns are aligned and do not share cache sets. */
function rowsFor(batchSize: number): number {
  const rows = Math.ceil(batchSize / LINE) * LINE;
  return (rows * Float64Array.BYTES_PER_ELEMENT) % CACHE_WAY === 0 ? rows + LINE : rows;
}

/**
 * Plans an arena from address `source` on. A batch has up to `batchSize` records, and one read
 * fills the source with up to `reads` batches.
 */
export function planArena(schema: Schema, batchSize: number, reads: number, source = 0): ArenaPlan {
  const rows = rowsFor(batchSize);
  const sourceBytes = batchSize * reads * schema.stride;
  const columns = source + align(sourceBytes + SPARE_RECORDS * schema.stride);
  const last = schema.columns[schema.columns.length - 1];
  const columnBytes =
    Math.max(schema.record.byteLength, last.columnOffset + last.byteLength) * rows;
  const tallies = columns + align(columnBytes);
  const tables = tallies + align(schema.columns.length * COLUMN_TALLY_BYTES);
  const submissionTables = AT_REQUESTS + REQUEST_BYTES;
  const rules =
    tables + align(Math.max(COMPLETION_SLOTS * COMPLETION_TABLES * 4, submissionTables));
  return {
    batchSize,
    rows,
    source,
    sourceBytes,
    columns,
    tallies,
    tables,
    rules,
    byteLength: rules + (schema.check === undefined ? 0 : align(RULE_SET_BYTES)) - source,
  };
}

/**
 * Released arenas. A WebAssembly memory reserves gigabytes of address space until it is collected,
 * so a program that decodes in a loop has to reuse a few.
 */
const idle: { byteLength: number; arena: Arena }[] = [];
const IDLE_MAX = 4;
/** The most bytes of all idle arenas together. A match's arena takes half of it. */
const IDLE_BYTES_MAX = 2 ** 26;

/** Returns an arena of `byteLength` bytes, which are not cleared. */
export function acquireArena(engine: Engine, byteLength: number): Arena {
  const at = idle.findIndex(
    ({ arena, byteLength: bytes }) => arena.engine.origin === engine.origin && bytes === byteLength,
  );
  return at < 0 ? engine.allocate(byteLength) : idle.splice(at, 1)[0].arena;
}

/** Returns an arena whose kernels are loaded. */
export async function loadArena(engine: Engine, byteLength: number): Promise<Arena> {
  const arena = acquireArena(engine, byteLength);
  await arena.ready;
  return arena;
}

/** Releases an arena for reuse. Views into it will see other data. */
export function releaseArena(byteLength: number, arena: Arena): void {
  if (byteLength > IDLE_BYTES_MAX) return;
  idle.unshift({ byteLength, arena });
  let bytes = 0;
  const kept = idle.findIndex(
    (entry, i) => i === IDLE_MAX || (bytes += entry.byteLength) > IDLE_BYTES_MAX,
  );
  if (kept >= 0) idle.length = kept;
}
