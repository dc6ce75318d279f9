/**
 * Dumps as tables of SQL: `aioscope/duckdb`, through DuckDB, under Node. DuckDB is an optional peer.
 *
 * @module
 */
export { connect, type DuckDBInput, type DuckDBOptions } from './duckdb/connect.ts';
export { type ExportOptions, exportParquet } from './duckdb/export.ts';
export type { DuckDBFile, DuckDBSource } from './duckdb/input.ts';
export { hasPeer } from './duckdb/peer.ts';
export { type JsonValue, type QueryRows, queryArrow, queryParquet, queryRows } from './duckdb/result.ts';
