// Errors and signals of the commands that run DuckDB.
import { constants } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fault } from './target.ts';

/** The system's error codes of DuckDB's write errors. */
const WRITE_FAULTS = {
  'No space left on device': 'ENOSPC',
  'File too large': 'EFBIG',
  'Disk quota exceeded': 'EDQUOT',
};

/** DuckDB's write error as the error of the output file; other errors unchanged. */
export function writeError(error: unknown, output: string): unknown {
  const { message } = error as Error;
  const code = Object.entries(WRITE_FAULTS).find(
    ([words]) => message.startsWith('IO Error: ') && message.includes(words),
  )?.[1];
  return code === undefined ? error : fault(output, Object.assign(new Error(message), { code }));
}

/** The interval of interrupts: one that comes before the query begins has no effect (ms). */
const INTERRUPT_MS = 50;

/** A query that signals can stop. */
interface Stoppable {
  readonly signal: AbortSignal;
  /** The connection that runs the query. */
  connection: DuckDBConnection | undefined;
  /** The exit code after a signal; 0 before one. */
  exitCode: number;
  /** Restores the previous signal handlers. */
  restore(): void;
}

type Listener = (signal: NodeJS.Signals) => void;

/**
 * Replaces the listeners of a signal, which are called once. The new ones are added first: without
 * any listener a signal would end the process.
 */
function relay(
  name: NodeJS.Signals,
  listeners: readonly Listener[],
  before: readonly Listener[],
): void {
  for (const listener of listeners) process.once(name, listener);
  for (const listener of before) process.removeListener(name, listener);
}

/** Makes signals stop the query first: exiting while DuckDB is at work would block on it. */
export function stoppedBySignals(): Stoppable {
  const controller = new AbortController();
  const undo: (() => void)[] = [];
  const restore = () => {
    for (const each of undo) each();
  };
  const stop: Stoppable = {
    signal: controller.signal,
    connection: undefined,
    exitCode: 0,
    restore,
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const before = process.listeners(name) as Listener[];
    const listener = () => {
      stop.exitCode = 128 + constants.signals[name];
      controller.abort();
      setInterval(() => stop.connection?.interrupt(), INTERRUPT_MS);
    };
    relay(name, [listener], before);
    undo.push(() => relay(name, before, [listener]));
  }
  return stop;
}
