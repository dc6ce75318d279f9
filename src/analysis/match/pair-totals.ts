// Pairs by opcode, by descriptor, and by process and direction.
import { Latency } from './latency.ts';
import { FdStats, OpcodeStats, StatsTable } from './opcode-stats.ts';
import { Outcomes } from './outcome.ts';

/** Rows by process and direction, and those of them that have percentiles: 64 processes. */
const PROCESS_ROWS_MAX = 4096;
const PROCESS_HISTOGRAMS_MAX = 3 * 64;

/** The statistics that one pair is counted in. */
export interface PairGroups {
  /** Of its opcode. */
  own: OpcodeStats;
  fd: OpcodeStats;
  /** Of its process and direction; null where that is not counted. */
  process: OpcodeStats | null;
}

/** The statistics that the latency of a pair is counted in. */
export const latencyGroups = (
  { own, fd, process }: PairGroups,
  isFailed: boolean,
): readonly OpcodeStats[] => (isFailed || process === null ? [own, fd] : [own, fd, process]);

/** What is counted of pairs. */
export class PairTotals {
  matched = 0;
  readonly outcomes = new Outcomes();
  /** By (0, opcode): pairs that succeeded, and those that failed. */
  readonly succeeded = new StatsTable(OpcodeStats);
  readonly failed = new StatsTable(OpcodeStats);
  /** By (pid, fd). */
  readonly fds = new StatsTable(FdStats);
  /** By (pid, direction). Latencies are of the pairs that succeeded. */
  readonly processes = new StatsTable(OpcodeStats, PROCESS_ROWS_MAX, PROCESS_HISTOGRAMS_MAX);

  /** The statistics of an opcode. */
  ofOpcode(opcode: number, isFailed: boolean): OpcodeStats {
    return (isFailed ? this.failed : this.succeeded).of(0, opcode);
  }

  /** The latencies of all pairs. */
  latency(): Latency {
    const all = new Latency();
    for (const table of [this.succeeded, this.failed]) {
      for (const { latency } of table.rows()) all.merge(latency);
      if (table.other.latency.count > 0) all.merge(table.other.latency);
    }
    return all;
  }

  /** Adds what was counted of other pairs. */
  addPairs(other: PairTotals): void {
    this.matched += other.matched;
    this.outcomes.merge(other.outcomes);
    this.succeeded.merge(other.succeeded);
    this.failed.merge(other.failed);
    this.fds.merge(other.fds);
    this.processes.merge(other.processes);
  }
}
