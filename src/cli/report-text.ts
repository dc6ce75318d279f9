import { stripVTControlCharacters } from 'node:util';
import type { DistinctJson, ReportJson, RequestsJson, ResultsJson, RingImageJson, SizesJson, StreamJson } from '../node.ts';
import { type Align, bar, bytes, count, exactBytes, plural, share, table } from './format.ts';
import { colors } from './output.ts';
import { heatLines } from './report-chart.ts';
import { latencyMap, latencySentences, OPCODE_HEADS, opcodeRows } from './report-latency.ts';
import { timeLines } from './report-time.ts';
import { directWords, PATTERN_WORDS, paragraph, who, wrap } from './report-words.ts';

/** The parts of a report, in their order. */
export const SECTIONS = ['pattern', 'sizes', 'alignment', 'time', 'offsets', 'latency', 'results', 'distinct', 'rings'] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Lists are cut to so many lines: `--json` has them whole. */
const LINES_MAX = 12;
const BAR_WIDTH = 24;
const MAP_ROWS = 12;

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

/** A heading and what is below it; nothing where there is nothing. */
const block = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', colors.bold(heading), ...indent(lines)];

function rowsOf(heads: readonly string[], align: readonly Align[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const [head, ...lines] = table([heads, ...rows.slice(0, LINES_MAX)], align);
  const more = rows.length - LINES_MAX;
  return [colors.dim(head), ...lines, ...(more > 0 ? [colors.dim(`… ${count(more)} more; --json has them all`)] : [])];
}

/** A count, and its standard error where it is not exact. */
export const distinctText = ({ count: n, approximate, error }: DistinctJson): string =>
  approximate ? `about ${count(Math.round(n))} (±${(100 * error).toFixed(1)} %, one standard error)` : count(n);

function streamRow(stream: StreamJson, records: number): string[] {
  const { classes, fd, direction, vectored, requests, pattern, sequential8 } = stream;
  const followed = requests - 1;
  return [
    who(stream),
    `${fd}`,
    vectored ? `${direction}v` : direction,
    count(requests),
    share(requests, records),
    vectored ? '–' : share(classes.sequential, followed),
    vectored ? '–' : share(sequential8, followed),
    share(classes.random, followed),
    PATTERN_WORDS[pattern],
  ];
}

function patternLines({ patterns: { streams, left }, records }: RequestsJson): string[] {
  const heads = ['who', 'fd', '', 'requests', 'of all', 'seq.', 'of 8', 'random', 'mostly'];
  const align: Align[] = ['left', 'right', 'left', 'right', 'right', 'right', 'right', 'right', 'left'];
  const sorted = [...streams].sort((a, b) => b.requests - a.requests);
  const leftOut = [
    [left.append, 'append (RWF_APPEND)'],
    [left.outOfRange, 'have a negative offset, or one beyond 8 PiB'],
    [left.other.requests, 'are of streams beyond the first 4,096'],
  ] as const;
  return [
    ...rowsOf(
      heads,
      align,
      sorted.map((stream) => streamRow(stream, records)),
    ),
    ...leftOut.filter(([n]) => n > 0).map(([n, why]) => colors.yellow(`${plural(n, 'request')} left out: ${why}`)),
  ];
}

function sizeLines(heading: string, sizes: SizesJson | undefined): string[] {
  if (sizes === undefined) return [];
  const { requests, bytes: total, percentiles: p, min, max, common } = sizes;
  const most = common[0]?.count ?? 0;
  const bound = p.errorMax > 0 ? ` (±${(100 * p.errorMax).toFixed(1)} %)` : '';
  const quantiles = `p50 ${bytes(p.p50)}, p90 ${bytes(p.p90)}, p99 ${bytes(p.p99)}, p99.9 ${bytes(p.p999)}${bound}`;
  const rows = common
    .slice(0, 6)
    .map(({ size, count: n }) => [exactBytes(BigInt(size)), count(n), share(n, requests), bar(n, most, BAR_WIDTH)]);
  return [
    `${heading}: ${bytes(total)} in ${count(requests)}, from ${bytes(min)} to ${bytes(max)}`,
    `  ${quantiles}`,
    ...indent(table(rows, ['right', 'right', 'right', 'left'])),
  ];
}

function alignmentLines({ alignment }: RequestsJson, width: number): string[] {
  const rows = alignment.granularities.map(({ bytes: size, offsetOrLength, buffer, firstIndex }) => [
    `${size} B`,
    count(offsetOrLength),
    count(buffer),
    firstIndex === null ? '–' : `${firstIndex}`,
  ]);
  const heads = ['granularity', 'offset or length breaks it', 'buffer breaks it', 'first record'];
  return [...wrap(directWords(alignment), width), ...rowsOf(heads, ['right', 'right', 'right', 'right'], rows)];
}

function offsetLines({ charts }: RequestsJson, width: number): string[] {
  const chart = charts.time ?? charts.index;
  const grid = chart?.offsets;
  if (chart === undefined || grid === undefined || grid.counts.every((column) => column.length === 0)) return [];
  const clipped = grid.clipped > 0 ? [colors.yellow(`${plural(grid.clipped, 'request')} at 64 TiB or beyond left out`)] : [];
  return [...heatLines(grid, chart.axis, width, MAP_ROWS), ...clipped];
}

function latencyLines(report: ReportJson, width: number): string[] {
  const { matched } = report;
  if (matched === undefined) return [];
  const map = latencyMap(report);
  const align: Align[] = OPCODE_HEADS.map((_, i) => (i === 0 ? 'left' : 'right'));
  return [
    ...latencySentences(matched).flatMap((sentence) => wrap(sentence, width)),
    ...rowsOf(OPCODE_HEADS, align, opcodeRows(matched.figures)),
    ...(map === undefined ? [] : ['', ...heatLines(map.map, map.axis, width, MAP_ROWS)]),
  ];
}

function resultLines({ records, failed, impossible, errors, sizes }: ResultsJson): string[] {
  const rows = errors.map(({ name, errno, count: n, firstIndex, lastIndex }) => [
    name ?? 'unassigned',
    `${errno}`,
    count(n),
    share(n, records),
    `${firstIndex}`,
    `${lastIndex}`,
  ]);
  const heads = ['name', 'errno', 'count', 'of all', 'first record', 'last record'];
  return [
    `${count(records)} completions, ${count(failed)} failed (${share(failed, records)})`,
    ...(impossible > 0 ? [colors.yellow(`${count(impossible)} have a result that no kernel gives`)] : []),
    ...sizeLines('res ≥ 0, poll masks too', sizes),
    ...rowsOf(heads, ['left', 'right', 'right', 'right', 'right', 'right'], rows),
  ];
}

function distinctLines({ submissions, completions }: ReportJson): string[] {
  const lines: string[] = [];
  if (submissions !== undefined) {
    const { distinct, eventfd, batches, poll } = submissions;
    const { blocks } = distinct;
    const least = blocks.left.vectored + blocks.left.longerThan16MiB > 0 ? 'at least ' : '';
    lines.push(`descriptors  ${distinctText(distinct.fds)}`);
    lines.push(
      `4 KiB blocks ${least}${distinctText(blocks)}: a working set of ${least}${bytes(Math.round(blocks.count) * blocks.blockBytes)}`,
    );
    if (distinct.addresses !== undefined) lines.push(`iocbs        ${distinctText(distinct.addresses)} addresses`);
    if (eventfd.requests > 0)
      lines.push(`eventfd      ${share(eventfd.requests, submissions.records)} of the requests signal ${distinctText(eventfd.eventfds)}`);
    if (batches !== undefined)
      lines.push(`batches      of submissions: ${batches.mean.toFixed(1)} records in the mean, ${count(batches.max)} at most`);
    if (poll !== undefined)
      lines.push(
        `poll         ${count(poll.requests)} asked for ${poll.asked.map(({ name, bit, count: n }) => `${name ?? bit} ${count(n)}`).join(', ')}`,
      );
  }
  if (completions !== undefined && completions.records > 0) {
    lines.push(`completed    ${distinctText(completions.distinct.addresses)} addresses of iocbs`);
    const { batches } = completions;
    if (batches !== undefined)
      lines.push(`reaped       ${batches.mean.toFixed(1)} records at a time in the mean, ${count(batches.max)} at most`);
  }
  return lines;
}

function ringLines({ rings }: ReportJson): string[] {
  if (rings === undefined) return [];
  const row = ({ file, id, nr, head, tail, live, full }: RingImageJson) => [
    file,
    `${id}`,
    count(nr),
    count(head),
    count(tail),
    `${count(live)}${full ? ' (full)' : ''}`,
  ];
  const steps = rings.steps.map(({ from, to, completions, reaped, overwritten }) => {
    const lost = overwritten > 0 ? `; ${count(overwritten)} slots were overwritten: events in between are in no image` : '';
    const least = overwritten > 0 ? 'at least ' : '';
    return `${from} → ${to}: ${least}${plural(completions, 'completion')}, ${least}${count(reaped)} reaped${lost}`;
  });
  const heads = ['file', 'id', 'nr', 'head', 'tail', 'live'];
  return [...rowsOf(heads, ['left', 'right', 'right', 'right', 'right', 'right'], rings.images.map(row)), ...steps];
}

/** A line that is too long, cut; it loses its colours. */
function fit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}

