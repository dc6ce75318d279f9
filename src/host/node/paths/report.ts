import { type Report, type ReportOptions, report as reportSource } from '../../../analysis/report/report.ts';
import { type FollowOption, type NodeSource, resolve } from './source.ts';

/**
 * Analyse every record of a source: how its requests follow one another, their sizes, alignment, places and rate; how
 * completions came and failed; what became of a ring. One pass; state is under 64 MB whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported.
 */
export function report(source: NodeSource, options: ReportOptions & FollowOption = {}): Promise<Report> {
  return reportSource(...resolve(source, options));
}
