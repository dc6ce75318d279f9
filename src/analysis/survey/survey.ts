import { checkOptions } from '../../layout/option-names.ts';
import { nanoseconds, type SelectOptions } from '../../layout/where.ts';
import { ANALYZE_NAMES, type AnalyzeOptions } from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers, type WorkersOption } from '../../stream/options.ts';
import type { Source } from '../../stream/source.ts';
import type { Check } from '../check/check.ts';
import type { Match } from '../match/result.ts';
import type { Sources } from '../match/sides.ts';
import { reportSource } from '../report/analyze.ts';
import { reportMany } from '../report/many.ts';
import { PAIR_NAMES, type ReportPairOptions } from '../report/matched.ts';
import type { Report } from '../report/report.ts';
import type { Summary } from '../summary/summary.ts';
import { checkGrow, GROW_NAMES, type SurveyGrowOptions } from './grow-options.ts';
import { SurveyTotals } from './survey-totals.ts';
import type { Zones } from './zones.ts';

/** What a survey has found so far. */
export interface SurveyPartial {
  /** As `summarize` returns it. */
  readonly summary: Summary;
  /** As `report` returns it. */
  readonly report: Report;
  /** As `check` returns it, with the rules of Linux. */
  readonly check: Check;
}

/** What a survey has found. */
export interface Survey extends SurveyPartial {
  /**
   * The times of the records of each source, in the order of `report.inputs`: an index from times
   * to bytes. Those of a source without times, or with conditions, are empty.
   */
  readonly zones: readonly Zones[];
  /** As `match` returns it; undefined unless submissions were matched to completions. */
  readonly match: Match | undefined;
}

/** Options of `survey` of one source. */
export interface SurveyOptions extends AnalyzeOptions, WorkersOption, SurveyGrowOptions {}

/** Options of `survey` of several sources. */
export interface SurveyManyOptions extends ReportPairOptions, SurveyGrowOptions {}

/** A time in nanoseconds; undefined if it counts from a record that is not known yet. */
function absolute(
  option: 'from' | 'to',
  { since, ...range }: Pick<SelectOptions, 'from' | 'to' | 'since'>,
): bigint | undefined {
  const time = range[option];
  if (time === undefined) return undefined;
  const { ns, isRelative } = nanoseconds(option, time);
  if (!isRelative) return ns;
  return since === undefined ? undefined : since + ns;
}

/** What is counted besides the report. */
function totalsOf(grow: SurveyGrowOptions, select: SelectOptions): SurveyTotals {
  const { where, from, to } = select;
  const isSelected = [where, from, to].some((each) => each !== undefined);
  const range = { from: absolute('from', select), to: absolute('to', select) };
  return new SurveyTotals({ ...grow, isSelected, ...range });
}

/**
 * Reads a source once for `summarize`, `report` and `check` together, which takes less time than
 * reading it for each: every record is decoded once. Under Node, a regular file of 256 MiB or more
 * is shared out over worker threads. For a trace without a kind, these are the results of its
 * submissions and completions, which are matched; refused submissions are checked too.
 *
 * @throws as `report` does
 */
export function survey(source: Source | Opened, options?: SurveyOptions): Promise<Survey>;
/**
 * Reads any number of sources, in any order, for the same results as `report` of them, `summarize`
 * and `check` of each, and `match` of all: once, and a second time if submissions are matched to
 * completions.
 *
 * @throws as `report` of several sources does
 */
export function survey(
  sources: readonly (Source | Opened)[],
  options?: SurveyManyOptions,
): Promise<Survey>;
export async function survey(
  source: Source | Opened | Sources,
  options: SurveyOptions | SurveyManyOptions = {},
): Promise<Survey> {
  if (Array.isArray(source)) {
    const many = options as SurveyManyOptions;
    checkOptions('survey of several sources', many, [PAIR_NAMES, GROW_NAMES]);
  } else {
    const one = options as SurveyOptions;
    checkOptions('survey', one, [ANALYZE_NAMES, 'workers:number', GROW_NAMES]);
  }
  if (options.workers !== undefined) checkWorkers(options.workers);
  const { onPart, everyMs, zones, records, slowest, ...given } = options;
  const grow = checkGrow({ onPart, everyMs, zones, records, slowest });
  if (Array.isArray(source)) {
    const totals = totalsOf(grow, given);
    return totals.resultWith(await reportMany(source, given as ReportPairOptions, totals));
  }
  const one = given as AnalyzeOptions & WorkersOption;
  const totals = totalsOf(grow, one);
  return totals.resultWith(await reportSource(source as Source | Opened, one, totals));
}
