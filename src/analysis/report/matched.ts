import { AioscopeError, type MissingColumn } from '../../errors.ts';
import { SELECT_NAMES, type SelectOptions } from '../../layout/where.ts';
import { closeQuietly, orClose } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { READ_NAMES, type WorkersOption } from '../../stream/options.ts';
import type { Source } from '../../stream/source.ts';
import type { MatchJson } from '../match/json.ts';
import { matchWithin } from '../match/match.ts';
import { hasField, keyOf, lacksOf, pidFault, type Schemas } from '../match/matchable.ts';
import { openSide } from '../match/open-both.ts';
import type { MatchOptions } from '../match/options.ts';
import type { Match } from '../match/result.ts';
import { adviceFor, lackText } from '../match/unmatchable.ts';
import type { AxisJson } from './fold-axis.ts';
import type { GridJson } from './fold-grid.ts';
import type { LatencyByPriorityJson, LatencyBySizeJson } from './latency-groups.ts';
import type { Beside } from './one.ts';
import { type MisalignedJson, PairFigures } from './pair-figures.ts';
import type { Report } from './report.ts';
import { type ReportSelection, reportSelection } from './selection.ts';
import { VectoredRequests } from './vectored-requests.ts';

/** A match without what the report has already. */
export type MatchFigures = Omit<MatchJson, 'version' | 'engine' | 'inputs' | 'slowest'>;

/** Why submissions could not be matched to completions. */
export interface MatchFailure {
  readonly text: string;
  /** The columns that they lack; empty for other reasons. */
  readonly lacks: readonly MissingColumn[];
}

/** The matched part of a report. */
export interface MatchedJson {
  figures: MatchFigures;
  /**
   * Completions by time and log2 latency, without second pairs; present if any latency is not
   * negative.
   */
  latencies?: { axis: AxisJson; map: GridJson };
  /** Present if reads or writes that are not aligned to 512 bytes completed. */
  misaligned?: MisalignedJson;
  /**
   * Latencies of reads and writes that succeeded, by direction and requested bytes; of vectored
   * ones, by bytes moved.
   */
  latencyBySize: LatencyBySizeJson[];
  /** As above, by I/O priority; present if there are several. */
  latencyByPriority?: LatencyByPriorityJson[];
}

/**
 * Options of `report` of both sides. `where` may name columns of submissions, which select
 * submissions and their pairs; columns of completions (`res`, `data`, `completionTs`), which select
 * completions and their pairs; and those of `MatchOptions.where`, which select pairs.
 */
export interface ReportPairOptions
  extends Omit<MatchOptions, 'order' | 'key' | 'slowest' | 'open' | 'from' | 'to' | 'where'>,
    SelectOptions,
    WorkersOption {}

/** The names of `ReportPairOptions`. */
export const PAIR_NAMES = [
  SELECT_NAMES,
  READ_NAMES,
  'engine',
  'compression',
  'submissions:object',
  'completions:object',
  'refused:any',
  'clockOffset:string|bigint|number',
  'tsUnit',
  'dedupe:boolean',
  'workers:number',
] as const;

/** Both sources of a report, to be read twice. */
export class Sides {
  readonly submissions: Opened;
  readonly completions: Opened;
  /** What conditions select; undefined without any. */
  readonly selection: ReportSelection | undefined;
  /** Present if both can be read again. */
  readonly #again: readonly [Opened, Opened] | undefined;
  /** Why they cannot be matched; undefined if they can. */
  readonly matchFailed: MatchFailure | undefined;

  private constructor(submissions: Opened, completions: Opened, { where }: ReportPairOptions) {
    this.submissions = submissions;
    this.completions = completions;
    this.selection = reportSelection(where, submissions.schema, completions.schema);
    const [first, second] = [submissions.reopen(), completions.reopen()];
    if (first !== undefined && second !== undefined) this.#again = [first, second];
    const once = first === undefined ? submissions : second === undefined ? completions : undefined;
    this.matchFailed = failureOf(submissions, completions, once);
  }

  /** Opens both, or neither. */
  static async open(
    submissions: Source | Opened,
    completions: Source | Opened,
    options: ReportPairOptions,
  ): Promise<Sides> {
    const first = await openSide(submissions, 'iocb', options.submissions, options);
    try {
      const second = await openSide(completions, 'io_event', options.completions, options);
      return await orClose(second, () => new Sides(first, second, options), options.signal);
    } catch (error) {
      await closeQuietly(first, options.signal);
      throw error;
    }
  }

