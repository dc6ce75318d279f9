// Parts of a match's result as plain data.
import type { FsyncJson, MatchGroup, MatchJson } from './json.ts';
import { latencyJson } from './latency-json.ts';
import type { MatchTotals } from './match-totals.ts';
import type { FdStats, OpcodeStats } from './opcode-stats.ts';

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
