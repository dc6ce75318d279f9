// Where requests went over time, by descriptor.
import type { GridJson } from '../analysis/report/fold-grid.ts';
import type { DescriptorOffsetsJson } from '../analysis/report/offset-maps.ts';
import type { SubmissionsJson } from '../analysis/report/submissions.ts';
import { formatBytes, formatPaths, formatQuantity } from './format.ts';
import { namesOf } from './report-names.ts';
import { type Part, type Section, text, titled } from './section.ts';

/** What a map leaves out, and where that is. */
function clippedParts({ clipped, clippedRange }: GridJson): Part[] {
  if (clippedRange === undefined) return [];
  const [from, to] = [clippedRange.from, clippedRange.to].map(formatBytes);
  const place = from === to ? `at ${from}` : `from ${from} to ${to}`;
  const requests = `${formatQuantity(clipped, 'request')} far above the others`;
  return [text(`${requests} left out, ${place}`, 'warning')];
}

const requestsIn = ({ counts }: GridJson): number =>
  counts.flat().reduce((sum, count) => sum + count, 0);

/** Fewer requests need no map of their own. */
const REQUESTS_MIN = 10;

/** "pid 4711, fd 5: data.ibd". */
function titleOf(of: DescriptorOffsetsJson, who: string): string {
  const file = of.paths === undefined ? '' : `: ${formatPaths(of.paths)}`;
  return `${who === '–' ? '' : `${who}, `}fd ${of.fd}${file}`;
}

/** Offsets over time or, without times, over the index of records: of the busiest descriptors. */
export function offsetSection({ charts, patterns }: SubmissionsJson): Section[] {
  const chart = charts.time ?? charts.index;
  if (chart === undefined || requestsIn(chart.offsets) === 0) return [];
  const { axis, offsets } = chart;
  const over = axis.unit === 'ns' ? 'over time' : 'by record index';
  const whoOf = namesOf(patterns.streams);
  const number = new Set(patterns.streams.map(({ pid, fd }) => `${pid} ${fd}`)).size;
  const own = chart.descriptors.filter(({ offsets: grid }) => {
    return grid !== undefined && requestsIn(grid) >= REQUESTS_MIN;
  });
  const maps = own.flatMap((each): Part[] => {
    const { offsets: grid = offsets } = each;
    const title = titleOf(each, whoOf(each));
    return [
      { kind: 'map', title, isWhole: false, isSmall: true, axis, grid },
      ...clippedParts(grid),
    ];
  });
  // The only descriptor is all; if a busy one has no map, that of all shows it.
  const isLacking = chart.descriptors.some((each) => each.offsets === undefined);
  const isMore = number > own.length;
  if (number > 1 && own.length > 0 && !isLacking)
    return titled(`offsets ${over}${isMore ? ', the busiest descriptors' : ''}`, maps);
  const title = `offsets ${over}, all descriptors`;
  return titled(title, [
    { kind: 'map', title, isWhole: true, axis, grid: offsets },
    ...clippedParts(offsets),
    ...(number === 1 ? [] : maps),
  ]);
}
