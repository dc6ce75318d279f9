import { stripVTControlCharacters } from 'node:util';
import type {
  CompletionsJson,
  ReportJson,
  SizesJson,
  StreamJson,
  SubmissionsJson,
  VectorsJson,
} from '../node.ts';
import { type Align, bar, count, plural, share, table, visible } from './format.ts';
import { colors } from './output.ts';
import { bars, heatLines, squeeze } from './report-chart.ts';
import { latencyMap, latencySentences, opcodeTable } from './report-latency.ts';
import {
  alignmentTable,
  errorTable,
  FLUSH_NOTE,
  flushTable,
  pollTable,
  pollWords,
  ringTable,
  ringWords,
  sizeRows,
  sizeWords,
  stepsOf,
  streamNote,
  streamTable,
  type Table,
  vectorWords,
} from './report-tables.ts';
import { binWords, distinctRows, peakOf, seriesOf, shownOf } from './report-time.ts';
import { directWords, paragraph, wrap } from './report-words.ts';

/** The parts of a report, in their order. */
export const SECTIONS = [
  'pattern',
  'sizes',
  'alignment',
  'time',
  'offsets',
  'latency',
  'results',
  'flushes',
  'poll',
  'distinct',
  'rings',
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Lists are cut to so many lines: `--json` has them whole. */
const LINES_MAX = 12;
const BAR_WIDTH = 24;
const MAP_ROWS = 12;
/** From this width on the table of streams has all its columns. */
const WIDE = 116;
/** Streams whose steps are shown. */
const STEPS_SHOWN = 3;
/** Bars on either side of 0. */
const STEPS_WIDTH = 12;
/** What stands beside a line of bars over time: its name and its peak. */
const BESIDE = 31;

const indent = (lines: readonly string[]): string[] =>
  lines.map((line) => (line === '' ? '' : `  ${line}`));

/** A heading and what is below it; nothing where there is nothing. */
const block = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', colors.bold(heading), ...indent(lines)];

function tableLines({ heads, rows, words }: Table): string[] {
  if (rows.length === 0) return [];
  const align = heads.map((_, i): Align => (words.includes(i) ? 'left' : 'right'));
  const [head, ...lines] = table([heads, ...rows.slice(0, LINES_MAX)], align);
  const more = rows.length - LINES_MAX;
  return [
    colors.dim(head),
    ...lines,
    ...(more > 0 ? [colors.dim(`… ${count(more)} more; --json has them all`)] : []),
  ];
}

const note = (text: string, width: number): string[] => wrap(text, width).map(colors.dim);

/** Names, and beside each its text in as many lines as it takes. */
function namedLines(
  rows: readonly (readonly [name: string, text: string])[],
  width: number,
): string[] {
  const wide = Math.max(0, ...rows.map(([name]) => name.length)) + 2;
  return rows.flatMap(([name, text]) =>
    wrap(text, width - wide).map((line, i) => (i === 0 ? name : '').padEnd(wide) + line),
  );
}

/** How far requests lie from the end of the one before: back, at it, and on. */
function stepLines(streams: readonly StreamJson[]): string[] {
  const rows = stepsOf(streams, STEPS_SHOWN).map(({ name, back, none, on, near, far, runs }) => {
    const sides = [squeeze(back, STEPS_WIDTH), squeeze(on, STEPS_WIDTH)];
    const line = bars([...sides[0], none, ...sides[1]]);
    const at = sides[0].length;
    const scale = `${line.slice(0, at)}│${line[at]}│${line.slice(at + 1)}`;
    return [name, far === '' ? '' : `${near} … ${far}`, scale, ...runs];
  });
  const heads = ['steps', 'back or on by', 'back │0│ on', 'run p50', 'longest'];
  return rows.length === 0 ? [] : ['', ...tableLines({ heads, rows, words: [0, 2] })];
}

function patternLines(submissions: SubmissionsJson, width: number): string[] {
  const { streams, left } = submissions.patterns;
  const leftOut = [
    [left.append, 'append (RWF_APPEND)'],
    [left.outOfRange, 'have a negative offset, or one beyond 8 PiB'],
    [left.other.requests, 'are of streams beyond the first 4,096'],
  ] as const;
  const isWide = width >= WIDE;
  return [
    ...tableLines(streamTable(submissions, isWide)),
    ...(streams.length === 0 ? [] : note(streamNote(isWide), width)),
    ...stepLines(streams),
    ...leftOut
      .filter(([n]) => n > 0)
      .map(([n, why]) => colors.yellow(`${plural(n, 'request')} left out: ${why}`)),
  ];
}

function sizeLines(heading: string, sizes: SizesJson | undefined, width: number): string[] {
  if (sizes === undefined) return [];
  const rows = sizeRows(sizes, 6);
  const most = Math.max(...rows.map(([, n]) => n));
  const cells = rows.map(([label, n]) => [
    label,
    count(n),
    share(n, sizes.requests),
    bar(n, most, BAR_WIDTH),
  ]);
  const told = wrap(`${heading}: ${sizeWords(sizes)}`, width);
  return rows.length === 1
    ? told
    : [...told, ...indent(table(cells, ['right', 'right', 'right', 'left']))];
}

const vectorLines = (heading: string, vectors: VectorsJson | undefined, width: number): string[] =>
  vectors === undefined ? [] : wrap(`${heading}: ${vectorWords(vectors)}`, width);

function offsetLines({ charts }: SubmissionsJson, width: number): string[] {
  const chart = charts.time ?? charts.index;
  const grid = chart?.offsets;
  if (
    chart === undefined ||
    grid === undefined ||
    grid.counts.every((column) => column.length === 0)
  )
    return [];
  const clipped =
    grid.clipped > 0
      ? [colors.yellow(`${plural(grid.clipped, 'request')} at 64 TiB or beyond left out`)]
      : [];
  return [...heatLines(grid, chart.axis, width, MAP_ROWS), ...clipped];
}

function timeLines(report: ReportJson, width: number): string[] {
  const series = seriesOf(report);
  if (series.length === 0) return [];
  const lines = series.map((each) => {
    const fewer = (values: readonly number[]) => squeeze(values, width - BESIDE);
    const line = bars(shownOf(fewer(each.values), each.over && fewer(each.over)));
    return `${each.name.padEnd(12)}${line}  peak ${peakOf(each)}`;
  });
  return [...note(binWords(series), width), ...lines];
}

function latencyLines(report: ReportJson, width: number): string[] {
  const { matched } = report;
  if (matched === undefined) return [];
  const map = latencyMap(report);
  return [
    ...latencySentences(matched).flatMap((sentence) => wrap(sentence, width)),
    ...tableLines(opcodeTable(matched.figures)),
    ...(map === undefined ? [] : ['', ...heatLines(map.map, map.axis, width, MAP_ROWS)]),
  ];
}

function resultLines(completions: CompletionsJson, isPolls: boolean, width: number): string[] {
  const { records, failed, impossible, sizes } = completions;
  return [
    `${plural(records, 'completion')}, ${count(failed)} failed (${share(failed, records)})`,
    ...(impossible > 0
      ? [colors.yellow(`${count(impossible)} have a result that no kernel gives`)]
      : []),
    ...(isPolls ? [] : sizeLines('res from 0 up', sizes, width)),
    ...tableLines(errorTable(completions)),
  ];
}

/** A line that is too long, cut; it loses its colours. */
function fit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}

