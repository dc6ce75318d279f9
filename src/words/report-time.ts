// Latency and queue depth, as far as records are matched.

import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { LatencyJson } from '../analysis/match/latency-json.ts';
import type { MatchedJson, MatchFigures } from '../analysis/report/matched.ts';
import { falsePairText } from './false-pairs.ts';
import {
  formatBytes,
  formatCount,
  formatLatency,
  formatOpcode,
  formatQuantity,
  formatShare,
} from './format.ts';
import { arePairsGuesses, mendingTexts, mismatchTexts } from './mismatch.ts';
import { depthText } from './report-depth.ts';
import { groupParts } from './report-latency.ts';
import { misalignedText } from './report-size.ts';
import { type Section, type TablePart, table, text, titled } from './section.ts';
import { silenceTexts } from './silences.ts';
import { unmatchedTexts } from './unmatched.ts';

/** Whether latencies mean anything: with clocks that differ they do not. */
export const hasLatencies = (figures: MatchFigures): boolean =>
  figures.matched > 0 && 2 * figures.negativeLatency <= figures.matched && areTimesRight(figures);

const PERCENTILES = { p50: 'p50', p90: 'p90', p99: 'p99', p999: 'p99.9' } as const;
type Percentile = keyof typeof PERCENTILES & keyof LatencyJson;

/** "p50 2.61 ms, p99 4.82 ms (±0.8 %)"; undefined where there are none. */
function latencyText(
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

/** Pairs by opcode: those that failed first. */
function opcodeTable(figures: MatchFigures): TablePart[] {
  const { byOpcode, matched } = figures;
  const formatted = (latency: string | null | undefined) =>
    areTimesRight(figures) ? formatLatency(latency) : '–';
  const failing = byOpcode.filter(({ errors }) => errors > 0);
  const ordered = [...failing, ...byOpcode.filter(({ errors }) => errors === 0)];
  const rows = ordered.map((group) => [
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
    ...(hasLatencies(figures) ? groupParts(matched) : []),
  ];
  if (latencies === undefined || !hasLatencies(figures))
    return titled('latency and queue depth', parts);
  const { axis, map: grid } = latencies;
  const map = { kind: 'map', title: 'latency over time', isWhole: false, axis, grid } as const;
  return titled('latency and queue depth', [...parts, map]);
}
