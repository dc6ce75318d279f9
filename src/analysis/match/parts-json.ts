// Parts of a match's result as plain data.
import type { NameLookup } from '../../layout/name-lookup.ts';
import { pathsJson } from '../../layout/run-names.ts';
import type { FsyncJson, MatchGroup, MatchJson } from './json.ts';
import { latencyJson } from './latency-json.ts';
import type { MatchTotals } from './match-totals.ts';
import { FdStats, type OpcodeStats } from './opcode-stats.ts';

export const statsJson = (stats: OpcodeStats, byTime: boolean): MatchGroup => ({
  matched: stats.latency.count + stats.unmeasured,
  bytesMoved: stats.bytes.value.toString(),
  short: stats.short,
  errors: stats.errors,
  latencyNs: byTime ? latencyJson(stats.latency) : null,
});

export const fsyncJson = ({ fsyncs, overtaking, overtakenWrites }: FdStats): FsyncJson => ({
  count: fsyncs,
  overtaking,
  writesInFlight: overtakenWrites,
});

/**
 * Pairs by descriptor. Flushes are all those of a descriptor, of `all`, whatever pairs are
 * selected: descriptors that have any are listed without pairs too.
 */
export function fdsJson(
  fds: readonly FdStats[],
  all: readonly FdStats[],
  byTime: boolean,
  lookup: NameLookup | undefined,
): MatchJson['byFd'] {
  const row = (stats: FdStats, flushes: FdStats | undefined): MatchJson['byFd'][number] => ({
    pid: stats.high,
    fd: stats.low | 0,
    ...pathsJson(lookup?.paths(stats.high, stats.low | 0)),
    ...statsJson(stats, byTime),
    fsync: fsyncJson(flushes ?? stats),
  });
  if (fds === all) return all.map((stats) => row(stats, stats));
  const keyOf = ({ high, low }: FdStats) => `${high} ${low}`;
  const whole = new Map(all.map((stats) => [keyOf(stats), stats]));
  const selected = new Set(fds.map(keyOf));
  const flushed = all.filter((stats) => stats.fsyncs > 0 && !selected.has(keyOf(stats)));
  return [...fds, ...flushed.map(({ high, low }) => new FdStats(high, low, false))]
    .sort((a, b) => a.high - b.high || a.low - b.low)
    .map((stats) => row(stats, whole.get(keyOf(stats))));
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
