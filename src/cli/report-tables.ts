import {
  type CompletionsJson,
  type FlushJson,
  type PollJson,
  pollNames,
  type RangeCount,
  type ReportJson,
  type RingImageJson,
  type SizesJson,
  type StreamJson,
  type SubmissionsJson,
  type VectorsJson,
} from '../node.ts';
import { bytes, count, exactBytes, plural, share } from './format.ts';
import { distinctText, size, who } from './report-words.ts';

/** A table as both faces of a report show it. */
export interface Table {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The columns that are words; the others are numbers. */
  readonly words: readonly number[];
}

const direct = ({ direction, vectored }: StreamJson): string =>
  vectored ? `${direction}v` : direction;

/** A column of the table of streams; those that are no essence need a wide page. */
interface StreamColumn {
  readonly head: string;
  readonly isWord?: boolean;
  readonly isWide?: boolean;
  cell(stream: StreamJson, records: number): string;
}

const classColumn = (
  head: string,
  name: keyof StreamJson['classes'],
  isWide = true,
): StreamColumn => ({
  head,
  isWide,
  cell: ({ classes, requests, vectored }) =>
    vectored && (name === 'sequential' || name === 'backward')
      ? '–'
      : share(classes[name], requests - 1),
});

const STREAM_COLUMNS: readonly StreamColumn[] = [
  {
    head: 'who',
    isWord: true,
    cell: (stream) => (stream.program === null && stream.pid === null ? '–' : who(stream)),
  },
  { head: 'fd', cell: ({ fd }) => `${fd}` },
  { head: '', isWord: true, cell: direct },
  { head: 'requests', cell: ({ requests }) => count(requests) },
  { head: 'of all', cell: ({ requests }, records) => share(requests, records) },
  {
    head: 'bytes',
    isWide: true,
    cell: ({ bytes: total, vectored }) => (vectored ? '–' : bytes(total)),
  },
  classColumn('seq.', 'sequential', false),
  {
    head: 'of 8',
    cell: ({ vectored, sequential8, requests }) =>
      vectored ? '–' : share(sequential8, requests - 1),
  },
  classColumn('back', 'backward'),
  classColumn('again', 'repeat'),
  classColumn('strided', 'strided'),
  classColumn('near', 'near'),
  classColumn('random', 'random', false),
  { head: 'mostly', isWord: true, cell: ({ pattern }) => pattern },
];

/** The busiest streams first. */
const busiest = (streams: readonly StreamJson[]): StreamJson[] =>
  [...streams].sort((a, b) => b.requests - a.requests);

export function streamTable(
  { patterns: { streams }, records }: SubmissionsJson,
  isWide: boolean,
): Table {
  const columns = STREAM_COLUMNS.filter((column) => isWide || column.isWide !== true);
  return {
    heads: columns.map(({ head }) => head),
    rows: busiest(streams).map((stream) => columns.map((column) => column.cell(stream, records))),
    words: columns.flatMap(({ isWord }, i) => (isWord === true ? [i] : [])),
  };
}

/** What the columns of the table of streams mean. */
export const streamNote = (isWide: boolean): string =>
  [
    'seq.: begins where the request before it ended; of 8: where one of the last eight streams did',
    ...(isWide
      ? [
          'back: ends where that one began; again: at its place; strided: one step as far as the last; near: within 128 KiB of its end',
        ]
      : []),
  ].join('; ');

/** Steps between the requests of a stream, by powers of two. */
export interface Steps {
  readonly name: string;
  /** From the furthest to the nearest. */
  readonly back: readonly number[];
  readonly none: number;
  /** From the nearest to the furthest. */
  readonly on: readonly number[];
  /** How far the nearest and the furthest are at least and at most. */
  readonly near: string;
  readonly far: string;
  /** The median of the lengths of sequential runs, and the largest; `–` where they are not known. */
  readonly runs: readonly [median: string, longest: string];
}

const bitsOf = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);

