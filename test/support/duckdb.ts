// DuckDB for tests: installed when a test first needs it, where aioscope finds it.
import Module from 'node:module';
import type { DuckDBConnection } from '@duckdb/node-api';
import { queryRows } from '../../src/duckdb/index.ts';
import { installPeers, MODULES } from './peers.ts';
import type { Cell, Cells } from './tables.ts';

/** Where DuckDB is: in test/peers, or the version that `npm run duckdbs` tries. */
const modules = process.env.AIOSCOPE_DUCKDB ?? MODULES;
/** The environment in which a program finds DuckDB. */
export const WITH_DUCKDB = { NODE_PATH: modules };

if (modules === MODULES) installPeers();
process.env.NODE_PATH = modules;
(Module as unknown as { _initPaths(): void })._initPaths();

/** The result of a query, column by column, 64-bit integers as bigint. */
export async function cellsOf(connection: DuckDBConnection, query: string): Promise<Cells> {
  let columns: [string, Cell[]][] = [];
  for await (const { names, types, rows } of queryRows(connection, query)) {
    if (columns.length === 0) columns = names.map((name) => [name, []]);
    for (const row of rows) {
      for (const [i, value] of row.entries()) {
        const isWide = /^(U?BIGINT|U?HUGEINT)$/.test(types[i]) && value !== null;
        columns[i][1].push(isWide ? BigInt(value as string) : (value as Cell));
      }
    }
  }
  return columns;
}
