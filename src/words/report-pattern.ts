// Where requests went: access patterns and seek distances.

import type { RangeCount, StreamJson } from '../analysis/report/stream-json.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import { formatBytes, formatCount, formatPaths, formatQuantity } from './format.ts';
import { namesOf, OFFSET_MAX_TEXT } from './report-names.ts';
import { busiest, directionOf, hasLengths, streamParts } from './report-streams.ts';
import { type Part, type Section, type Seeks, table, text, titled } from './section.ts';

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
  const from = shown.every(hasLengths)
    ? 'the end of a request'
    : 'the end of a request (its start where lengths are not known)';
  const note = `seek distance: from ${from} to the start of the next, ${RUNS_NOTE}`;
  return seeks.length === 0 ? [] : [{ kind: 'seeks', seeks }, text(note, 'note')];
}

const SEEKS_MAX = 6;
const RUNS_NOTE = 'by powers of two; runs: sequential requests';

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