/** A report for people: a paragraph in words, then the sections that are asked for. */
export function reportText(report: ReportJson, sections: readonly SectionName[], width: number): string {
  const { submissions, completions, inputs } = report;
  const torn = inputs
    .filter(({ tornBytes }) => tornBytes > 0)
    .map(({ file, tornBytes }) => colors.yellow(`${file}: the last ${plural(tornBytes, 'byte')} are no whole record`));
  const inner = width - 2;
  const blocks: Readonly<Record<SectionName, () => string[]>> = {
    pattern: () => block('access pattern', submissions === undefined ? [] : patternLines(submissions)),
    sizes: () => block('sizes', [...sizeLines('reads', submissions?.sizes.reads), ...sizeLines('writes', submissions?.sizes.writes)]),
    alignment: () => block('alignment', submissions === undefined ? [] : alignmentLines(submissions, inner)),
    time: () => block('over time', timeLines(report, inner)),
    offsets: () => block('offsets over time, all descriptors', submissions === undefined ? [] : offsetLines(submissions, inner)),
    latency: () => block('latency and depth', latencyLines(report, inner)),
    results: () => block('results', completions === undefined ? [] : resultLines(completions)),
    distinct: () => block('distinct', distinctLines(report)),
    rings: () => block('rings', ringLines(report)),
  };
  const why = report.unmatched === undefined ? [] : wrap(`not matched: ${report.unmatched}`, width).map(colors.dim);
  const lines = [...wrap(paragraph(report), width), ...why, ...torn, ...sections.flatMap((name) => blocks[name]())];
  return `${lines.map((line) => fit(line, width)).join('\n')}\n`;
}
