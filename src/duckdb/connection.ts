import type { DuckDBConnection } from '@duckdb/node-api';
import type { Dump } from './scan.ts';

/** A connection to DuckDB that reads dumps. Whoever got it closes it. */
export interface DumpConnection extends DuckDBConnection {
  /**
   * Interrupts running queries and waits for their end; then closes the connection, its database
   * and the files of its inputs. Safe to call again.
   */
  close(): Promise<void>;
  /** Closes the same at once. During a query use `close`. */
  closeSync(): void;
  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What happened to a query, as far as DuckDB does not report it. */
interface Outcome {
  /** The error of the first read that failed; DuckDB's own error has only its message. */
  fault: unknown;
  isInterrupted: boolean;
}

const outcomes = new WeakMap<DuckDBConnection, Outcome>();

/** The outcome of the running query. */
export function outcomeOf(connection: DuckDBConnection): Outcome {
  const known = outcomes.get(connection);
  if (known !== undefined) return known;
  const outcome: Outcome = { fault: undefined, isInterrupted: false };
  outcomes.set(connection, outcome);
  return outcome;
}

/** Forgets the previous query. */
export function startQuery(connection: DuckDBConnection): Outcome {
  return Object.assign(outcomeOf(connection), { fault: undefined, isInterrupted: false });
}

/** The interval of interrupts: a query that waits for another begins after the first one (ms). */
const INTERRUPT_MS = 50;

/** Makes a connection own its database, and the files that are read in place. */
export function owning(
  connection: DuckDBConnection,
  database: { closeSync(): void },
  dumps: readonly Dump[],
): DumpConnection {
  const [interrupt, disconnect] = [connection.interrupt, connection.closeSync];
  let isClosed = false;
  const closeSync = (): void => {
    if (isClosed) return;
    isClosed = true;
    disconnect.call(connection);
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
      outcomeOf(connection).isInterrupted = true;
      interrupt.call(connection);
    },
    close,
    closeSync,
    disconnectSync: closeSync,
    [Symbol.asyncDispose]: close,
  });
}
