/**
 * Dumps as tables of SQL: `aioscope/duckdb`, through DuckDB, under Node. DuckDB is an optional peer.
 *
 * @module
 */
export { connect, type DuckDBInput, type DuckDBOptions, SQL_TABLES, type SqlTableName } from './duckdb/connect.ts';
