// Reads one source into a report.
import { joinEngine } from '../../engine/kernel.ts';
import { analysisReader, openFor, type ParsedConditions } from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import type { TimeConversion } from '../../stream/times.ts';
import { hasField } from '../match/matchable.ts';
import type { Match } from '../match/result.ts';
import type { SurveyPart } from '../survey/part.ts';
import {
  type ByteWindow,
  type SurveyStreamOptions,
  surveyStream,
} from '../survey/survey-opened.ts';
import { Report, type ReportOptions } from './report.ts';
import { reportPart } from './report-part.ts';
import { reportSelection } from './selection.ts';

/** How one source is reported. */
interface OneOptions extends ReportOptions, ParsedConditions {
  /** Whether its submissions are known to have been accepted: no rule is asked. */
  readonly refusalsKnown?: boolean | undefined;
  /** Whether its records are to be matched, which counts the gaps between them. */
  readonly isMatched?: boolean | undefined;
  readonly beside?: Beside | undefined;
}

/** What is counted in the passes of a report besides it. */
export interface Beside {
  partsOf(opened: Opened): readonly SurveyPart<unknown>[];
  /** What to read of a source; all of it if undefined. */
  windowOf(opened: Opened): ByteWindow | undefined;
  /** Called with what was found so far in a long source, in the order of the parts. */
  onPart?: ((report: Report, found: readonly unknown[]) => void) | undefined;
  /** Takes what was found in a source, and may change the report of it. */
  take(opened: Opened, report: Report, found: readonly unknown[]): void;
  /** Reads submissions of a trace that io_submit refused, which a report counts apart. */
  takeRefused(opened: Opened, options: SurveyStreamOptions): Promise<void>;
  /** Takes the match of all sources. */
  takeMatch(match: Match): void;
  /** Whether submissions are matched to completions. */
  readonly matches: boolean;
  /** How many of the slowest pairs the match has. */
  readonly slowest: number;
}

const partsTaker = (beside: Beside | undefined) =>
  beside?.onPart &&
  (([report, ...found]: readonly unknown[]) => beside.onPart?.(report as Report, found));

/** The report of one source. */
export async function reportOne(
  source: Source | Opened,
  options: OneOptions = {},
  times: TimeConversion | undefined = undefined,
): Promise<Report> {
  const { firstIndex, refusalsKnown, isMatched, beside, tsUnit: _, ...given } = options;
  const opened = await openFor(source, options);
  const isChecked =
    opened.schema.kind === 'iocb' && !refusalsKnown && !hasField(opened.schema, 'ret');
  const check = isChecked ? 'linux' : undefined;
  const part = reportPart({ firstIndex, isMatched, check });
  const parts = [part, ...(beside?.partsOf(opened) ?? [])];
  const [window, onPart] = [beside?.windowOf(opened), partsTaker(beside)];
  const how = { ...given, times, window, onPart };
  const { results, workersReason } = await surveyStream(opened, parts, how);
  const [whole, ...found] = results as [Report, ...unknown[]];
  whole.workersReason = workersReason;
  whole.names = opened.schema.names;
  beside?.take(opened, whole, found);
  return whole;
}

/** How the submissions of a trace that io_submit refused are selected. */
const refusedOptions = (options: ReportOptions, { schema }: Opened) => ({
  ...options,
  where: undefined,
  clauses: reportSelection(options.where, schema)?.submissions,
});

/** Has those submissions counted besides the report. */
export async function takeRefused(
  opened: Opened | undefined,
  options: ReportOptions,
  beside: Beside | undefined,
): Promise<void> {
  if (opened === undefined) return;
  const { engine, signal, from, to, since, clauses } = refusedOptions(options, opened);
  await beside?.takeRefused(opened, { engine, signal, from, to, since, clauses });
}

/** The report of the submissions of a trace that io_submit refused. */
export async function reportRefused(
  opened: Opened,
  options: ReportOptions = {},
  beside: Beside | undefined = undefined,
): Promise<Report> {
  if (beside !== undefined) await takeRefused(opened.reopen(), options, beside);
  const reader = await analysisReader(opened, refusedOptions(options, opened));
  const whole = new Report(reader);
  await whole.refused.read(reader as RecordReader<'iocb'>, opened.name);
  joinEngine(whole, reader);
  whole.names = reader.schema.names;
  return whole;
}
