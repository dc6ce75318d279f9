import { AioscopeError, type MissingColumn } from '../../errors.ts';
import { nanoseconds, SELECT_NAMES, type SelectOptions } from '../../layout/where.ts';
import { closeQuietly } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { type Progress, READ_NAMES } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import type { MatchJson } from '../match/json.ts';
import { type Match, matchWithin } from '../match/match.ts';
import { hasField, keyOf, lacksOf, pidFault, type Schemas } from '../match/matchable.ts';
import { openSide } from '../match/open-both.ts';
import type { MatchOptions } from '../match/options.ts';
import { adviceFor, lackText } from '../match/unmatchable.ts';
import type { AxisJson } from './fold-axis.ts';
import type { GridJson } from './fold-grid.ts';
import { type MisalignedJson, PairFigures } from './pair-figures.ts';
import type { Report } from './report.ts';

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
}

/** Options of `report` of both sides. Conditions on columns leave both unmatched. */
export interface ReportPairOptions
  extends Omit<MatchOptions, 'order' | 'key' | 'slowest' | 'from' | 'to'>,
    SelectOptions {}

/** The names of `ReportPairOptions`. */
export const PAIR_NAMES = [
  SELECT_NAMES,
  READ_NAMES,
  'engine',
  'compression',
  'submissions:object',
  'completions:object',
  'refused:any',
] as const;

/** Both sources of a report, to be read twice. */
export class Sides {
  readonly submissions: Opened;
  readonly completions: Opened;
  /** Present if both can be read again. */
  readonly #again: readonly [Opened, Opened] | undefined;
  /** Why they cannot be matched; undefined if they can. */
  readonly matchFailed: MatchFailure | undefined;

  private constructor(submissions: Opened, completions: Opened, { where }: ReportPairOptions) {
    this.submissions = submissions;
    this.completions = completions;
    const [first, second] = [submissions.reopen(), completions.reopen()];
    if (first !== undefined && second !== undefined) this.#again = [first, second];
    this.matchFailed = failureOf(submissions, completions, {
      where,
      once: first === undefined ? submissions : second === undefined ? completions : undefined,
    });
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
      return new Sides(first, second, options);
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
  async matchInto(report: Report, options: MatchOptions): Promise<MatchFailure | undefined> {
    const [submissions, completions] = this.#again ?? [];
    if (submissions === undefined || completions === undefined) return undefined;
    const figures: PairFigures[] = [];
    let match: Match;
    try {
      match = await matchWithin(
        submissions,
        completions,
        { ...options, order: 'time', slowest: 0 },
        undefined,
        (input) => {
          figures.push(new PairFigures(input));
          return figures[0];
        },
      );
    } catch (error) {
      if (error instanceof AioscopeError && error.code === 'AIOSCOPE_UNMATCHABLE')
        return failure(error.message, error.lacks);
      throw error;
    }
    const { version: _, engine: _e, inputs: _i, slowest: _s, ...rest } = match.toJSON();
    const [latencies, misaligned] = [figures[0].latencies(), figures[0].misaligned()];
    report.submissions.poll.merge(figures[0].poll);
    report.matched = {
      figures: rest,
      ...(latencies && { latencies }),
      ...(misaligned && { misaligned }),
    };
    return undefined;
  }

  /** Closes whatever has not been read to its end. */
  async close(signal: ReportPairOptions['signal']): Promise<void> {
    for (const opened of [this.submissions, this.completions, ...(this.#again ?? [])])
      await closeQuietly(opened, signal);
  }
}

const failure = (text: string, lacks: readonly MissingColumn[] = []): MatchFailure => ({
  text,
  lacks,
});

/** Why records cannot be matched; undefined if they can. */
function failureOf(
  submissions: Opened,
  completions: Opened,
  { where, once }: { where: SelectOptions['where']; once: Opened | undefined },
): MatchFailure | undefined {
  const schemas: Schemas = { submissions: submissions.schema, completions: completions.schema };
  const lacks = lacksOf(schemas, { order: 'time', key: keyOf(schemas, undefined) });
  if (where !== undefined) return failure('where excludes records that others match');
  if (lacks.length > 0)
    return failure(`${lackText(lacks, schemas)}; ${adviceFor(lacks, schemas)}`, lacks);
  if (once !== undefined)
    return failure(`${once.name === '-' ? 'standard input' : once.name} can be read only once`);
  const fault = pidFault(schemas);
  return fault === undefined ? undefined : failure(fault);
}

/**
 * The `ts` of the first record of a source; undefined if there is none, or it is read only once.
 */
async function firstTime(opened: Opened, { engine, signal }: ReportPairOptions) {
  const again = hasField(opened.schema, 'ts') ? opened.reopen() : undefined;
  if (again === undefined) return undefined;
  for await (const { columns } of new RecordReader(again, { engine, signal, batchSize: 1 }))
    return BigInt(columns['ts'][0]);
  return undefined;
}

/** Options with absolute times: those with `+` count from the earliest first record of all. */
export async function withTimes(
  sources: readonly Opened[],
  options: ReportPairOptions,
): Promise<ReportPairOptions & Pick<SelectOptions, 'from' | 'to'>> {
  const times = (['from', 'to'] as const).map((name) => {
    const value = options[name];
    return value === undefined ? undefined : nanoseconds(name, value);
  });
  if (!times.some((time) => time?.isRelative)) return options;
  let { since } = options;
  for (const opened of since === undefined ? sources : []) {
    const first = await firstTime(opened, options);
    if (first !== undefined && (since === undefined || first < since)) since = first;
  }
  // Without a time the first pass says what is missing.
  if (since === undefined) return options;
  const base = since;
  const [from, to] = times.map((time) => time && time.ns + (time.isRelative ? base : 0n));
  return { ...options, from, to };
}

/**
 * Progress callbacks of passes one after another, which report their sum: one pass over each source
 * of a known length, and another if they are matched.
 */
export function passes(
  lengths: readonly (number | undefined)[],
  isMatched: boolean,
  onProgress: ReportPairOptions['onProgress'],
): (() => (progress: Progress) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const each = lengths.every((length) => length !== undefined)
    ? lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0)
    : undefined;
  const totalBytes = each && (isMatched ? 2 : 1) * each;
  let [bytes, records] = [0, 0];
  let last: Progress = { bytes: 0, records: 0, totalBytes: undefined };
  return () => {
    bytes += last.bytes;
    records += last.records;
    last = { bytes: 0, records: 0, totalBytes: undefined };
    return (progress) => {
      last = progress;
      onProgress({ bytes: bytes + last.bytes, records: records + last.records, totalBytes });
    };
  };
}
