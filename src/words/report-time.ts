// Latency and queue depth, as far as records are matched.

import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { OutcomeJson } from '../analysis/match/json.ts';
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

const PERCENTILES = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
] as const satisfies readonly (readonly [keyof LatencyJson, string])[];

/** Latencies of reads and writes that succeeded, or else of all pairs. */
function latencyTexts({ io, latencyNs, matched }: MatchFigures): string[] {
  const isIo = io.count > 0;
  const shown = isIo ? io.latencyNs : latencyNs;
  if (shown === null || shown.p50 === null) return [];
  const words = PERCENTILES.map(([name, label]) => `${label} ${formatLatency(shown[name])}`);
  const whose = isIo
    ? `${formatQuantity(io.count, 'read or write', 'reads and writes')} that succeeded`
    : formatQuantity(matched, 'pair');
  const ends = `min ${formatLatency(shown.min)}, max ${formatLatency(shown.max)}`;
  return [`latency of ${whose}: ${words.join(', ')} (±0.8 %), ${ends}`];
}

function figureTexts(figures: MatchFigures): string[] {
  const { matched } = figures;
  if (!areTimesRight(figures)) return [formatQuantity(matched, 'pair')];
  const depth = depthText(figures, true);
  const { selected } = figures;
  const pairs =
    selected === undefined
      ? `${formatQuantity(matched, 'pair')}${depth === undefined ? '' : `: ${depth}`}`
      : `${formatCount(matched)} of ${formatQuantity(selected.of, 'pair')}` +
        `${depth === undefined ? '' : `; whole capture: ${depth}`}`;
  if (matched === 0) return [pairs];
  if (hasLatencies(figures)) return [pairs, ...latencyTexts(figures)];
  return [
    pairs,
    'most completions are timestamped before their submission: latencies are meaningless',
  ];
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

/** Pairs by opcode: those that failed have rows of their own, which come first. */
function opcodeTable(figures: MatchFigures): TablePart[] {
  const { byOpcode, matched } = figures;
  const cells = ({ count, latencyNs }: OutcomeJson) => {
    const latencies = areTimesRight(figures) ? latencyNs : null;
    const ends = [latencies?.p50, latencies?.p99, latencies?.max].map(formatLatency);
    return { counts: [formatCount(count), formatShare(count, matched)], ends };
  };
  const failed = byOpcode
    .filter((group) => group.failed.count > 0)
    .map((group) => {
      const { counts, ends } = cells(group.failed);
      return [`${formatOpcode(group)} failed`, ...counts, '–', '–', ...ends];
    });
  const succeeded = byOpcode
    .filter((group) => group.succeeded.count > 0)
    .map((group) => {
      const { counts, ends } = cells(group.succeeded);
      const moved = [formatBytes(group.bytesMoved), formatCount(group.short)];
      return [formatOpcode(group), ...counts, ...moved, ...ends];
    });
  const heads = ['', 'pairs', 'share', 'bytes', 'short', 'p50', 'p99', 'max'];
  return table(heads, [...failed, ...succeeded], [0]);
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
