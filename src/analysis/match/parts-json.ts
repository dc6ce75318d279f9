// Parts of a match's result as plain data.

import { opcodeName } from '../../abi/name.ts';
import type { NameLookup } from '../../layout/name-lookup.ts';
import { pathsJson } from '../../layout/run-names.ts';
import type {
  FsyncJson,
  IoJson,
  MatchGroup,
  MatchJson,
  OpcodeGroup,
  OutcomeJson,
  ProcessPairs,
} from './json.ts';
import { latencyJson, octavesOf } from './latency-json.ts';
import type { MatchTotals } from './match-totals.ts';
import { FdStats, OpcodeStats } from './opcode-stats.ts';
import { isIo } from './outcome.ts';
import type { PairTotals } from './pair-totals.ts';

const pairsIn = ({ latency, unmeasured }: OpcodeStats): number => latency.count + unmeasured;

export const statsJson = (stats: OpcodeStats, byTime: boolean): MatchGroup => ({
  matched: pairsIn(stats),
  bytesMoved: stats.bytes.value.toString(),
  short: stats.short,
  errors: stats.errors,
  latencyNs: byTime ? latencyJson(stats.latency) : null,
});

const outcomeJson = (stats: OpcodeStats, byTime: boolean): OutcomeJson => ({
  count: pairsIn(stats),
  latencyNs: byTime ? latencyJson(stats.latency) : null,
});

/** All pairs of an opcode. */
function bothOf(succeeded: OpcodeStats, failed: OpcodeStats): OpcodeStats {
  const all = new OpcodeStats(0, succeeded.low, true);
  for (const each of [succeeded, failed]) if (pairsIn(each) > 0) all.merge(each);
  return all;
}

/** Pairs by opcode, and how they ended. */
export function opcodesJson(pairs: PairTotals, byTime: boolean): OpcodeGroup[] {
  const [succeeded, failed] = [pairs.succeeded, pairs.failed].map(
    (table) => new Map(table.rows().map((stats) => [stats.low, stats])),
  );
  const opcodes = [...new Set([...succeeded.keys(), ...failed.keys()])].sort((a, b) => a - b);
  return opcodes.map((opcode) => {
    const none = new OpcodeStats(0, opcode, true);
    const [good, bad] = [succeeded.get(opcode) ?? none, failed.get(opcode) ?? none];
    return {
      opcode,
      name: opcodeName(opcode),
      ...statsJson(bad === none ? good : bothOf(good, bad), byTime),
      succeeded: outcomeJson(good, byTime),
      failed: outcomeJson(bad, byTime),
    };
  });
}

/** Reads and writes that succeeded. */
export function ioOf({ succeeded }: PairTotals): OpcodeStats {
  const io = new OpcodeStats(0, 0, true);
  for (const row of succeeded.rows()) if (isIo(row.low)) io.merge(row);
  return io;
}

/** Time in flight as a mean over the duration of the capture. */
const meanOf = ({ latency }: OpcodeStats, durationNs: number): number | null =>
  durationNs === 0 ? null : Number(latency.sum) / durationNs;

/** Reads and writes that succeeded: of these pairs, but the depth is of all. */
export function ioJson(
  pairs: PairTotals,
  all: PairTotals,
  max: number,
  durationNs: number | null,
): IoJson {
  const [io, byTime] = [ioOf(pairs), durationNs !== null];
  const whole = pairs === all ? io : ioOf(all);
  const depth = durationNs === null ? null : { max, mean: meanOf(whole, durationNs) };
  return { ...outcomeJson(io, byTime), depth, latencies: byTime ? octavesOf(io.latency) : [] };
}

/** By the number that `directionOf` returns. */
const DIRECTIONS = ['read', 'write', 'other'] as const;

/** Pairs by process and direction; `durationNs` is null by counting. */
export function processesJson(
  { processes }: PairTotals,
  durationNs: number | null,
  lookup: NameLookup | undefined,
): Pick<MatchJson, 'byProcess' | 'otherProcesses'> {
  const row = (stats: OpcodeStats): ProcessPairs => ({
    matched: pairsIn(stats) + stats.errors,
    succeeded: pairsIn(stats),
    errors: stats.errors,
    bytesMoved: stats.bytes.value.toString(),
    short: stats.short,
    latencyNs: durationNs === null ? null : latencyJson(stats.latency),
    meanDepth: durationNs === null ? null : meanOf(stats, durationNs),
  });
  const byProcess = processes.rows().map((stats) => {
    const comms = lookup?.comms(stats.high) ?? [];
    const name = { pid: stats.high, direction: DIRECTIONS[stats.low] };
    return { ...name, ...(comms.length > 0 && { comms }), ...row(stats) };
  });
  const other = row(processes.other);
  return {
    byProcess: byProcess.filter(({ matched }) => matched > 0),
    ...(other.matched > 0 && { otherProcesses: other }),
  };
}

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
