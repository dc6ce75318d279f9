import type { MatchedJson, MatchFigures, MisalignedJson, ReportJson } from '../node.ts';
import { bytes, count, duration, plural, share, withinEnds } from './format.ts';
import type { Table } from './report-tables.ts';
import { hasLatencies, medianDepth } from './report-words.ts';

const SHORT_NAME = 'IOCB_CMD_'.length;

const told = (ns: string | null | undefined): string =>
  ns === null || ns === undefined ? '–' : duration(ns);

/** How many pairs there are, how deep, and how fast. */
function figureWords(figures: MatchFigures): string[] {
  const { matched, depth, latencyNs } = figures;
  const p = latencyNs && withinEnds(latencyNs);
  const median = medianDepth(figures);
  const mean =
    depth?.mean === null || depth === null ? '' : `, ${depth.mean.toFixed(1)} on average over time`;
  const deep =
    depth === null || median === undefined
      ? ''
      : `: ${count(median)} deep in the median${mean}, ${count(depth.max)} at most`;
  const fast = `p50 ${told(p?.p50)}, p90 ${told(p?.p90)}, p99 ${told(p?.p99)}, p99.9 ${told(p?.p999)} (±0.8 %), from ${told(p?.min)} to ${told(p?.max)}`;
  const skewed =
    'most completions come before their submissions: the clocks of both captures differ, and latencies say nothing';
  return [
    `${plural(matched, 'pair')}${deep}`,
    ...(matched === 0 ? [] : [hasLatencies(figures) ? fast : skewed]),
  ];
}

/** What has no partner, and which pairs are doubtful. */
function doubtWords(figures: MatchFigures): string[] {
  const {
    unmatchedCompletions,
    unmatchedSubmissions,
    superseded,
    neverOpened,
    negativeLatency,
    ambiguous,
    matched,
  } = figures;
  const refused = superseded + neverOpened;
  const parts = [
    [unmatchedCompletions, 'without their submission', 'completion'],
    [
      unmatchedSubmissions,
      `without completion${refused > 0 ? `, ${count(refused)} of them most likely refused` : ''}`,
      'submission',
    ],
    [
      hasLatencies(figures) || matched === 0 ? negativeLatency : 0,
      'of a time before their submission',
      'completion',
    ],
    [ambiguous, 'where several submissions would fit', 'pair'],
  ] as const;
  const doubts = parts
    .filter(([n]) => n > 0)
    .map(([n, what, noun]) => `${plural(n, noun)} ${what}`);
  return doubts.length === 0 ? [] : [doubts.join('; ')];
}

function misalignedWords({
  bytes: granularity,
  completed,
  invalid,
  succeeded,
}: MisalignedJson): string {
  const told = `${plural(completed, 'request')} not aligned to ${granularity} bytes`;
  const failed =
    invalid > 0
      ? `${count(invalid)} failed with EINVAL, as O_DIRECT has them fail`
      : 'none failed with EINVAL';
  return `${told}: ${failed}${succeeded > 0 ? `, ${count(succeeded)} succeeded: their files were not open with O_DIRECT, or allow it` : ''}`;
}

/** What pairs say about files: flushes that miss writes, requests that were cut short, and O_DIRECT. */
function fileWords({ figures: { fsync, short }, misaligned }: MatchedJson): string[] {
  const cuts = short.partialRead + short.partialWrite;
  const flushed =
    fsync === null || fsync.count === 0
      ? []
      : fsync.overtaking === 0
        ? [
            `no write to the same descriptor was in flight as one of ${count(fsync.count)} flushes was submitted`,
          ]
        : [
            `${count(fsync.overtaking)} of ${count(fsync.count)} flushes were submitted while writes to their descriptor were in flight, which they do not cover: ${plural(fsync.writesInFlight, 'write')}`,
          ];
  const direct = misaligned === undefined ? [] : [misalignedWords(misaligned)];
  return [
    ...(cuts > 0 ? [`${plural(cuts, 'request')} moved less than asked`] : []),
    ...flushed,
    ...direct,
  ];
}

/** Sentences on pairs: figures first, then what is doubtful, then files. */
export const latencySentences = (matched: MatchedJson): string[] => [
  ...figureWords(matched.figures),
  ...doubtWords(matched.figures),
  ...fileWords(matched),
];

/** Pairs by opcode. */
export const opcodeTable = ({ byOpcode, matched }: MatchFigures): Table => ({
  heads: ['', 'pairs', 'of all', 'moved', 'short', 'failed', 'p50', 'p99', 'max'],
  rows: byOpcode.map(({ opcode, name, matched: pairs, bytesMoved, short, errors, latencyNs }) => [
    name?.slice(SHORT_NAME) ?? `opcode ${opcode}`,
    ...[count(pairs), share(pairs, matched), bytes(bytesMoved), count(short), count(errors)],
    ...(['p50', 'p99', 'max'] as const).map((each) =>
      told(latencyNs && withinEnds(latencyNs)[each]),
    ),
  ]),
  words: [0],
});

/** The map of latencies, where it says something. */
export const latencyMap = ({ matched }: ReportJson): MatchedJson['latencies'] =>
  matched !== undefined && hasLatencies(matched.figures) ? matched.latencies : undefined;
