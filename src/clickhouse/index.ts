/**
 * `aioscope/clickhouse`: loads records and pairs into the tables of ClickHouse, as
 * `aioscope clickhouse` does. For Node; needs `@clickhouse/client`.
 *
 * @example
 * ```js
 * import { tableStatements } from 'aioscope/clickhouse';
 *
 * const statements = tableStatements({ cluster: 'storage' });
 * console.log(statements.length, statements[0]);
 * ```
 *
 * ```text
 * 14 CREATE DATABASE IF NOT EXISTS aio
 * ```
 *
 * @module
 */
export type { TableName } from './columns.ts';
export type { ConnectionOptions } from './connection-options.ts';
export { type LoadOptions, type LoadResult, loadBatches } from './load.ts';
export type { TableLoad } from './loader.ts';
export { dropLoad, type LoadStatus, listLoads } from './loads.ts';
export { type StatementOptions, tableStatements } from './statements.ts';
