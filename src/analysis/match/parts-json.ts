// Parts of a match's result as plain data.
import type { NameLookup } from '../../layout/name-lookup.ts';
import { pathsJson } from '../../layout/run-names.ts';
import type { FsyncJson, MatchGroup, MatchJson } from './json.ts';
import type { MatchTotals } from './match-totals.ts';
import type { FdStats, OpcodeStats } from './opcode-stats.ts';

export const statsJson = (stats: OpcodeStats, byTime: boolean): MatchGroup => ({
  matched: stats.latency.count,
  bytesMoved: stats.bytes.value.toString(),
  short: stats.short,
  errors: stats.errors,
  latencyNs: byTime ? stats.latency.toJSON() : null,
});

export const fsyncJson = ({ fsyncs, overtaking, overtakenWrites }: FdStats): FsyncJson => ({
  count: fsyncs,
  overtaking,
  writesInFlight: overtakenWrites,
});

/** Pairs by descriptor. Flushes are all those of a descriptor, of `all`, whatever is selected. */
export function fdsJson(
  fds: readonly FdStats[],
  all: readonly FdStats[],
  byTime: boolean,
  lookup: NameLookup | undefined,
): MatchJson['byFd'] {
  const keyOf = ({ high, low }: FdStats) => `${high} ${low}`;
  const known = fds === all ? undefined : new Map(all.map((stats) => [keyOf(stats), stats]));
  return fds.map((stats) => ({
    pid: stats.high,
    fd: stats.low | 0,
    ...pathsJson(lookup?.paths(stats.high, stats.low | 0)),
    ...statsJson(stats, byTime),
    fsync: fsyncJson(known?.get(keyOf(stats)) ?? stats),
  }));
}

export function orderJson({ orders, ordersShared }: MatchTotals): MatchJson['order'] {
  const sum = (of: 'inOrder' | 'completed' | 'late' | 'beyondWindow') =>
    orders.reduce((total, order) => total + order[of], 0);
  const inOrder = sum('inOrder');
  const spanMax = Math.max(...orders.map((order) => order.spanMax));
  const approximate = ordersShared || sum('beyondWindow') > 0;
  return {
    inOrder,
    overtaken: sum('completed') - inOrder,
    spanMax,
    late: sum('late'),
    beyondWindow: sum('beyondWindow'),
    approximate,
  };
}
