import { opcodeName } from '../../abi/name.ts';
import type { EngineName } from '../../engine/kernel.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import type { SummaryInput } from '../summary/summary.ts';
import type { Lane } from './input-stream.ts';
import type { FsyncJson, MatchGroup, MatchJson } from './json.ts';
import type { Latency } from './latency.ts';
import type { Tally } from './match-totals.ts';
import type { Group } from './opcode-stats.ts';
import type { MatchOptions, ResolvedOptions } from './options.ts';
import type { DepthBucket } from './outcome.ts';
import type { PairObserver } from './pair-counter.ts';
import { MatchRun } from './run.ts';
import type { Slowest } from './slowest.ts';

const groupJson = (group: Group, byTime: boolean): MatchGroup => ({
  matched: group.latency.count,
  bytesMoved: group.bytes.value.toString(),
  short: group.short,
  errors: group.errors,
  latencyNs: byTime ? group.latency.toJSON() : null,
});

const fsyncJson = ({ fsyncs, overtaking, overtakenWrites }: Group): FsyncJson => ({
  count: fsyncs,
  overtaking,
  writesInFlight: overtakenWrites,
});

function orderJson({ orders, ordersShared, matched }: Tally): MatchJson['order'] {
  const sum = (of: 'inOrder' | 'late' | 'beyondWindow') =>
    orders.reduce((total, order) => total + order[of], 0);
  const inOrder = sum('inOrder');
  const spanMax = Math.max(...orders.map((order) => order.spanMax));
  const approximate = ordersShared || sum('beyondWindow') > 0;
  return {
    inOrder,
    overtaken: matched - inOrder,
    spanMax,
    late: sum('late'),
    beyondWindow: sum('beyondWindow'),
    approximate,
  };
}

/** Submissions matched to completions, and all that follows from it. */
export class Match {
  readonly engine: EngineName;
  readonly inputs: readonly SummaryInput[];
  readonly #options: ResolvedOptions;
  readonly #tally: Tally;
  readonly #time: readonly [bigint, bigint] | null;
  readonly #latency: Latency;
  readonly #slowest: Slowest | null;
  readonly #forgot: boolean;
  readonly #refusedKnown: boolean;
  /** What lies in the memory of the run, which the next match overwrites. */
  readonly #depth: { readonly max: number; readonly histogram: DepthBucket[] };
  readonly #order: MatchJson['order'];

  /** Of a run that is finished, and not yet closed. */
  constructor(run: MatchRun) {
    const { matcher, options, readers, slowest, time } = run;
    this.engine = readers[0].engine;
    this.inputs = readers.map(({ schema, quality, sourceName }) => {
      const { bytes, records, tornBytes } = quality;
      return {
        file: sourceName,
        kind: schema.kind,
        endian: schema.endian,
        layout: schema.layout.text,
        bytes,
        records,
        tornBytes,
      };
    });
    this.#options = options;
    this.#tally = matcher.tally;
    this.#time = time;
    this.#latency = matcher.tally.latency();
    this.#slowest = slowest;
    this.#forgot = matcher.forgot;
    this.#refusedKnown = matcher.knowsRefused;
    this.#depth = { max: matcher.tally.depth.max, histogram: matcher.tally.depth.histogram() };
    this.#order = orderJson(matcher.tally);
  }

