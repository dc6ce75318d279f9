import { checkOptions } from '../../layout/option-names.ts';
import { ANALYZE_NAMES, type AnalyzeOptions, openStreams } from '../../stream/analysis-reader.ts';
import type { Opened } from '../../stream/open-source.ts';
import { checkWorkers, type WorkersOption } from '../../stream/options.ts';
import type { Source } from '../../stream/source.ts';
import { surveyStream } from '../survey/survey-opened.ts';
import type { Summary } from './summary.ts';
import { summaryPart } from './summary-part.ts';

/** Options of `summarize`. */
export interface SummarizeOptions extends AnalyzeOptions, WorkersOption {}

/**
 * Summarizes every record of a source: minimum, maximum and exact sum of each column, and counts by
 * opcode, descriptor, flags, errno and size. One pass; memory is bounded whatever the size of the
 * source. Under Node, a regular file of 256 MiB or more is shared out over worker threads. For a
 * trace without a kind, its submissions and its completions are summarized.
 *
 * @throws as `open` does; `AIOSCOPE_UNKNOWN` if no kind is given or detected, `AIOSCOPE_WORKER` if
 *   a thread dies. A source that fails yields no summary: a partial sum would look like a complete
 *   one.
 */
export async function summarize(
  source: Source | Opened,
  options: SummarizeOptions = {},
): Promise<Summary> {
  checkOptions('summarize', options, [ANALYZE_NAMES, 'workers:number']);
  const { workers } = options;
  if (workers !== undefined) checkWorkers(workers);
  const [first, ...others] = await openStreams(source, options, ['submissions', 'completions']);
  const summary = await summarizeStream(first, options);
  for (const opened of others) summary.merge(await summarizeStream(opened, options));
  return summary;
}

/** Summarizes one stream. */
async function summarizeStream(opened: Opened, options: SummarizeOptions): Promise<Summary> {
  const { results, workersReason } = await surveyStream(opened, [summaryPart()], options);
  const [summary] = results as [Summary];
  summary.workersReason = workersReason;
  summary.names = opened.schema.names;
  return summary;
}