function runRange(runs: readonly RangeCount[]): readonly [string, string] {
  const total = runs.reduce((sum, run) => sum + run.count, 0);
  if (total === 0) return ['–', '–'];
  const range = ({ from, to }: RangeCount) =>
    from === to ? count(from) : `${count(from)}–${count(to)}`;
  let seen = 0;
  const median = runs.find((run) => {
    seen += run.count;
    return 2 * seen >= total;
  });
  const longest = runs[runs.length - 1];
  return [range(median ?? longest), range(longest)];
}

/** The steps of the busiest streams. */
export function stepsOf(streams: readonly StreamJson[], most: number): Steps[] {
  const shown = busiest(streams)
    .filter(({ requests }) => requests > 1)
    .slice(0, most);
  const isOne = new Set(shown.map(who)).size === 1;
  return shown.map((stream) => {
    const counts = new Map<number, number>();
    for (const { from, to, count: n } of stream.seeks)
      counts.set(from.startsWith('-') ? -bitsOf(-BigInt(to)) : bitsOf(BigInt(from)), n);
    const distances = [...counts.keys()].filter((bits) => bits !== 0).map(Math.abs);
    const [nearest, furthest] =
      distances.length === 0 ? [1, 0] : [Math.min(...distances), Math.max(...distances)];
    const on = Array.from(
      { length: furthest - nearest + 1 },
      (_, i) => counts.get(nearest + i) ?? 0,
    );
    const back = Array.from(
      { length: furthest - nearest + 1 },
      (_, i) => counts.get(i - furthest) ?? 0,
    );
    const name = `${isOne ? '' : `${who(stream)} `}fd ${stream.fd} ${direct(stream)}`;
    const [near, far] =
      distances.length === 0
        ? ['', '']
        : [size(2n ** BigInt(nearest - 1)), size(2n ** BigInt(furthest))];
    return {
      name,
      back,
      none: counts.get(0) ?? 0,
      on,
      near,
      far,
      runs: runRange(stream.runs.requests),
    };
  });
}

export function alignmentTable({ alignment }: SubmissionsJson): Table {
  const rows = alignment.granularities.map(
    ({ bytes: granularity, offsetOrLength, buffer, firstIndex }) => {
      return [
        `${granularity} B`,
        count(offsetOrLength),
        count(buffer),
        firstIndex === null ? '–' : count(firstIndex),
      ];
    },
  );
  return {
    heads: ['granularity', 'offset or length breaks it', 'buffer breaks it', 'first record'],
    rows,
    words: [],
  };
}

/** Sizes in a sentence, with their bound where they are not exact. */
export function sizeWords({ requests, bytes: total, percentiles: p, min, max }: SizesJson): string {
  const bound = p.errorMax > 0 ? ` (±${(100 * p.errorMax).toFixed(1)} %)` : '';
  if (min === max) return `${bytes(total)} in ${count(requests)}, all ${size(min)}`;
  const quantiles = `p50 ${size(p.p50)}, p90 ${size(p.p90)}, p99 ${size(p.p99)}, p99.9 ${size(p.p999)}${bound}`;
  return `${bytes(total)} in ${count(requests)}, ${size(min)} to ${size(max)}: ${quantiles}`;
}

/** Sizes one by one where they are few, else by powers of two: what to call them, and how often each came. */
export function sizeRows(
  { common, octaves, requests }: SizesJson,
  most: number,
): (readonly [label: string, count: number])[] {
  const listed = common.slice(0, most);
  const told = listed.reduce((sum, { count: n }) => sum + n, 0);
  if (told >= 0.8 * requests)
    return listed.map(({ size: each, count: n }) => [exactBytes(BigInt(each)), n]);
  return octaves.map(({ from, count: n }) => [from === '0' ? '0 B' : `${size(from)} …`, n]);
}

/** How many iovecs vectored requests had. */
export function vectorWords({ requests, counts, over1024 }: VectorsJson): string {
  const listed = [...counts].sort((a, b) => b.count - a.count).slice(0, 3);
  const told = listed.map(
    ({ iovecs, count: n }) => `${plural(iovecs, 'iovec')} ${share(n, requests)}`,
  );
  const more =
    counts.length > listed.length
      ? `, up to ${count(Math.max(...counts.map(({ iovecs }) => iovecs)))}`
      : '';
  const refused =
    over1024 > 0 ? `; ${count(over1024)} have more than 1,024, which Linux refuses` : '';
  return `${plural(requests, 'request')}, whose bytes are not in the records: ${told.join(', ')}${more}${refused}`;
}

