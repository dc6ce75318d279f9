import type { Schema } from '../layout/schema.ts';
import type { Arena, Engine } from './kernel.ts';
import { RULE_SET_BYTES } from './rule-set.ts';
import {
  REQUEST_BYTES,
  RESULT_SLOTS,
  RESULT_TABLES,
  tally,
  VALUE_BYTES,
  VALUE_COLUMNS,
} from './tally.ts';

const LINE = 64;
/** Bytes, rounded up to whole cache lines. */
export const align = (bytes: number): number => Math.ceil(bytes / LINE) * LINE;

/** Where everything lies in an arena, or in the part of one that is a reader's: first the source, then the columns, then the tallies; each begins a cache line. */
export interface ArenaPlan {
  /** Records that are decoded at once, at most. */
  readonly batchSize: number;
  /** Rows that each column has room for. */
  readonly rows: number;
  readonly source: number;
  /** Bytes of whole records that the source has room for. */
  readonly sourceBytes: number;
  readonly columns: number;
  /** One `tally` a column, in the schema's order. */
  readonly tallies: number;
  /** The tables that count what a kind has besides: of `count_results`, or of `count_requests` and then one a value column. */
  readonly tables: number;
  /** The rules that a check holds the records against, where there is one. */
  readonly rules: number;
  /** How many bytes all that takes. */
  readonly byteLength: number;
}

/** Kernels read and write up to so many records past the last. */
const SPARE_RECORDS = 3;

/** Columns this many bytes apart fall into the same sets of a cache, and put each other out of it. */
const CACHE_WAY = 4096;

/** Rows for a batch: of a number that keeps columns aligned, and out of each other's way. */
function rowsFor(batchSize: number): number {
  const rows = Math.ceil(batchSize / LINE) * LINE;
  return (rows * Float64Array.BYTES_PER_ELEMENT) % CACHE_WAY === 0 ? rows + LINE : rows;
}

/** Plan an arena, from `source` on, whose batches have up to `batchSize` records and whose source takes `reads` batches at a time. */
export function planArena(schema: Schema, batchSize: number, reads: number, source = 0): ArenaPlan {
  const rows = rowsFor(batchSize);
  const sourceBytes = batchSize * reads * schema.stride;
  const columns = source + align(sourceBytes + SPARE_RECORDS * schema.stride);
  const last = schema.columns[schema.columns.length - 1];
  const columnBytes =
    Math.max(schema.record.byteLength, last.columnOffset + last.byteLength) * rows;
  const tallies = columns + align(columnBytes);
  const tables = tallies + align(schema.columns.length * tally.byteLength);
  const requestTables = REQUEST_BYTES + VALUE_COLUMNS.length * VALUE_BYTES;
  const rules = tables + align(Math.max(RESULT_SLOTS * RESULT_TABLES * 4, requestTables));
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
 * Arenas that no reader uses. A WebAssembly memory reserves gigabytes of address space until it is collected, so a
 * program that decodes in a loop must use few of them over and over.
 */
const idle: { engine: string; byteLength: number; arena: Arena }[] = [];
const IDLE_MAX = 4;
/** All that are kept together have up to so many bytes: that of a match has half of them. */
const IDLE_BYTES_MAX = 2 ** 26;

/** An arena of `byteLength` bytes; they hold whatever its last user left. */
export function acquireArena(engine: Engine, byteLength: number): Arena {
  const at = idle.findIndex(
    (entry) => entry.engine === engine.name && entry.byteLength === byteLength,
  );
  return at < 0 ? engine.allocate(byteLength) : idle.splice(at, 1)[0].arena;
}

/** Give an arena back. Whoever still looks at its bytes will see them change. */
export function releaseArena(engine: Engine, byteLength: number, arena: Arena): void {
  if (byteLength > IDLE_BYTES_MAX) return;
  idle.unshift({ engine: engine.name, byteLength, arena });
  let bytes = 0;
  const kept = idle.findIndex(
    (entry, i) => i === IDLE_MAX || (bytes += entry.byteLength) > IDLE_BYTES_MAX,
  );
  if (kept >= 0) idle.length = kept;
}
