// Latencies of reads and writes that succeeded, by size and by priority.
import type {
  LatencyByPriorityJson,
  LatencyBySizeJson,
} from '../analysis/report/latency-groups.ts';
import type { MatchedJson } from '../analysis/report/matched.ts';
import { formatBytes, formatCount, formatExactBytes, formatLatency } from './format.ts';
import { type Part, type TablePart, table, text } from './section.ts';

const FIGURES = ['requests', 'p50', 'p99', 'max'] as const;

const figureCells = ({
  requests,
  latencyNs,
}: Pick<LatencyBySizeJson, 'requests' | 'latencyNs'>): string[] => [
  formatCount(requests),
  formatLatency(latencyNs.p50),
  formatLatency(latencyNs.p99),
  formatLatency(latencyNs.max),
];

/** "16 KiB" where all have this size, else "16 KiB … 32 KiB". */
const sizeText = ({ min, max, from, to }: LatencyBySizeJson): string =>
  min === max ? formatExactBytes(BigInt(min)) : `${formatBytes(from)} … ${formatBytes(to + 1)}`;

/** "RT, level 0"; "none" where a request has no priority. */
const priorityText = ({ priority }: LatencyByPriorityJson): string =>
  priority === null
    ? 'none'
    : `${priority.className?.slice('IOPRIO_CLASS_'.length) ?? `class ${priority.class}`}, ` +
      `level ${priority.level}`;

const SIZE_NOTE =
  'reads and writes that succeeded, by powers of two of the size; a range includes its first end';

/** All rows: there are at most 32 classes in each direction, and mostly few. */
const whole = (tables: readonly TablePart[]): TablePart[] =>
  tables.map((each) => ({ ...each, isWhole: true }));

/** Latency by size, where sizes differ, and by priority. */
export function groupParts({ latencyBySize, latencyByPriority = [] }: MatchedJson): Part[] {
  const bySize = latencyBySize.map((row) => [row.direction, sizeText(row), ...figureCells(row)]);
  const byPriority = latencyByPriority.map((row) => [priorityText(row), ...figureCells(row)]);
  const hasSizes = new Set(latencyBySize.map(({ from }) => from)).size > 1;
  return [
    ...(hasSizes
      ? [...whole(table(['', 'size', ...FIGURES], bySize, [0, 1])), text(SIZE_NOTE, 'note')]
      : []),
    ...table(['I/O priority', ...FIGURES], byPriority, [0]),
  ];
}
