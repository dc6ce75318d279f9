// The table of access patterns: a row per stream, or one for many that are alike.
import type { StreamJson } from '../analysis/report/stream-json.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import { formatBytes, formatCount, formatQuantity, formatShare } from './format.ts';
import { namesOf } from './report-names.ts';
import { type Part, table, text } from './section.ts';

/** Whether the lengths of a stream's requests are known. */
export const hasLengths = ({ vectored, lengths }: StreamJson): boolean =>
  !vectored || lengths !== undefined;

export const directionOf = ({ direction, vectored }: StreamJson): string =>
  vectored ? `${direction}v` : direction;

/** A row of the table: a stream, or many that are alike. */
interface StreamRow {
  readonly stream: StreamJson;
  readonly descriptors: number;
}

/** A column of the table of streams. */
interface StreamColumn {
  readonly head: string;
  readonly isText?: boolean;
  /** Whether it is left out where space is short. */
  readonly isOptional?: boolean;
  cell(row: StreamRow, records: number, whoOf: (stream: StreamJson) => string): string;
}

/** Submissions that have a class: all that follow one whose length is known. */
const classified = ({ classes }: StreamJson): number =>
  Object.values(classes).reduce((sum, count) => sum + count, 0);

/** The share of one class. Without lengths some are not known. */
const classColumn = (
  head: string,
  name: keyof StreamJson['classes'],
  isOptional = true,
): StreamColumn => ({
  head,
  isOptional,
  cell: ({ stream }) =>
    !hasLengths(stream) && (name === 'sequential' || name === 'backward')
      ? '–'
      : formatShare(stream.classes[name], classified(stream)),
});

/** From the most to the least important: those on the right go first where space is short. */
const STREAM_COLUMNS: readonly StreamColumn[] = [
  { head: 'who', isText: true, cell: ({ stream }, _, whoOf) => whoOf(stream) },
  {
    head: 'fd',
    cell: ({ stream, descriptors }) =>
      descriptors > 1 ? `${formatCount(descriptors)} descriptors` : `${stream.fd}`,
  },
  { head: '', isText: true, cell: ({ stream }) => directionOf(stream) },
  { head: 'pattern', isText: true, cell: ({ stream }) => stream.pattern },
  { head: 'requests', cell: ({ stream }) => formatCount(stream.requests) },
  { head: 'share', cell: ({ stream }, records) => formatShare(stream.requests, records) },
  classColumn('seq', 'sequential', false),
  {
    head: 'seq8',
    cell: ({ stream }) =>
      hasLengths(stream) ? formatShare(stream.sequential8, classified(stream)) : '–',
  },
  classColumn('random', 'random', false),
  {
    head: 'bytes',
    isOptional: true,
    cell: ({ stream }) => (hasLengths(stream) ? formatBytes(stream.bytes) : '–'),
  },
  classColumn('near', 'near'),
  classColumn('back', 'backward'),
  classColumn('repeat', 'repeat'),
  classColumn('strided', 'strided'),
];
/** Who, which descriptor and direction, the pattern, and how many requests. */
const LEAST_COLUMNS = 5;

const STREAM_NOTE =
  'seq: starts where the previous request ended; seq8: starts where one of the last 8 runs ended';
const OPTIONAL_NOTE =
  'near: within 128 KiB of the previous end; back: ends where the previous one started; ' +
  'repeat: same offset; strided: same step as before';

/** Says which lengths of vectored requests are known. */
function vectoredTexts(streams: readonly StreamJson[]): string[] {
  const vectored = streams.filter((stream) => stream.vectored);
  const matched = vectored.filter(hasLengths);
  const unknown = matched.reduce((sum, stream) => sum + (stream.unknown ?? 0), 0);
  return [
    ...(matched.length > 0
      ? ['lengths of vectored requests: the bytes that their completions moved']
      : []),
    ...(unknown > 0
      ? [
          `${formatQuantity(unknown, 'vectored request')} failed or did not complete: without a ` +
            'length, the next request follows none',
        ]
      : []),
    ...(vectored.length > matched.length
      ? ['–: records of vectored requests lack their lengths, which only completions give']
      : []),
  ];
}

export const busiest = (streams: readonly StreamJson[]): StreamJson[] =>
  [...streams].sort((a, b) => b.requests - a.requests);

/** From so many streams on, those that are alike are one row. */
const ROWS_MAX = 16;
/** Streams with this share of all requests have rows of their own. */
const OWN_ROW_SHARE = 1 / ROWS_MAX;
/** So few alike streams are not joined. */
const ALIKE_MIN = 3;

/** Streams of one process that are alike, as one: with the sums of their counts. */
function joined(streams: readonly StreamJson[]): StreamRow {
  const [first] = streams;
  const total = (of: (stream: StreamJson) => number) =>
    streams.reduce((sum, stream) => sum + of(stream), 0);
  const names = Object.keys(first.classes) as (keyof StreamJson['classes'])[];
  const classes = names.map((name) => [name, total(({ classes: each }) => each[name])] as const);
  return {
    stream: {
      ...first,
      requests: total(({ requests }) => requests),
      bytes: streams.reduce((sum, { bytes }) => sum + BigInt(bytes), 0n).toString(),
      classes: { ...first.classes, ...Object.fromEntries(classes) },
      sequential8: total(({ sequential8 }) => sequential8),
    },
    descriptors: streams.length,
  };
}

/** The rows of the table, the busiest first; of many streams, those that are alike are one row. */
function rowsOf(streams: readonly StreamJson[], whoOf: (stream: StreamJson) => string) {
  const ordered = busiest(streams);
  if (ordered.length <= ROWS_MAX) return ordered.map((each) => joined([each]));
  const least = OWN_ROW_SHARE * ordered.reduce((sum, { requests }) => sum + requests, 0);
  const alike = new Map<string, StreamJson[]>();
  for (const stream of ordered) {
    const { fd, requests, pattern } = stream;
    const group = requests > least ? fd : pattern;
    const key = [whoOf(stream), directionOf(stream), hasLengths(stream), group].join('\0');
    alike.set(key, [...(alike.get(key) ?? []), stream]);
  }
  const rows = [...alike.values()].flatMap((group) =>
    group.length < ALIKE_MIN ? group.map((each) => joined([each])) : [joined(group)],
  );
  return rows.sort((a, b) => b.stream.requests - a.stream.requests);
}

/** The table of streams; `isWide` adds the columns of the rarer classes. */
export function streamParts({ patterns, records }: SubmissionsJson, isWide: boolean): Part[] {
  const columns = STREAM_COLUMNS.filter(({ isOptional }) => isWide || isOptional !== true);
  const whoOf = namesOf(patterns.streams);
  const rows = rowsOf(patterns.streams, whoOf).map((row) =>
    columns.map((column) => column.cell(row, records, whoOf)),
  );
  const heads = columns.map(({ head }) => head);
  const textColumns = columns.flatMap(({ isText }, i) => (isText === true ? [i] : []));
  const note = isWide ? `${STREAM_NOTE}; ${OPTIONAL_NOTE}` : STREAM_NOTE;
  if (rows.length === 0) return [];
  return [
    ...table(heads, rows, textColumns, LEAST_COLUMNS),
    ...[note, ...vectoredTexts(patterns.streams)].map((words) => text(words, 'note')),
  ];
}
