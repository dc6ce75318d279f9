// Requests in flight over time, from what was submitted and completed until then.
import type { AxisJson } from '../analysis/report/fold-axis.ts';
import type { ReportJson } from '../analysis/report/report-json.ts';
import { formatCount } from './format.ts';
import type { Series } from './section.ts';

const greatest = (values: readonly bigint[]): bigint =>
  values.reduce((most, value) => {
    if (value > most) return value;
    return most;
  });

/** Counts by the end of each bin of an axis, in bins of `step` from `from` on. */
function sumsUntil(
  axis: AxisJson,
  counts: readonly number[],
  from: bigint,
  step: bigint,
  bins: number,
): number[] {
  const sums: number[] = new Array(bins).fill(0);
  for (const [i, count] of counts.entries()) {
    const at = (BigInt(axis.from) + BigInt(i) * BigInt(axis.step) - from) / step;
    sums[Number(at)] += count;
  }
  for (let i = 1; i < bins; i++) sums[i] += sums[i - 1];
  return sums;
}

/**
 * The queue depth at the end of each bin. Undefined without times, of a selection, and where
 * records lack their other half: the depth is then not known.
 */
export function depthOverTime(report: ReportJson): Series | undefined {
  const { submissions, completions, matched, selected } = report;
  const [asked, done] = [submissions?.charts.time, completions?.charts.time];
  if (asked === undefined || done === undefined || matched === undefined) return undefined;
  const { unmatchedSubmissions, unmatchedCompletions } = matched.figures.quality;
  if (selected !== undefined || unmatchedSubmissions + unmatchedCompletions > 0) return undefined;
  const requests = asked.reads.map((reads, i) => reads + asked.writes[i] + asked.others[i]);
  const axes = [asked.axis, done.axis];
  // Widths are powers of two, and bins begin at multiples of their width.
  const step = greatest(axes.map((axis) => BigInt(axis.step)));
  const floor = (time: bigint) => time - (time % step);
  const from = -greatest(axes.map((axis) => -floor(BigInt(axis.from))));
  const ends = axes.map((axis) => BigInt(axis.from) + BigInt(axis.bins) * BigInt(axis.step));
  const end = greatest(ends);
  const bins = Number((end - from + step - 1n) / step);
  const before = sumsUntil(asked.axis, requests, from, step, bins);
  const after = sumsUntil(done.axis, done.completions, from, step, bins);
  const values = before.map((sum, i) => Math.max(0, sum - after[i]));
  const axis: AxisJson = { unit: 'ns', from: `${from}`, step: `${step}`, bins };
  const peak = formatCount(Math.max(...values));
  // A divisor of 1 says that the values are not counts of a bin.
  return { name: 'depth', title: 'queue depth', axis, values, over: values.map(() => 1), peak };
}
