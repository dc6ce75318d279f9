import type { MatchOptions } from '../../../analysis/match/options.ts';
import { addMatch as addMatchOf } from '../../../analysis/report/matched.ts';
import {
  type Report,
  type ReportOptions,
  report as reportSource,
} from '../../../analysis/report/report.ts';
import { type FollowOption, type NodeSource, resolve } from './source.ts';

/**
 * Analyze every record of a source: how its requests follow one another, their sizes, alignment, places and rate; how
 * completions came and failed; what became of a ring. One pass; state is under 64 MB whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported.
 */
export function report(
  source: NodeSource,
  options: ReportOptions & FollowOption = {},
): Promise<Report> {
  return reportSource(...resolve(source, options));
}

/**
 * Match the submissions and the completions that a report is of, and add to it what only pairs can tell, as the `addMatch` of
 * the door for every runtime does; paths too. Where they cannot be matched, `report.unmatched` says why. To be called after
 * the last `merge`.
 *
 * @throws as `open` does; then the report is as it was
 */
export function addMatch(
  report: Report,
  submissions: NodeSource,
  completions: NodeSource,
  options: Omit<MatchOptions, 'order' | 'slowest'> = {},
): Promise<Report> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return addMatchOf(report, requests, results, { ...options, compression: 'none' });
}
