// Where requests went: access patterns, seek distances, offsets.

import type { RangeCount, StreamJson } from '../analysis/report/stream-json.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import { formatBytes, formatCount, formatPaths, formatQuantity, formatShare } from './format.ts';
import { namesOf, OFFSET_MAX_TEXT } from './report-names.ts';
import { type Part, type Section, type Seeks, table, text, titled } from './section.ts';

const directionOf = ({ direction, vectored }: StreamJson): string =>
  vectored ? `${direction}v` : direction;

/** A column of the table of streams. */
interface StreamColumn {
  readonly head: string;
  readonly isText?: boolean;
  /** Whether it is left out where space is short. */
  readonly isOptional?: boolean;
  cell(stream: StreamJson, records: number, whoOf: (stream: StreamJson) => string): string;
}

/** The share of one class. Lengths of vectored requests are unknown, so some classes are too. */
const classColumn = (
  head: string,
  name: keyof StreamJson['classes'],
  isOptional = true,
): StreamColumn => ({
  head,
  isOptional,
  cell: ({ classes, requests, vectored }) =>
    vectored && (name === 'sequential' || name === 'backward')
      ? '–'
      : formatShare(classes[name], requests - 1),
});

const STREAM_COLUMNS: readonly StreamColumn[] = [
  { head: 'who', isText: true, cell: (stream, _, whoOf) => whoOf(stream) },
  { head: 'fd', cell: ({ fd }) => `${fd}` },
  { head: '', isText: true, cell: directionOf },
  { head: 'requests', cell: ({ requests }) => formatCount(requests) },
  { head: 'share', cell: ({ requests }, records) => formatShare(requests, records) },
  {
    head: 'bytes',
    isOptional: true,
    cell: ({ bytes, vectored }) => (vectored ? '–' : formatBytes(bytes)),
  },
  classColumn('seq', 'sequential', false),
  {
    head: 'seq8',
    cell: ({ vectored, sequential8, requests }) =>
      vectored ? '–' : formatShare(sequential8, requests - 1),
  },
  classColumn('back', 'backward'),
  classColumn('repeat', 'repeat'),
  classColumn('strided', 'strided'),
  classColumn('near', 'near'),
  classColumn('random', 'random', false),
  { head: 'pattern', isText: true, cell: ({ pattern }) => pattern },
];

const STREAM_NOTE =
  'seq: starts where the previous request ended; seq8: starts where one of the last 8 runs ended';
const OPTIONAL_NOTE =
  'back: ends where the previous one started; repeat: same offset; strided: same step as before; ' +
  'near: within 128 KiB of the previous end';
const SEEK_NOTE =
  'seek distance: from the end of a request (if vectored, its start) to the start of the next, ' +
  'by powers of two; runs: sequential requests';

const busiest = (streams: readonly StreamJson[]): StreamJson[] =>
  [...streams].sort((a, b) => b.requests - a.requests);

function streamParts({ patterns, records }: SubmissionsJson, isWide: boolean): Part[] {
  const columns = STREAM_COLUMNS.filter(({ isOptional }) => isWide || isOptional !== true);
  const whoOf = namesOf(patterns.streams);
  const rows = busiest(patterns.streams).map((stream) =>
    columns.map((column) => column.cell(stream, records, whoOf)),
  );
  const heads = columns.map(({ head }) => head);
  const textColumns = columns.flatMap(({ isText }, i) => (isText === true ? [i] : []));
  const note = isWide ? `${STREAM_NOTE}; ${OPTIONAL_NOTE}` : STREAM_NOTE;
  return rows.length === 0 ? [] : [...table(heads, rows, textColumns), text(note, 'note')];
}

const bitsOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

/** The bucket of the median and the last bucket. */
function runLengths(runs: readonly RangeCount[]): Pick<Seeks, 'medianRun' | 'longestRun'> {
  const total = runs.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return { medianRun: '–', longestRun: '–' };
  let seen = 0;
  const median = runs.find(({ count }) => {
    seen += count;
    return 2 * seen >= total;
  });
  const longest = runs[runs.length - 1];
  return { medianRun: rangeText(median ?? longest), longestRun: rangeText(longest) };
}