export function errorTable({ errors, records }: CompletionsJson): Table {
  const rows = errors.map(({ name, errno, count: n, firstIndex, lastIndex }) => {
    return [
      name ?? 'unassigned',
      `${errno}`,
      count(n),
      share(n, records),
      count(firstIndex),
      count(lastIndex),
    ];
  });
  return {
    heads: ['name', 'errno', 'count', 'of all', 'first record', 'last record'],
    rows,
    words: [0],
  };
}

export function flushTable(flushes: readonly FlushJson[]): Table {
  const rows = [...flushes]
    .sort((a, b) => b.flushes - a.flushes)
    .map(
      ({
        pid,
        program,
        fd,
        flushes: n,
        between: { writes, bytes: total, writesEach },
        before,
        after,
      }) => {
        const mean =
          n > 1
            ? [(writes / (n - 1)).toFixed(1), bytes(BigInt(total) / BigInt(n - 1))]
            : ['–', '–'];
        const most = writesEach.at(-1);
        const longest =
          most === undefined
            ? '–'
            : most.from === most.to
              ? count(most.to)
              : `${count(most.from)}–${count(most.to)}`;
        return [
          who({ pid, program }),
          `${fd}`,
          count(n),
          ...mean,
          longest,
          count(before.writes),
          count(after.writes),
        ];
      },
    );
  return {
    heads: ['who', 'fd', 'flushes', 'writes each', 'bytes each', 'most', 'before', 'after'],
    rows,
    words: [0],
  };
}

export const FLUSH_NOTE =
  'each: between two flushes, on average; most: writes between two; before: the first flush; after: the last, so that no flush covers them';

const nameOf = (bit: number): string => pollNames(bit)[0] ?? `0x${bit.toString(16)}`;

/** Poll masks: what was asked for, and of pairs what fired. */
export function pollTable({ asked, fired = [] }: PollJson): Table {
  const bits = [...new Set(fired.map((pair) => pair.fired))].sort((a, b) => a - b);
  const rows = asked.map(({ bit, count: n }) => {
    const cells = bits.map((other) =>
      count(fired.find((pair) => pair.asked === bit && pair.fired === other)?.count ?? 0),
    );
    return [nameOf(bit), count(n), ...cells];
  });
  return {
    heads: [
      'asked for',
      'requests',
      ...bits.map((bit) => `got ${nameOf(bit).replace(/^POLL_?/, '')}`),
    ],
    rows,
    words: [0],
  };
}

/** Polls in a sentence. */
export function pollWords({ requests, descriptors, matched }: PollJson): string {
  const told = `${plural(requests, 'request')} on ${distinctText(descriptors)} descriptors`;
  if (matched === undefined) return told;
  const { requests: pairs, cancelled, unrequested, failing } = matched;
  return `${told}; of ${count(pairs)} that completed ${count(cancelled)} were cancelled (res 0), ${count(unrequested)} fired what they did not ask for, ${count(failing)} POLLERR or POLLHUP`;
}

export function ringTable(images: readonly RingImageJson[]): Table {
  const rows = images.map(({ file, id, nr, head, tail, live, full }) => {
    return [
      file,
      `${id}`,
      count(nr),
      count(head),
      count(tail),
      `${count(live)}${full ? ' (full)' : ''}`,
    ];
  });
  return { heads: ['file', 'id', 'nr', 'head', 'tail', 'live'], rows, words: [0] };
}

/** What became of rings between images. */
export const ringWords = ({ rings }: ReportJson): string[] =>
  (rings?.steps ?? []).map(({ from, to, completions, reaped, overwritten }) => {
    const lost =
      overwritten > 0
        ? `; ${count(overwritten)} slots were overwritten: events in between are in no image`
        : '';
    const least = overwritten > 0 ? 'at least ' : '';
    return `from ${from} to ${to}: ${least}${plural(completions, 'completion')}, ${least}${count(reaped)} reaped${lost}`;
  });
