import { type EngineName, type EngineUse, engineJson } from '../../engine/kernel.ts';
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { SourceParts } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import type { FsyncJson, MatchJson } from './json.ts';
import type { Latency } from './latency.ts';
import { latencyJson, octavesOf } from './latency-json.ts';
import { lossOf, orphanShare } from './loss.ts';
import type { MatchTotals } from './match-totals.ts';
import type { Mismatch } from './mismatch.ts';
import type { FdStats } from './opcode-stats.ts';
import type { OpenRequests } from './open-requests.ts';
import type { ResolvedOptions } from './options.ts';
import { type DepthBucket, depthsJson, errorsJson, reuseJson } from './outcome-json.ts';
import type { PairSelection } from './pair-rows.ts';
import type { PairTotals } from './pair-totals.ts';
import {
  fdsJson,
  fsyncJson,
  ioJson,
  ioOf,
  opcodesJson,
  orderJson,
  processesJson,
  statsJson,
} from './parts-json.ts';
import { percentiles } from './percentile.ts';
import type { MatchRun } from './run.ts';
import type { Slowest } from './slowest.ts';
import { type OpenJson, openJson, type UnmatchedJson, unmatchedJson } from './unmatched-json.ts';

const hasPairs = ({ latency, unmeasured }: FdStats): boolean => latency.count + unmeasured > 0;

/** The pairs that are counted: all, or those that meet conditions. */
function pairsOf({ selected, merge }: MatchRun): PairTotals {
  const { totals } = merge.counter;
  return (
    selected?.totals(
      (doubt) => doubt !== 1 || totals.countsSecond,
      (span) => totals.silences.isAcrossLost(span),
    ) ?? totals
  );
}