/** "4–7", or the one value. */
export const rangeText = ({ from, to }: RangeCount): string =>
  from === to ? formatCount(from) : `${formatCount(from)}–${formatCount(to)}`;

function seeksOf(stream: StreamJson, who: string): Seeks {
  const counts = new Map<number, number>();
  for (const { from, to, count } of stream.seeks)
    counts.set(from.startsWith('-') ? -bitsOf(-BigInt(to)) : bitsOf(BigInt(from)), count);
  const distances = [...counts.keys()].filter((bits) => bits !== 0).map(Math.abs);
  const hasDistances = distances.length > 0;
  const [nearest, farthest] = hasDistances
    ? [Math.min(...distances), Math.max(...distances)]
    : [1, 0];
  const steps = Array.from({ length: farthest - nearest + 1 }, (_, i) => i);
  return {
    name: `${who === '' ? '' : `${who} `}fd ${stream.fd} ${directionOf(stream)}`,
    back: steps.map((i) => counts.get(i - farthest) ?? 0),
    none: counts.get(0) ?? 0,
    forward: steps.map((i) => counts.get(nearest + i) ?? 0),
    near: hasDistances ? formatBytes(2n ** BigInt(nearest - 1)) : '',
    far: hasDistances ? formatBytes(2n ** BigInt(farthest)) : '',
    ...runLengths(stream.runs.requests),
  };
}

/** Seek distances of the busiest streams. */
function seekParts(streams: readonly StreamJson[]): Part[] {
  const shown = busiest(streams)
    .filter(({ requests }) => requests > 1)
    .slice(0, SEEKS_MAX);
  const whoOf = namesOf(streams);
  const withWho = new Set(shown.map(whoOf)).size > 1;
  const seeks = shown.map((stream) => seeksOf(stream, withWho ? whoOf(stream) : ''));
  return seeks.length === 0 ? [] : [{ kind: 'seeks', seeks }, text(SEEK_NOTE, 'note')];
}

const SEEKS_MAX = 6;

/** The files of the descriptors in streams and flushes, as far as a trace names them. */
function fileParts({ patterns, flushes }: SubmissionsJson): Part[] {
  const named = [...busiest(patterns.streams), ...flushes].filter(({ paths }) => paths);
  const whoOf = namesOf(named);
  const rows = new Map(
    named.map((each) => {
      const row = [whoOf(each), `${each.fd}`, formatPaths(each.paths)];
      return [row.join('\0'), row] as const;
    }),
  );
  return table(['who', 'fd', 'file'], [...rows.values()], [0, 2]);
}

/** Access patterns; `isWide` adds the columns of the rarer classes. */
export function patternSection(submissions: SubmissionsJson, isWide: boolean): Section[] {
  const { streams, left } = submissions.patterns;
  const leftOut = [
    [left.append, 'write', 'with RWF_APPEND left out: their offsets are ignored'],
    [left.outOfRange, 'request', `left out: offset negative or above ${OFFSET_MAX_TEXT}`],
    [left.other.requests, 'request', 'left out: more than 4,096 streams'],
  ] as const;
  return titled('access pattern', [
    ...streamParts(submissions, isWide),
    ...fileParts(submissions),
    ...seekParts(streams),
    ...leftOut
      .filter(([n]) => n > 0)
      .map(([n, noun, why]) => text(`${formatQuantity(n, noun)} ${why}`, 'warning')),
  ]);
}

/** Where requests went, over time or, without times, over the index of records. */
export function offsetSection({ charts }: SubmissionsJson): Section[] {
  const chart = charts.time ?? charts.index;
  if (chart === undefined || chart.offsets.counts.every((column) => column.length === 0)) return [];
  const { axis, offsets: grid } = chart;
  const over = axis.unit === 'ns' ? 'over time' : 'by record index';
  const title = `offsets ${over}, all descriptors`;
  const clipped = `${formatQuantity(grid.clipped, 'request')} left out: offset 64 TiB or more`;
  return titled(title, [
    { kind: 'map', title, isWhole: true, axis, grid },
    ...(grid.clipped > 0 ? [text(clipped, 'warning')] : []),
  ]);
}
