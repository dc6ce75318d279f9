import { opcodeName } from '../../abi/name.ts';
import { type EngineName, type EngineUse, engineJson } from '../../engine/kernel.ts';
import type { NameLookup } from '../../layout/name-lookup.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { pathsJson } from '../../layout/run-names.ts';
import { loaded } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Source, SourceParts } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import type { InputStream } from './input-stream.ts';
import type { FsyncJson, MatchJson } from './json.ts';
import type { Latency } from './latency.ts';
import { lossOf } from './loss.ts';
import type { MatchTotals } from './match-totals.ts';
import type { Mismatch } from './mismatch.ts';
import type { FdStats } from './opcode-stats.ts';
import { MATCH_NAMES, type MatchOptions, type ResolvedOptions } from './options.ts';
import type { DepthBucket } from './outcome.ts';
import type { PairObserver } from './pair-sink.ts';
import { fsyncJson, orderJson, statsJson } from './parts-json.ts';
import { MatchRun } from './run.ts';
import { resolveSides, type Sources } from './sides.ts';
import type { Slowest } from './slowest.ts';

/** The result of a match. */
export class Match implements EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
  readonly inputs: readonly SummaryInput[];
  readonly #options: ResolvedOptions;
  readonly #totals: MatchTotals;
  readonly #time: readonly [bigint, bigint] | null;
  readonly #latency: Latency;
  readonly #slowest: Slowest | null;
  readonly #hasForgotten: boolean;
  readonly #refusedKnown: boolean;
  /** Copied from the arena of the run, which the next match overwrites. */
  readonly #depth: { readonly max: number; readonly histogram: DepthBucket[] };
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
    this.#latency = totals.latency();
    this.#slowest = slowest;
    this.#hasForgotten = table.hasForgotten;
    this.#refusedKnown = knowsRefused;
    this.#depth = { max: totals.depth.max, histogram: totals.depth.histogram() };
    this.#order = orderJson(totals);
    this.#lookup = lookup;
    this.#mismatches = run.mismatches;
  }

  /** Returns the result as plain data, as `aioscope match --json` prints it. */
  toJSON(): MatchJson {
    const totals = this.#totals;
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
    } = totals;
    const unmatchedSubmissions = totals.submissions - matched;
    const negativeLatency = this.#latency.negative;
    const presumedLost = unmatchedCompletions - begunBefore + totals.lost;
    const records = this.inputs.reduce((sum, input) => sum + input.records, 0);
    const tornBytes = this.inputs.reduce((sum, input) => sum + input.tornBytes, 0);
    const fds = totals.fds.rows();
    return {
      version,
      ...engineJson(this),
      by: { order, key, refusedKnown: this.#refusedKnown },
      ...(this.#mismatches.length > 0 && { mismatches: [...this.#mismatches] }),
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
      byOpcode: totals.opcodes.rows().map((stats) => ({
        opcode: stats.low,
        name: opcodeName(stats.low),
        ...statsJson(stats, byTime),
      })),
      byFd: fds.map((stats) => ({
        pid: stats.high,
        fd: stats.low | 0,
        ...pathsJson(this.#lookup?.paths(stats.high, stats.low | 0)),
        ...statsJson(stats, byTime),
        fsync: fsyncJson(stats),
      })),
      ...(totals.fds.other.latency.count > 0 && { other: statsJson(totals.fds.other, byTime) }),
      depth: byTime
        ? { max: this.#depth.max, mean: this.#meanDepth(), histogram: this.#depth.histogram }
        : null,
      order: byTime ? this.#order : null,
      short: { ...totals.outcomes.short },
      errors: totals.outcomes.errorsJson(),
      fsync: byTime ? this.#fsync(fds) : null,
      littlesLaw: byTime ? this.#littlesLaw() : null,
      reuse: totals.reuse.toJSON(this.#hasForgotten),
      quality: {
        records,
        tornBytes,
        unmatchedCompletions,
        unmatchedSubmissions,
        presumedLost,
        ...lossOf(totals),
        negativeLatency,
        ambiguous,
        evicted,
      },
      ...(this.#slowest && {
        slowest: this.#slowest.toJSON(this.#lookup, totals.countsSecond, this.#places),
      }),
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
    const rateTimesLatency = Number(this.#latency.sum) / this.#durationNs;
    return { depth, rateTimesLatency, gap: Math.abs(1 - rateTimesLatency / depth) };
  }
}

/**
 * Matches submissions (`iocb`) to completions (`io_event`) by process, address and data, in order
 * of time: one pass over both, merged by the `ts` of their envelopes. Memory is bounded, whatever
 * their size.
 *
 * A completion belongs to the newest submission in flight at its address that has its data and is
 * not later. Older ones with its data were refused, or their completions are lost: they are set
 * aside, and only a completion that finds no other submission makes a second pair with one. A
 * completion without a submission waits for one that comes later in its file, or is up to 20 µs
 * later in time (its latency is then negative).
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if an address or a time is missing,
 *   `AIOSCOPE_OPTION` for invalid options, and as `open` does. A source that fails has no result.
 */
export function match(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: MatchOptions,
): Promise<Match>;
/**
 * Matches any number of files and traces, in any order. Parts of one kind are joined in the order
 * of time, each with its own layout; indexes count through the parts.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if parts overlap in time, or are not of one capture
 */
export function match(
  sources: readonly (Source | Opened)[],
  options?: MatchOptions,
): Promise<Match>;
/** Matches the submissions and completions of a trace. */
export function match(trace: Source, options?: MatchOptions): Promise<Match>;
export async function match(
  source: Source | Opened | Sources,
  second?: Source | Opened | MatchOptions,
  third?: MatchOptions,
): Promise<Match> {
  const { submissions, completions, options } = await resolveSides(source, second, third, (given) =>
    checkOptions('match', given, MATCH_NAMES),
  );
  return matchWithin(submissions, completions, options, undefined);
}

/** Finds the names of a trace. Loaded on demand: other sources have none. */
async function lookupIn({ readers: [{ schema, sourceName }] }: MatchRun) {
  if (schema.names === undefined) return undefined;
  const { lookupOf } = await loaded(sourceName, import('../../layout/name-lookup.ts'));
  return lookupOf(schema.names);
}

/** As `match`, with another limit of entries in flight, and an observer. */
export async function matchWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: MatchOptions,
  openMax: number | undefined,
  createObserver?: (submissions: InputStream) => PairObserver,
): Promise<Match> {
  const run = await MatchRun.start(
    submissions,
    completions,
    options,
    openMax,
    undefined,
    createObserver,
  );
  try {
    while (await run.step());
    run.finish();
    return new Match(run, await lookupIn(run));
  } finally {
    await run.close();
  }
}
