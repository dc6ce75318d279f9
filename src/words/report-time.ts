// Latency and queue depth, as far as records are matched; and figures over time.
import type { LatencyJson } from '../analysis/match/latency-json.ts';
import type { CompletionChartsJson } from '../analysis/report/completions.ts';
import type { AxisJson } from '../analysis/report/fold-axis.ts';
import type { MatchedJson, MatchFigures } from '../analysis/report/matched.ts';
import type { ReportJson } from '../analysis/report/report.ts';
import type { SubmissionChartsJson } from '../analysis/report/submissions.ts';
import { falsePairText } from './false-pairs.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatOpcode,
  formatQuantity,
  formatShare,
} from './format.ts';
import { arePairsGuesses, areTimesRight, mendingTexts, mismatchTexts } from './mismatch.ts';
import { depthText } from './report-depth.ts';
import { misalignedText } from './report-size.ts';
import {
  quotients,
  type Section,
  type Series,
  type TablePart,
  table,
  text,
  titled,
} from './section.ts';
import { completionScope } from './selected.ts';
import { silenceTexts } from './silences.ts';
import { unmatchedTexts } from './unmatched.ts';

/** Whether latencies mean anything: with clocks that differ they do not. */
export const hasLatencies = (figures: MatchFigures): boolean =>
  figures.matched > 0 && 2 * figures.negativeLatency <= figures.matched && areTimesRight(figures);

const PERCENTILES = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9' } as const;
type Percentile = keyof typeof PERCENTILES & keyof LatencyJson;

/** "p50 2.61 ms, p99 4.82 ms (±0.8 %)"; undefined where there are none. */
export function latencyText(
  { latencyNs }: MatchFigures,
  percentiles: readonly Percentile[],
): string | undefined {
  if (latencyNs === null || latencyNs.p50 === null) return undefined;
  const words = percentiles.map((each) => `${PERCENTILES[each]} ${formatLatency(latencyNs[each])}`);
  return `latency ${words.join(', ')} (±0.8 %)`;
}

function figureTexts(figures: MatchFigures): string[] {
  const { matched, latencyNs } = figures;
  if (!areTimesRight(figures)) return [formatQuantity(matched, 'pair')];
  const depth = depthText(figures, true);
  const { selected } = figures;
  const pairs =
    selected === undefined
      ? `${formatQuantity(matched, 'pair')}${depth === undefined ? '' : `: ${depth}`}`
      : `${formatCount(matched)} of ${formatQuantity(selected.of, 'pair')}` +
        `${depth === undefined ? '' : `; whole capture: ${depth}`}`;
  if (matched === 0) return [pairs];
  if (!hasLatencies(figures))
    return [
      pairs,
      'most completions are timestamped before their submission: latencies are meaningless',
    ];
  const latency = latencyText(figures, ['p50', 'p90', 'p99', 'p999']);
  const ends = `min ${formatLatency(latencyNs?.min)}, max ${formatLatency(latencyNs?.max)}`;
  return [pairs, ...(latency === undefined ? [] : [`${latency}, ${ends}`])];
}

/** What has no partner, and which pairs are doubtful. */
function doubtTexts(figures: MatchFigures): string[] {
  if (arePairsGuesses(figures)) return [];
  const isSkewed = figures.matched > 0 && !hasLatencies(figures);
  const cases = [
    [figures.unmatchedCompletions, 'completion', 'without a submission'],
    [
      isSkewed ? 0 : figures.quality.negativeLatency,
      'completion',
      'timestamped before the submission',
    ],
    [figures.ambiguous, 'pair', 'with several candidate submissions'],
    [
      figures.by.dedupe ? 0 : figures.quality.repeated.completions,
      'completion',
      'that repeat the one before at their address',
    ],
  ] as const;
  const counts = cases
    .filter(([n]) => n > 0)
    .map(([n, noun, rest]) => `${formatQuantity(n, noun)} ${rest}`);
  const doubts = [...unmatchedTexts(figures), ...counts, ...silenceTexts(figures)];
  const whole = figures.selected === undefined ? '' : 'whole capture: ';
  return doubts.length === 0 ? [] : [`${whole}${doubts.join('; ')}`];
}

