// Running queries so that every error is thrown: DuckDB ends a streamed result at an error, and its
// package does not pass on the reason.
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api';
import { AioscopeError, messageOf, shown } from '../errors.ts';
import { checkArgument } from '../layout/option-names.ts';
import { startQuery, stateOf } from './connection.ts';

/** The return type of a result that failed. */
const FAILED = 0;

/** @throws AioscopeError `AIOSCOPE_OPTION` for anything but a connection and a text */
export function checkQuery(connection: DuckDBConnection, query: string): void {
  if (typeof connection?.extractStatements !== 'function')
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `the connection is ${shown(connection)}; connect returns one`,
    );
  checkArgument('query', query, 'string');
}

/** How many statements a text has; undefined if it is not SQL. */
const countStatements = (connection: DuckDBConnection, sql: string): Promise<number | undefined> =>
  connection.extractStatements(sql).then(
    ({ count }) => count,
    () => undefined,
  );

/** The last of the statements of a query. A semicolon may also be in a text or a comment. */
async function lastStatement(connection: DuckDBConnection, query: string): Promise<string> {
  const count = (await countStatements(connection, query)) ?? 1;
  if (count === 1) return query;
  for (let at = query.lastIndexOf(';'); at > 0; at = query.lastIndexOf(';', at - 1)) {
    const last = query.slice(at + 1);
    const isLast =
      (await countStatements(connection, last)) === 1 &&
      (await countStatements(connection, query.slice(0, at))) === count - 1;
    if (isLast) return last;
  }
  return query;
}

/**
 * The error of a failed query: what a read threw, or DuckDB's error with what it cannot know: which
 * tables there are, and why there is none of pairs or open requests.
 */
export function explained(connection: DuckDBConnection, error: unknown): unknown {
  const { fault, missing, tables } = stateOf(connection);
  if (fault !== undefined) return fault;
  const message = messageOf(error);
  const [, table] = /Table with name (\S+) does not exist/.exec(message) ?? [];
  if (table === undefined) return error;
  const reason = missing.get(table) ?? [];
  const lines = [message, reason, `Tables: ${tables.join(', ')}.`].flat();
  return new Error(lines.join('\n'), { cause: error });
}

/** Runs the last statement of a failed query again, without its result, to fail the same way. */
async function reasonOf(
  connection: DuckDBConnection,
  query: string,
  rows: number,
): Promise<unknown> {
  const state = startQuery(connection);
  try {
    await connection.run(`EXPLAIN ANALYZE ${await lastStatement(connection, query)}`);
  } catch (error) {
    // The line and the column are those of another text.
    const message = messageOf(error).replace(/\n\nLINE \d+: [\s\S]*$/, '');
    return state.fault ?? new Error(message, { cause: error });
  }
  return new Error(
    `the query failed after ${rows} rows and DuckDB gives no reason; it did not fail again`,
  );
}

/**
 * Yields the chunks of a query's result, one in memory at a time. The last is empty or null.
 *
 * @throws what a read threw; DuckDB's Error; or an error for a result that ended without a reason
 */
export async function* chunksOfQuery(connection: DuckDBConnection, query: string) {
  checkQuery(connection, query);
  const state = startQuery(connection);
  const failed = (error: unknown): never => {
    throw explained(connection, error);
  };
  const result = await connection.stream(query).catch(failed);
  const [names, types] = [result.deduplicatedColumnNames(), result.columnTypes()];
  let rows = 0;
  let chunk: DuckDBDataChunk | null = null;
  do {
    chunk = await result.fetchChunk().catch(failed);
    if (result.returnType === FAILED) {
      if (state.isInterrupted) failed(new Error('INTERRUPT Error: Interrupted!'));
      throw state.fault ?? (await reasonOf(connection, query, rows));
    }
    rows += chunk?.rowCount ?? 0;
    yield { names, types, chunk };
  } while (chunk !== null && chunk.rowCount > 0);
}

/** Runs a statement to its end; throws as `chunksOfQuery` does. */
export async function runQuery(connection: DuckDBConnection, sql: string): Promise<void> {
  startQuery(connection);
  try {
    await connection.run(sql);
  } catch (error) {
    throw explained(connection, error);
  }
}
