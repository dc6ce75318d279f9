// Queue depth in a report.
import type { MatchFigures } from '../analysis/report/matched.ts';
import { formatCount, formatDecimal } from './format.ts';

/** The median of the depths that submissions found, themselves included. */
function medianDepth({ depth }: MatchFigures): number | undefined {
  if (depth === null) return undefined;
  const total = depth.histogram.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { from, count } of depth.histogram) {
    seen += count;
    if (2 * seen >= total) return from;
  }
  return undefined;
}

/** "median queue depth 8, max 8"; with its mean over time where that is wanted. */
export function depthText(figures: MatchFigures, withMean = false): string | undefined {
  const { depth } = figures;
  const median = medianDepth(figures);
  if (depth === null || median === undefined) return undefined;
  const mean =
    withMean && depth.mean !== null ? `, mean over time ${formatDecimal(depth.mean)}` : '';
  return `median queue depth ${formatCount(median)}${mean}, max ${formatCount(depth.max)}`;
}