/** The result of a match. */
export class Match implements EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
  readonly inputs: readonly SummaryInput[];
  readonly #options: ResolvedOptions;
  readonly #totals: MatchTotals;
  /** The pairs that are counted: all, or those that meet conditions. */
  readonly #pairs: PairTotals;
  readonly #selection: PairSelection | undefined;
  readonly #time: readonly [bigint, bigint] | null;
  readonly #latency: Latency;
  /** Of all pairs. */
  readonly #allLatency: Latency;
  readonly #slowest: Slowest | null;
  readonly #open: OpenRequests | null;
  readonly #hasForgotten: boolean;
  readonly #refusedKnown: boolean;
  /** Copied from the arena of the run, which the next match overwrites. */
  readonly #depth: { max: number; ioMax: number; histogram: DepthBucket[] };
  readonly #order: MatchJson['order'];
  /** Finds the names of files and processes, if a trace has them. */
  readonly #lookup: NameLookup | undefined;
  readonly #mismatches: readonly Mismatch[];
  /** Of each stream that several files are joined to. */
  readonly #places: readonly (SourceParts | undefined)[];

  /** Takes a run that is finished but not yet closed. */
  constructor(run: MatchRun, lookup: NameLookup | undefined) {
    const { options, readers, slowest, time, knowsRefused } = run;
    const { totals, table } = run.merge.counter;
    ({ engine: this.engine, engineReason: this.engineReason } = readers[0]);
    this.inputs = run.files.map((file) => inputOf(file, file.name));
    this.#places = readers.map(({ parts }) => parts);
    this.#options = options;
    this.#totals = totals;
    this.#time = time;
    this.#pairs = pairsOf(run);
    this.#selection = run.selection;
    this.#allLatency = totals.latency();
    this.#latency = this.#pairs === totals ? this.#allLatency : this.#pairs.latency();
    this.#slowest = slowest;
    this.#open = run.open;
    this.#hasForgotten = table.hasForgotten;
    this.#refusedKnown = knowsRefused;
    const { max, ioMax, counts } = totals.depth;
    this.#depth = { max, ioMax, histogram: depthsJson(counts) };
    this.#order = orderJson(totals);
    this.#lookup = lookup;
    this.#mismatches = run.mismatches;
  }

  /** Returns the result as plain data, as `aioscope match --json` prints it. */
  toJSON(): MatchJson {
    const [totals, pairs] = [this.#totals, this.#pairs];
    const { order, key, dedupe } = this.#options;
    const byTime = order === 'time';
    const durationNs = byTime ? this.#durationNs : null;
    const {
      matched,
      unmatchedCompletions,
      begunBefore,
      dataMismatch,
      ambiguous,
      evicted,
      refused,
    } = totals;
    const unmatchedSubmissions = totals.submissions - matched;
    const negativeLatency = this.#allLatency.negative;
    const records = this.inputs.reduce((sum, input) => sum + input.records, 0);
    const tornBytes = this.inputs.reduce((sum, input) => sum + input.tornBytes, 0);
    const fds = totals.fds.rows();
    return {
      version,
      ...engineJson(this),
      by: {
        order,
        key,
        refusedKnown: this.#refusedKnown,
        ...this.#options.clocks?.toJSON(),
        ...(dedupe && { dedupe }),
      },
      ...(this.#mismatches.length > 0 && { mismatches: [...this.#mismatches] }),
      inputs: [...this.inputs],
      time: this.#time && { from: this.#time[0].toString(), to: this.#time[1].toString() },
      ...(this.#selection && {
        selected: { where: [...this.#selection.where], pairs: pairs.matched, of: matched },
      }),
      ...{
        matched: pairs.matched,
        unmatchedCompletions,
        unmatchedSubmissions,
        begunBefore,
        unmatched: this.#unmatched(),
        open: this.#openJson(),
        dataMismatch,
        ambiguous,
        negativeLatency: this.#latency.negative,
        evicted,
      },
      refused,
      latencyNs: byTime ? latencyJson(this.#latency) : null,
      latencies: byTime ? octavesOf(this.#latency) : [],
      io: ioJson(pairs, totals, this.#depth.ioMax, durationNs),
      byOpcode: opcodesJson(pairs, byTime),
      ...processesJson(pairs, durationNs, this.#lookup),
      byFd: fdsJson(pairs === totals ? fds : pairs.fds.rows(), fds, byTime, this.#lookup),
      ...(hasPairs(pairs.fds.other) && { other: statsJson(pairs.fds.other, byTime) }),
      depth: byTime
        ? { max: this.#depth.max, mean: this.#meanDepth(), histogram: this.#depth.histogram }
        : null,
      order: byTime ? this.#order : null,
      short: { ...pairs.outcomes.short },
      errors: errorsJson(pairs.outcomes),
      fsync: byTime ? this.#fsync(fds) : null,
      littlesLaw: byTime ? this.#littlesLaw() : null,
      reuse: reuseJson(totals.reuse, this.#hasForgotten),
      quality: {
        records,
        tornBytes,
        unmatchedCompletions,
        unmatchedSubmissions,
        ...lossOf(totals),
        repeated: { ...totals.repeated },
        negativeLatency,
        ambiguous,
        evicted,
      },
      ...(this.#slowest && { slowest: this.#slowest.toJSON(this.#lookup, totals, this.#places) }),
    };
  }

  #unmatched(): UnmatchedJson {
    const totals = this.#totals;
    const isRefusedKnown = this.#refusedKnown;
    return unmatchedJson(totals.unmatched, {
      ...totals,
      orphanShare: orphanShare(totals),
      isRefusedKnown,
      isGuess: totals.matched === 0 || this.#mismatches.some(({ id }) => id === 'two-clocks'),
    });
  }

  #openJson(): OpenJson {
    const [p99] = percentiles(ioOf(this.#totals).latency, [9900]);
    const json = openJson(this.#totals.unmatched, p99);
    if (this.#open === null) return json;
    const { where, selected } = this.#open;
    return {
      ...json,
      requests: this.#open.toJSON(this.#options.order === 'time', this.#lookup, this.#places[0]),
      ...(where.length > 0 && { selected: { where: [...where], requests: selected } }),
    };
  }

  #fsync(fds: readonly FdStats[]): FsyncJson {
    const parts = [...fds, this.#totals.fds.other].map(fsyncJson);
    const sum = (of: keyof FsyncJson) => parts.reduce((total, part) => total + part[of], 0);
    return {
      count: sum('count'),
      overtaking: sum('overtaking'),
      writesInFlight: sum('writesInFlight'),
    };
  }

  /** Duration of the capture (ns). */
  get #durationNs(): number {
    return this.#time === null ? 0 : Number(this.#time[1] - this.#time[0]);
  }

  #meanDepth(): number | null {
    const { inFlightNs } = this.#totals.depth;
    return this.#durationNs === 0 ? null : Number(inFlightNs.value) / this.#durationNs;
  }

  #littlesLaw(): MatchJson['littlesLaw'] {
    const depth = this.#meanDepth();
    if (depth === null || depth === 0) return null;
    const sum = this.#allLatency.sum + this.#totals.silences.waiting.leftOutNs;
    const rateTimesLatency = Number(sum) / this.#durationNs;
    return { depth, rateTimesLatency, gap: Math.abs(1 - rateTimesLatency / depth) };
  }
}
