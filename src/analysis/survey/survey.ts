import { checkOptions } from '../../layout/option-names.ts';
import { ANALYZE_NAMES, type AnalyzeOptions, openFor } from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers, type WorkersOption } from '../../stream/options.ts';
import type { Source } from '../../stream/source.ts';
import type { Check } from '../check/check.ts';
import { checkPart } from '../check/check-part.ts';
import { hasField } from '../match/matchable.ts';
import type { Report } from '../report/report.ts';
import { reportPart } from '../report/report-part.ts';
import type { Summary } from '../summary/summary.ts';
import { summaryPart } from '../summary/summary-part.ts';
import { surveyStream } from './survey-opened.ts';

/** Options of `survey`. */
export interface SurveyOptions extends AnalyzeOptions, WorkersOption {}

/** What one pass over a source has found. */
export interface Survey {
  /** As `summarize` returns it. */
  readonly summary: Summary;
  /** As `report` of one source returns it. */
  readonly report: Report;
  /** As `check` returns it, with the rules of Linux. */
  readonly check: Check;
}

/**
 * Reads a source once for `summarize`, `report` and `check` together, which takes less time than
 * reading it for each: every record is decoded once. Under Node, a regular file of 256 MiB or more
 * is shared out over worker threads. For a trace, `kind` is required.
 *
 * @throws as `summarize` does, and `AIOSCOPE_OPTION` for a trace without a kind
 */
export async function survey(
  source: Source | Opened,
  options: SurveyOptions = {},
): Promise<Survey> {
  checkOptions('survey', options, [ANALYZE_NAMES, 'workers:number']);
  if (options.workers !== undefined) checkWorkers(options.workers);
  const opened = await openFor(source, options);
  const { kind } = opened.schema;
  const isRuled = kind === 'iocb' && !hasField(opened.schema, 'ret');
  const report = reportPart({ check: isRuled ? 'linux' : undefined });
  const parts = [summaryPart(), report, checkPart({ profile: 'linux' })];
  const { results, workersReason } = await surveyStream(opened, parts, options);
  const found = results as [Summary, Report, Check];
  for (const result of found) result.workersReason = workersReason;
  for (const result of found.slice(0, 2) as [Summary, Report]) result.names = opened.schema.names;
  const [summary, reported, check] = found;
  return { summary, report: reported, check };
}
