// What the commands that set DuckDB to work have in common.
import { constants } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';
import { fault } from './target.ts';

/** Why DuckDB cannot write a file, as the system calls it. */
const WRITE_FAULTS = {
  'No space left on device': 'ENOSPC',
  'File too large': 'EFBIG',
  'Disk quota exceeded': 'EDQUOT',
};

/** The same, of the file that is meant. */
export function writeError(error: unknown, output: string): unknown {
  const { message } = error as Error;
  const code = Object.entries(WRITE_FAULTS).find(
    ([words]) => message.startsWith('IO Error: ') && message.includes(words),
  )?.[1];
  return code === undefined ? error : fault(output, Object.assign(new Error(message), { code }));
}

/** How often a query is told to stop: one that has not begun does not hear it (ms). */
const INTERRUPT_MS = 50;

/** A query that signals stop. */
interface Stoppable {
  readonly signal: AbortSignal;
  /** The connection that is at work. */
  connection: DuckDBConnection | undefined;
  /** What to exit with, once a signal has come; before 0. */
  exitCode: number;
  /** Let signals do again what they did before. */
  restore(): void;
}

type Listener = (signal: NodeJS.Signals) => void;

/** Have these listen to a signal, once, in place of those. The new come first: a signal that nobody listens to meanwhile is lost. */
function relay(
  name: NodeJS.Signals,
  listeners: readonly Listener[],
  before: readonly Listener[],
): void {
  for (const listener of listeners) process.once(name, listener);
  for (const listener of before) process.removeListener(name, listener);
}

/** Have signals stop the query first: a process that ends while DuckDB waits for it would wait for DuckDB. */
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