/** Transfers that were short, flushes that miss writes, and O_DIRECT. */
function fileTexts({ figures, misaligned }: MatchedJson): string[] {
  const { fsync, short } = figures;
  const cuts = short.partialRead + short.partialWrite;
  const texts = cuts > 0 ? [`${formatQuantity(cuts, 'short transfer')}`] : [];
  const isWhole = figures.selected === undefined && !arePairsGuesses(figures);
  if (fsync !== null && fsync.count > 0 && isWhole) {
    const { count, overtaking, writesInFlight } = fsync;
    const flushes = formatQuantity(count, 'flush', 'flushes');
    const writes = formatQuantity(writesInFlight, 'write');
    texts.push(
      overtaking === 0
        ? `${flushes}, with no write to the same fd in flight`
        : `${formatCount(overtaking)} of ${flushes} submitted with writes to the same fd in ` +
            `flight, which need not be covered (${writes})`,
    );
  }
  return misaligned === undefined ? texts : [...texts, misalignedText(misaligned)];
}

/** Pairs by opcode. */
function opcodeTable(figures: MatchFigures): TablePart[] {
  const { byOpcode, matched } = figures;
  const formatted = (latency: string | null | undefined) =>
    areTimesRight(figures) ? formatLatency(latency) : '–';
  const rows = byOpcode.map((group) => [
    formatOpcode(group),
    formatCount(group.matched),
    formatShare(group.matched, matched),
    formatBytes(group.bytesMoved),
    formatCount(group.short),
    formatCount(group.errors),
    formatted(group.latencyNs?.p50),
    formatted(group.latencyNs?.p99),
    formatted(group.latencyNs?.max),
  ]);
  const heads = ['', 'pairs', 'share', 'bytes', 'short', 'failed', 'p50', 'p99', 'max'];
  return table(heads, rows, [0]);
}

/** Latency and depth: figures first, then doubts, then files; by opcode, and over time. */
export function latencySection(matched: MatchedJson): Section[] {
  const { figures, latencies } = matched;
  const lost = falsePairText(figures);
  const texts = [...doubtTexts(figures), ...fileTexts(matched)];
  const parts = [
    ...figureTexts(figures).map((words) => text(words)),
    ...mendingTexts(figures).map((words) => text(words)),
    ...mismatchTexts(figures).map((words) => text(words, 'warning')),
    ...(lost === undefined || !areTimesRight(figures) ? [] : [text(lost, 'warning')]),
    ...texts.map((words) => text(words)),
    ...opcodeTable(figures),
  ];
  if (latencies === undefined || !hasLatencies(figures))
    return titled('latency and queue depth', parts);
  const { axis, map: grid } = latencies;
  const map = { kind: 'map', title: 'latency over time', isWhole: false, axis, grid } as const;
  return titled('latency and queue depth', [...parts, map]);
}

const whole = (value: number): string => formatCount(Math.round(value));
const sized = (value: number): string => formatBytes(Math.round(value));
const minus = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, i) => value - b[i]);

/** Values per bin; of a mean, also the divisors. */
interface Values {
  readonly values: readonly number[];
  readonly over?: readonly number[];
}

/** A series with the words for its highest bin. */
function seriesOf(
  [name, title]: readonly [name: string, title: string],
  axis: AxisJson,
  { values, over }: Values,
  format: (value: number) => string,
): Series {
  const most = Math.max(...quotients(values, over), 0);
  const isRate = over === undefined && axis.unit === 'ns';
  const peak = isRate ? `${format((most / Number(axis.step)) * 1e9)}/s` : format(most);
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
  const note = `${binText(series[0].axis)}; peak: the highest bin${which}`;
  return titled('over time', [text(note, 'note'), { kind: 'series', series }]);
}
