// Reads one source into a report.
import { joinEngine } from '../../engine/kernel.ts';
import { analysisReader, openFor, type ParsedConditions } from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import type { TimeConversion } from '../../stream/times.ts';
import { hasField } from '../match/matchable.ts';
import { surveyStream } from '../survey/survey-opened.ts';
import { Report, type ReportOptions } from './report.ts';
import { reportPart } from './report-part.ts';
import { reportSelection } from './selection.ts';

/** How one source is reported. */
interface OneOptions extends ReportOptions, ParsedConditions {
  /** Whether its submissions are known to have been accepted: no rule is asked. */
  readonly refusalsKnown?: boolean | undefined;
  /** Whether its records are to be matched, which counts the gaps between them. */
  readonly isMatched?: boolean | undefined;
}

/** The report of one source. */
export async function reportOne(
  source: Source | Opened,
  options: OneOptions = {},
  times: TimeConversion | undefined = undefined,
): Promise<Report> {
  const { firstIndex, refusalsKnown, isMatched, tsUnit: _, ...given } = options;
  const opened = await openFor(source, options);
  const isChecked =
    opened.schema.kind === 'iocb' && !refusalsKnown && !hasField(opened.schema, 'ret');
  const check = isChecked ? 'linux' : undefined;
  const part = reportPart({ firstIndex, isMatched, check });
  const { results, workersReason } = await surveyStream(opened, [part], { ...given, times });
  const [whole] = results as [Report];
  whole.workersReason = workersReason;
  whole.names = opened.schema.names;
  return whole;
}

/** The report of the submissions of a trace that io_submit refused. */
export async function reportRefused(opened: Opened, options: ReportOptions = {}): Promise<Report> {
  const clauses = reportSelection(options.where, opened.schema)?.submissions;
  const reader = await analysisReader(opened, { ...options, where: undefined, clauses });
  const whole = new Report(reader);
  await whole.refused.read(reader as RecordReader<'iocb'>, opened.name);
  joinEngine(whole, reader);
  whole.names = reader.schema.names;
  return whole;
}
