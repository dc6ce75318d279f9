import type { DuckDBConnection } from '@duckdb/node-api';
import { KINDS, type Kind } from '../layout/schema.ts';

/** A table of records. */
export type RecordTable = Kind | 'refused' | 'calls';
/** The tables of records, in the order in which messages list them. */
export const RECORD_TABLES: readonly RecordTable[] = [...KINDS, 'refused', 'calls'];

/** The tables of what a match finds. */
export const MATCHED_TABLES = ['pairs', 'open'] as const;
export type MatchedTable = (typeof MATCHED_TABLES)[number];

/** A table that a query may need. */
type TableName = RecordTable | MatchedTable;
const TABLES: readonly TableName[] = [...RECORD_TABLES, ...MATCHED_TABLES];

/** The tables that a query needs, and whether that is certain. */
export interface Needed {
  readonly tables: readonly TableName[];
  readonly isSure: boolean;
}

/**
 * For several statements, or a join with column names, DuckDB returns no table names. Then any
 * table whose name occurs in the text may be needed.
 */
export function neededBy(connection: DuckDBConnection, query: string | undefined): Needed {
  if (query === undefined) return { tables: TABLES, isSure: false };
  const named = connection.getTableNames(query, false).map((name) => name.toLowerCase());
  if (named.length > 0)
    return { tables: TABLES.filter((name) => named.includes(name)), isSure: true };
  return {
    tables: TABLES.filter((name) => new RegExp(`\\b${name}\\b`, 'i').test(query)),
    isSure: false,
  };
}
