/**
 * Opens dumps as SQL tables of DuckDB, an optional peer (`npm install @duckdb/node-api`): under
 * Node.
 *
 * @example
 * ```js
 * import { connect, queryRows } from 'aioscope/duckdb';
 *
 * const connection = await connect('examples/fio_nowait.ioev');
 * const query = 'SELECT errno_name, count(*) AS n FROM io_event GROUP BY ALL ORDER BY n DESC';
 * for await (const { rows } of queryRows(connection, query))
 *   for (const [name, n] of rows) console.log(name, n);
 * await connection.close();
 * ```
 *
 * ```text
 * EAGAIN 2557
 * null 1539
 * ```
 *
 * @module
 */

export type { AsyncDisposable } from '../disposable.ts';
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
