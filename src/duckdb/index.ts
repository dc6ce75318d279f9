/**
 * Dumps as SQL tables: `aioscope/duckdb`, through DuckDB, under Node. DuckDB is an optional peer
 * dependency.
 *
 * @module
 */
export { connect, type DuckDBInput } from './connect.ts';
export type { DumpConnection } from './connection.ts';
export { type ExportOptions, exportParquet } from './export.ts';
export type { DuckDBFile, DuckDBSource } from './input.ts';
export { hasPeer } from './peer.ts';
export {
  type ExactValue,
  type JsonValue,
  type QueryRows,
  queryArrow,
  queryParquet,
  queryRows,
} from './result.ts';
export type { DuckDBOptions } from './tables.ts';