/** A report for people: a paragraph in words, then the sections that are asked for. */
export function reportText(
  report: ReportJson,
  sections: readonly SectionName[],
  width: number,
): string {
  const { submissions, completions, inputs, rings } = report;
  const torn = inputs
    .filter(({ tornBytes }) => tornBytes > 0)
    .map(({ file, tornBytes }) =>
      colors.yellow(`${visible(file)}: the last ${plural(tornBytes, 'byte')} are no whole record`),
    );
  const inner = width - 2;
  const { sizes, poll, flushes = [] } = submissions ?? {};
  const isPolls = poll !== undefined && poll.requests === submissions?.records;
  const of = <T>(part: T | undefined, lines: (part: T) => string[]) =>
    part === undefined ? [] : lines(part);
  const blocks: Readonly<Record<SectionName, () => string[]>> = {
    pattern: () =>
      block(
        'access pattern',
        of(submissions, (part) => patternLines(part, inner)),
      ),
    sizes: () =>
      block('sizes', [
        ...sizeLines('reads', sizes?.reads, inner),
        ...sizeLines('writes', sizes?.writes, inner),
        ...vectorLines('vectored reads', sizes?.readVectors, inner),
        ...vectorLines('vectored writes', sizes?.writeVectors, inner),
      ]),
    alignment: () =>
      block(
        'alignment',
        of(submissions, (part) =>
          part.alignment.satisfied === null
            ? []
            : [...wrap(directWords(part.alignment), inner), ...tableLines(alignmentTable(part))],
        ),
      ),
    time: () => block('over time', timeLines(report, inner)),
    offsets: () =>
      block(
        'offsets over time, all descriptors',
        of(submissions, (part) => offsetLines(part, inner)),
      ),
    latency: () => block('latency and depth', latencyLines(report, inner)),
    results: () =>
      block(
        'results',
        of(completions, (part) => resultLines(part, isPolls, inner)),
      ),
    flushes: () =>
      block(
        'flushes',
        flushes.length === 0
          ? []
          : [...tableLines(flushTable(flushes)), ...note(FLUSH_NOTE, inner)],
      ),
    poll: () =>
      block(
        'poll',
        of(poll, (part) => [...wrap(pollWords(part), inner), ...tableLines(pollTable(part))]),
      ),
    distinct: () => block('distinct', namedLines(distinctRows(report), inner)),
    rings: () =>
      block(
        'rings',
        of(rings, ({ images }) => [
          ...tableLines(ringTable(images)),
          ...ringWords(report).flatMap((line) => wrap(visible(line), inner)),
        ]),
      ),
  };
  const why =
    report.unmatched === undefined ? [] : note(`not matched: ${visible(report.unmatched)}`, width);
  const lines = [
    ...wrap(visible(paragraph(report)), width),
    ...why,
    ...torn,
    ...sections.flatMap((name) => blocks[name]()),
  ];
  return `${lines.map((line) => fit(line, width)).join('\n')}\n`;
}