  /** The whole as plain data: what the command line prints as JSON. */
  toJSON(): MatchJson {
    const tally = this.#tally;
    const { order, key } = this.#options;
    const byTime = order === 'time';
    const {
      matched,
      unmatchedCompletions,
      begunBefore,
      superseded,
      dataMismatch,
      ambiguous,
      evicted,
      refused,
      neverOpened,
    } = tally;
    const unmatchedSubmissions = tally.submissions - matched;
    const negativeLatency = this.#latency.negative;
    const presumedLost = unmatchedCompletions - begunBefore + tally.lost;
    const records = this.inputs.reduce((sum, input) => sum + input.records, 0);
    const tornBytes = this.inputs.reduce((sum, input) => sum + input.tornBytes, 0);
    const fds = tally.fds.groups();
    return {
      version,
      engine: this.engine,
      by: { order, key, refusedKnown: this.#refusedKnown },
      inputs: [...this.inputs],
      time: this.#time && { from: this.#time[0].toString(), to: this.#time[1].toString() },
      ...{
        matched,
        unmatchedCompletions,
        unmatchedSubmissions,
        begunBefore,
        superseded,
        dataMismatch,
        ambiguous,
        negativeLatency,
        evicted,
      },
      ...{ refused, neverOpened },
      latencyNs: byTime ? this.#latency.toJSON() : null,
      latencies: byTime ? this.#latency.octaves() : [],
      byOpcode: tally.opcodes.groups().map((group) => ({
        opcode: group.low,
        name: opcodeName(group.low),
        ...groupJson(group, byTime),
      })),
      byFd: fds.map((group) => ({
        pid: group.high,
        fd: group.low | 0,
        ...groupJson(group, byTime),
        fsync: fsyncJson(group),
      })),
      ...(tally.fds.other.latency.count > 0 && { other: groupJson(tally.fds.other, byTime) }),
      depth: byTime
        ? { max: this.#depth.max, mean: this.#meanDepth(), histogram: this.#depth.histogram }
        : null,
      order: byTime ? this.#order : null,
      short: { ...tally.outcomes.short },
      errors: tally.outcomes.errorsJson(),
      fsync: byTime ? this.#fsync(fds) : null,
      little: byTime ? this.#little() : null,
      reuse: tally.reuse.toJSON(this.#forgot),
      quality: {
        records,
        tornBytes,
        unmatchedCompletions,
        unmatchedSubmissions,
        presumedLost,
        negativeLatency,
        ambiguous,
        evicted,
      },
      ...(this.#slowest && { slowest: this.#slowest.toJSON() }),
    };
  }

  #fsync(groups: readonly Group[]): FsyncJson {
    const parts = [...groups, this.#tally.fds.other].map(fsyncJson);
    const sum = (of: keyof FsyncJson) => parts.reduce((total, part) => total + part[of], 0);
    return {
      count: sum('count'),
      overtaking: sum('overtaking'),
      writesInFlight: sum('writesInFlight'),
    };
  }

  /** How long the capture lasted (ns). */
  get #lasted(): number {
    return this.#time === null ? 0 : Number(this.#time[1] - this.#time[0]);
  }

  #meanDepth(): number | null {
    return this.#lasted === 0 ? null : Number(this.#tally.depth.inFlightNs.value) / this.#lasted;
  }

  #little(): MatchJson['little'] {
    const depth = this.#meanDepth();
    if (depth === null || depth === 0) return null;
    const rateTimesLatency = Number(this.#latency.sum) / this.#lasted;
    return { depth, rateTimesLatency, gap: Math.abs(1 - rateTimesLatency / depth) };
  }
}

/**
 * Match submissions (`iocb`) to completions (`io_event`): by process and address, and equal data, in the order of time. One
 * pass over both, merged by the `ts` of their envelopes; memory is bounded whatever their size.
 *
 * An event belongs to the newest request that was open at its address with its data and is not later than it. A request
 * that nothing completed stays open; one that shares address and data with a newer one is taken for refused. An event
 * without a request waits for one that is later in its file, or up to 10 ms later in time (then its latency is negative).
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` where an address or a time is missing; `AIOSCOPE_OPTION` for options that
 *   make no sense; and as `open` does. Of sources that fail nothing is reported.
 */
export function match(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: MatchOptions = {},
): Promise<Match> {
  return matchWithin(submissions, completions, options, undefined);
}

/** The same with another bound on how many requests may be open, and with somebody who watches. */
export async function matchWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: MatchOptions,
  openMax: number | undefined,
  watchOf?: (submissions: Lane) => PairObserver,
): Promise<Match> {
  const run = await MatchRun.start(submissions, completions, options, openMax, undefined, watchOf);
  try {
    while (await run.step());
    run.finish();
    return new Match(run);
  } finally {
    await run.close();
  }
}
