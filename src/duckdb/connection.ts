import type { DuckDBConnection } from '@duckdb/node-api';
import { ASYNC_DISPOSE, type AsyncDisposable } from '../disposable.ts';
import type { Dump } from './scan.ts';

/** A connection to DuckDB that reads dumps. Whoever got it closes it. */
export interface DumpConnection extends DuckDBConnection, AsyncDisposable {
  /**
   * Interrupts running queries and waits for their end; then closes the connection, its database
   * and the files of its inputs. Safe to call again.
   */
  close(): Promise<void>;
  /** Closes the same at once. During a query use `close`. */
  closeSync(): void;
}

/** What is known of a connection and its running query, and DuckDB does not report. */
interface State {
  /** Why there are no tables of what matching finds, of those that were asked for. */
  readonly missing: Map<string, string>;
  /** The tables that a query can name. */
  tables: readonly string[];
  /** The error of the first read that failed; DuckDB's own error has only its message. */
  fault: unknown;
  isInterrupted: boolean;
}

const states = new WeakMap<DuckDBConnection, State>();

/** The state of a connection. */
export function stateOf(connection: DuckDBConnection): State {
  const known = states.get(connection);
  if (known !== undefined) return known;
  const state: State = {
    ...{ missing: new Map(), tables: [] },
    ...{ fault: undefined, isInterrupted: false },
  };
  states.set(connection, state);
  return state;
}

/** The state of a connection at the beginning of a query. */
export function startQuery(connection: DuckDBConnection): State {
  return Object.assign(stateOf(connection), { fault: undefined, isInterrupted: false });
}

/** The interval of interrupts: a query that waits for another begins after the first one (ms). */
const INTERRUPT_MS = 50;

/** Makes a connection own its database, and the files that are read in place. */
export function owning(
  connection: DuckDBConnection,
  database: { closeSync(): void },
  dumps: readonly Dump[],
): DumpConnection {
  // Its own closeSync calls disconnectSync, which is replaced below.
  const { interrupt, disconnectSync } = connection;
  let isClosed = false;
  const closeSync = (): void => {
    if (isClosed) return;
    isClosed = true;
    disconnectSync.call(connection);
    database.closeSync();
    for (const { source } of dumps) source.close();
  };
  const close = async (): Promise<void> => {
    if (isClosed) return;
    const timer = setInterval(() => connection.interrupt(), INTERRUPT_MS);
    connection.interrupt();
    // DuckDB runs one query of a connection at a time, so this waits for the others. To disconnect
    // during one would block this thread, which the query needs.
    await connection.run('SELECT 1').catch(() => {});
    clearInterval(timer);
    closeSync();
  };
  return Object.assign(connection, {
    interrupt() {
      stateOf(connection).isInterrupted = true;
      interrupt.call(connection);
    },
    close,
    closeSync,
    disconnectSync: closeSync,
    [ASYNC_DISPOSE]: close,
  });
}
