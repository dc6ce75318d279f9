import type { Cluster } from './clickhouse-cluster.mjs';

/** What is killed: a server, the loader, or any of them while a REPLACE runs. */
export const VICTIMS: readonly string[];

/** Numbers from 0 to 1 that a seed repeats. */
export function randomFrom(seed: number): () => number;

/** A cluster with tables, and a dump to load. */
export interface Kills {
  readonly cluster: Cluster;
  /** Milliseconds of a load of each file without a kill. */
  readonly durations: readonly number[];
}
export function prepareKills(options: {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<Kills>;

/** A kill in the middle of a load, and what a second load made of it. */
export interface Killed {
  readonly killed: string;
  readonly file: string;
  /** Rows that were there after the kill. */
  readonly rows: number;
  /** How the first load ended. */
  readonly stopped: {
    readonly status: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly output: string;
  };
  /** What is wrong after the second load. */
  readonly faults: readonly string[];
}
export function killOnce(
  kills: Kills,
  victim: string,
  random: () => number,
  number: number,
): Promise<Killed>;
