// Figures over time, or over the index of records that have no time.
import type { CompletionChartsJson } from '../analysis/report/completions.ts';
import type { AxisJson } from '../analysis/report/fold-axis.ts';
import type { ReportJson } from '../analysis/report/report-json.ts';
import type { SubmissionChartsJson } from '../analysis/report/submission-charts.ts';
import { formatBytes, formatCount, formatDuration, formatQuantity } from './format.ts';
import { type Section, type Series, text, titled } from './section.ts';
import { completionScope } from './selected.ts';

const whole = (value: number): string => formatCount(Math.round(value));
const sized = (value: number): string => formatBytes(Math.round(value));
const minus = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, i) => value - b[i]);

/** Values per bin; of a mean, also the divisors. */
interface Values {
  readonly values: readonly number[];
  readonly over?: readonly number[];
}

/** A peak is over at least this time: that of one bin may be a single call. */
const PEAK_NS = 1e8;

/** Whether a series is over less than the time of a peak. */
const isShort = ({ unit, step, bins }: AxisJson): boolean =>
  unit === 'ns' && bins * Number(step) < PEAK_NS;

/** The number of consecutive bins that a peak is over. */
const peakBins = ({ unit, step, bins }: AxisJson): number =>
  unit === 'ns' ? Math.min(bins, Math.ceil(PEAK_NS / Number(step))) : 1;

/** The highest sum of `width` consecutive values; with divisors, the highest quotient of sums. */
function highest({ values, over }: Values, width: number): number {
  let [most, sum, divisor] = [0, 0, 0];
  for (const [i, value] of values.entries()) {
    sum += value - (i < width ? 0 : values[i - width]);
    divisor += (over?.[i] ?? 0) - (i < width ? 0 : (over?.[i - width] ?? 0));
    if (over === undefined) most = Math.max(most, sum);
    else if (divisor > 0) most = Math.max(most, sum / divisor);
  }
  return most;
}

/** A series with the words for its peak. */
function seriesOf(
  [name, title]: readonly [name: string, title: string],
  axis: AxisJson,
  { values, over }: Values,
  format: (value: number) => string,
): Series {
  const width = peakBins(axis);
  const most = highest(over === undefined ? { values } : { values, over }, width);
  const isRate = over === undefined && axis.unit === 'ns';
  const peak = isRate ? `${format((most / (width * Number(axis.step))) * 1e9)}/s` : format(most);
  return { name, title, axis, values, peak, ...(over === undefined ? {} : { over }) };
}

function submissionSeries(chart: SubmissionChartsJson): Series[] {
  const { axis, reads, writes, others } = chart;
  const readBytes = { values: chart.readBytes.map(Number) };
  const writeBytes = { values: chart.writeBytes.map(Number) };
  const readSizes = { ...readBytes, over: minus(reads, chart.readVectors) };
  const writeSizes = { ...writeBytes, over: minus(writes, chart.writeVectors) };
  return [
    seriesOf(['reads', 'reads'], axis, { values: reads }, whole),
    seriesOf(['writes', 'writes'], axis, { values: writes }, whole),
    seriesOf(['others', 'other requests'], axis, { values: others }, whole),
    seriesOf(['read bytes', 'bytes requested by reads'], axis, readBytes, sized),
    seriesOf(['write bytes', 'bytes requested by writes'], axis, writeBytes, sized),
    seriesOf(['read size', 'mean read size'], axis, readSizes, sized),
    seriesOf(['write size', 'mean write size'], axis, writeSizes, sized),
  ];
}

/** What the sum of results is: bytes, unless polls are among them; undefined if all are polls. */
function resultNames({ submissions }: ReportJson): readonly [string, string] | undefined {
  const polls = submissions?.poll?.requests ?? 0;
  if (submissions !== undefined && polls === 0) return ['transferred', 'bytes transferred'];
  return polls > 0 && polls === submissions?.records
    ? undefined
    : ['result sum', 'sum of results, including poll masks'];
}

function completionSeries(report: ReportJson, chart: CompletionChartsJson): Series[] {
  const { axis, completions, errors } = chart;
  const names = resultNames(report);
  const bytes = { values: chart.bytes.map(Number) };
  return [
    seriesOf(['completed', 'completions'], axis, { values: completions }, whole),
    ...(names === undefined ? [] : [seriesOf(names, axis, bytes, sized)]),
    seriesOf(['errors', 'errors'], axis, { values: errors }, whole),
  ];
}

function binText({ unit, bins, step }: AxisJson): string {
  if (unit !== 'ns') {
    const records = formatQuantity(Number(step), 'record');
    return `by record index: ${formatQuantity(bins, 'bin')} of ${records}`;
  }
  const width = formatDuration(Number(step));
  return `${formatDuration(bins * Number(step))} in ${formatQuantity(bins, 'bin')} of ${width}`;
}

/** What a peak is of. */
function peakText(axis: AxisJson): string {
  const bins = peakBins(axis);
  if (isShort(axis)) return 'peak: the mean over all of it, since it is shorter than 100 ms';
  if (bins === 1) return 'peak: the highest bin';
  const width = formatDuration(bins * Number(axis.step));
  return `peak: the highest mean over ${width}, any ${formatCount(bins)} bins in a row`;
}

/** What there is over time, apart from what is 0 throughout. */
export function timeSection(report: ReportJson): Section[] {
  const { submissions, completions } = report;
  const submitted = submissions?.charts.time ?? submissions?.charts.index;
  const completed = completions?.charts.time ?? completions?.charts.index;
  const series = [
    ...(submitted === undefined ? [] : submissionSeries(submitted)),
    ...(completed === undefined ? [] : completionSeries(report, completed)),
  ].filter(({ values }) => values.some((value) => value > 0));
  if (series.length === 0) return [];
  const scope = completionScope(report);
  const which = scope === undefined ? '' : `; completions: ${scope}`;
  const [{ axis }] = series;
  const note = `${binText(axis)}; ${peakText(axis)}${which}`;
  return titled('over time', [text(note, 'note'), { kind: 'series', series }]);
}