  /**
   * Matches both sources, read from their beginnings again, and adds what only pairs show:
   * latencies and their map over time, queue depth, errors by opcode, which poll bits fired.
   * Returns why they cannot be matched, if that is found only by matching them.
   */
  async matchInto(
    report: Report,
    options: MatchOptions,
    beside?: Pick<Beside, 'matches' | 'slowest' | 'takeMatch'>,
  ): Promise<MatchFailure | undefined> {
    const [submissions, completions] = this.#again ?? [];
    if (beside?.matches === false) return undefined;
    if (submissions === undefined || completions === undefined) return undefined;
    const figures: PairFigures[] = [];
    let match: Match;
    try {
      match = await matchWithin(
        submissions,
        completions,
        { ...options, order: 'time', slowest: beside?.slowest ?? 0 },
        undefined,
        (...input) => {
          const [[submitted], cut] = input;
          const vectored = report.submissions.hasVectors
            ? new VectoredRequests(submitted, cut, options.dedupe === true)
            : undefined;
          figures.push(
            new PairFigures(...input, this.selection === undefined ? vectored : undefined),
          );
          return figures[0];
        },
        this.selection?.pairs,
      );
    } catch (error) {
      if (error instanceof AioscopeError && error.code === 'AIOSCOPE_UNMATCHABLE') {
        this.#addGaps(report, figures[0]);
        return failure(error.message, error.lacks);
      }
      throw error;
    }
    beside?.takeMatch(match);
    const { version: _, engine: _e, inputs: _i, slowest: _s, ...rest } = match.toJSON();
    figures[0].latencies.addAcross(rest.quality.silences);
    const [latencies, misaligned] = [figures[0].latencies.byTime(), figures[0].misaligned()];
    this.#addGaps(report, figures[0]);
    report.submissions.poll.merge(figures[0].poll);
    report.evidence = figures[0].evidence;
    // Pairs by clocks that differ are guesses, and so are their lengths.
    const areGuesses = rest.mismatches?.some(({ id }) => id === 'two-clocks') === true;
    figures[0].vectored?.finish();
    if (!areGuesses) report.submissions.vectored = figures[0].vectored;
    const latencyByPriority = figures[0].latencies.byPriority();
    report.matched = {
      figures: rest,
      ...(latencies && { latencies }),
      ...(misaligned && { misaligned }),
      latencyBySize: figures[0].latencies.bySize(),
      ...(latencyByPriority && { latencyByPriority }),
    };
    return undefined;
  }

  /** Adds the gaps of both sides; with conditions, each side has those of its selected records. */
  #addGaps(report: Report, figures: PairFigures | undefined): void {
    if (this.selection === undefined) report.bothGaps = figures?.gaps;
  }

  /** Whether matching counts the gaps between records, in the order of both. */
  get countsGaps(): boolean {
    const both = [this.submissions.schema, this.completions.schema];
    return (
      this.matchFailed === undefined &&
      this.selection === undefined &&
      both.every((schema) => hasField(schema, 'tid'))
    );
  }

  /** Closes whatever has not been read to its end. */
  async close(signal: ReportPairOptions['signal']): Promise<void> {
    for (const opened of [this.submissions, this.completions, ...(this.#again ?? [])])
      await closeQuietly(opened, signal);
  }
}

export const failure = (text: string, lacks: readonly MissingColumn[] = []): MatchFailure => ({
  text,
  lacks,
});

/** Why records cannot be matched; undefined if they can. */
function failureOf(
  submissions: Opened,
  completions: Opened,
  once: Opened | undefined,
): MatchFailure | undefined {
  const schemas: Schemas = { submissions: submissions.schema, completions: completions.schema };
  const lacks = lacksOf(schemas, { order: 'time', key: keyOf(schemas, undefined) });
  if (lacks.length > 0)
    return failure(`${lackText(lacks, schemas)}; ${adviceFor(lacks, schemas)}`, lacks);
  if (once !== undefined)
    return failure(`${once.name === '-' ? 'standard input' : once.name} can be read only once`);
  const fault = pidFault(schemas);
  return fault === undefined ? undefined : failure(fault);
}

/** @throws AioscopeError if nothing is matched that a condition on pairs could select */
export function checkMatched({ selected, matchFailed }: Report): void {
  if (matchFailed === undefined || selected === undefined || selected.pairsOnly.length === 0)
    return;
  throw new AioscopeError(
    'AIOSCOPE_UNMATCHABLE',
    `where: a condition on ${selected.pairsOnly.join(', ')} selects pairs, but there are none: ` +
      matchFailed.text,
    { lacks: matchFailed.lacks },
  );
}
