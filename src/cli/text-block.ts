// Lays out sections for a terminal.
import { stripVTControlCharacters } from 'node:util';
import type { ReportJson } from '../node.ts';
import { formatCount } from '../words/format.ts';
import { reportSections, type SectionName } from '../words/report.ts';
import { reportLead } from '../words/report-lead.ts';
import {
  axisEnds,
  type BarsPart,
  type ListPart,
  type MapPart,
  type Part,
  quotients,
  type Role,
  rowLabel,
  type Section,
  type Seeks,
  type SeeksPart,
  type Series,
  scaleEnds,
  shrink,
  squeeze,
  text,
} from '../words/section.ts';
import { reportSelectedText } from '../words/selected.ts';
import { absentParts, tornParts } from '../words/summary.ts';
import { colors } from './output.ts';
import { tableLines } from './table-lines.ts';
import { bar, visible, wrap } from './terminal-text.ts';

const BAR_WIDTH = 32;
const MAP_ROWS = 12;
/** Of each of several maps. */
const SMALL_MAP_ROWS = 8;
/** Streams whose seek distances are shown. */
const SEEKS_SHOWN = 3;
/** From this width on the table of streams has all its columns. */
const WIDE = 116;

const PAINTS: Readonly<Record<Role, (text: string) => string>> = {
  good: colors.green,
  bad: colors.red,
  warning: colors.yellow,
  note: colors.dim,
};

const painted = (lines: readonly string[], role: Role | undefined): string[] =>
  role === undefined ? [...lines] : lines.map(PAINTS[role]);

const indent = (lines: readonly string[]): string[] =>
  lines.map((line) => (line === '' ? '' : `  ${line}`));

const BARS = ' ▁▂▃▄▅▆▇█';
const SHADES = ' ░▒▓█';
/** From few to many. */
const TINTS: readonly ((text: string) => string)[] = [
  (text) => text,
  colors.blue,
  colors.cyan,
  colors.yellow,
  colors.red,
];

/** The level of a value, from 1 to `levels`, on a scale up to `most`; 0 is only for 0. */
const level = (value: number, most: number, levels: number): number =>
  value <= 0 || most <= 0 ? 0 : Math.max(1, Math.min(levels, Math.ceil((value / most) * levels)));

/** A line of bars, as high as their values. */
function bars(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  return values.map((value) => BARS[level(value, most, BARS.length - 1)]).join('');
}

/** Bars on either side of 0. */
const SEEKS_WIDTH = 12;

/** The heads of a table of seek distances, and which of its columns are text. */
const SEEK_HEADS = [...['seeks', 'distance', 'back │0│ forward', 'median run', 'longest']];
const SEEK_TEXT_COLUMNS = [0, 2];
const SEEK_LEAST_COLUMNS = 3;

/** The row of a stream: how far its requests seek, back, not at all, and forward. */
function seekCells({ name, near, far, medianRun, longestRun, ...seeks }: Seeks): string[] {
  const back = squeeze(seeks.back, SEEKS_WIDTH);
  const line = bars([...back, seeks.none, ...squeeze(seeks.forward, SEEKS_WIDTH)]);
  const at = back.length;
  const scale = `${line.slice(0, at)}│${line[at]}│${line.slice(at + 1)}`;
  return [name, far === '' ? '' : `${near} … ${far}`, scale, medianRun, longestRun];
}

const NAME_WIDTH = 12;
/** Characters for the name and the peak of a series. */
const MARGIN = 31;

/** A series as one line of bars between its name and its peak. */
function seriesLine({ name, values, over, peak }: Series, width: number): string {
  const fitted = (each: readonly number[]) => squeeze(each, width - MARGIN);
  const line = bars(quotients(fitted(values), over && fitted(over)));
  return `${name.padEnd(NAME_WIDTH)}${line}  peak ${peak}`;
}

const LABEL_WIDTH = 9;

/** A heat map, the highest row first, and its axis. Shades follow the logarithm of the count. */
function heatLines({ grid, axis }: MapPart, width: number, height: number): string[] {
  const { cells, first, high } = shrink(grid, width - LABEL_WIDTH - 1, height);
  const top = Math.max(...cells.flat(), 0);
  const most = Math.log1p(top);
  const rows = cells[0]?.length ?? 0;
  const lines = Array.from({ length: rows }, (_, i) => {
    const y = rows - 1 - i;
    const line = cells.map((column) => {
      const shade = level(Math.log1p(column[y]), most, SHADES.length - 1);
      return TINTS[shade](SHADES[shade]);
    });
    const label = rowLabel(grid, first + y * high).padStart(LABEL_WIDTH);
    return `${colors.dim(label)} ${line.join('')}`.trimEnd();
  });
  const indent = ' '.repeat(LABEL_WIDTH + 1);
  const [begin, end] = axisEnds(axis);
  const [least, greatest] = scaleEnds(top);
  const scale = end.padStart(Math.max(end.length + 1, cells.length - begin.length));
  return [
    ...lines,
    colors.dim(`${indent}${begin}${scale}`),
    colors.dim(`${indent}${SHADES.slice(1)} ${least} … ${greatest}`),
  ];
}

function barLines({ heads, title, text: words, bars }: BarsPart, width: number): string[] {
  const most = Math.max(...bars.map(({ count }) => count));
  const rows = bars.map(({ label, count, share }) => [
    label,
    formatCount(count),
    share,
    bar(count, most, BAR_WIDTH),
  ]);
  if (words === undefined)
    return tableLines({ heads: [...(heads ?? ['', '', '']), ''], rows, textColumns: [3] });
  const lines = wrap(`${title === undefined ? '' : `${title}: `}${words}`, width);
  // A single bar shows nothing that the sentence does not.
  if (rows.length < 2) return lines;
  return [
    ...lines,
    ...indent(tableLines({ heads: ['', '', '', ''], rows, textColumns: [3], isWhole: true })),
  ];
}

/** Names in a first column, their sentences in a second. */
function listLines({ items }: ListPart, width: number): string[] {
  const wide = Math.max(...items.map(({ name }) => name.length)) + 2;
  return items.flatMap(({ name, text: words, role }, i) => {
    const shown = items[i - 1]?.name === name ? '' : name;
    return wrap(visible(words), width - wide).map(
      (line, k) => colors.bold((k === 0 ? shown : '').padEnd(wide)) + painted([line], role)[0],
    );
  });
}

const seekLines = ({ seeks }: SeeksPart, width: number): string[] => [
  '',
  ...tableLines(
    {
      heads: SEEK_HEADS,
      rows: seeks.slice(0, SEEKS_SHOWN).map(seekCells),
      textColumns: SEEK_TEXT_COLUMNS,
      least: SEEK_LEAST_COLUMNS,
    },
    width,
  ),
];

function partLines(part: Part, width: number): string[] {
  switch (part.kind) {
    case 'text':
      return painted(wrap(visible(part.text), width), part.role);
    case 'table':
      return tableLines(part, width);
    case 'bars':
      return barLines(part, width);
    case 'list':
      return listLines(part, width);
    case 'seeks':
      return seekLines(part, width);
    case 'series':
      return part.series.map((series) => seriesLine(series, width));
    case 'map':
      return [
        ...(part.isWhole ? [] : ['', visible(part.title)]),
        ...heatLines(part, width, part.isSmall ? SMALL_MAP_ROWS : MAP_ROWS),
      ];
  }
}

/** Whether an empty line separates a table from the one before it, or from the notes on that. */
const isApart = (part: Part, before: Part | undefined): boolean =>
  part.kind === 'table' &&
  (before?.kind === 'table' || (before?.kind === 'text' && before.role === 'note'));

function sectionLines({ title, lead, role, parts }: Section, width: number): string[] {
  if (title === undefined) return parts.flatMap((part) => partLines(part, width));
  const heading = colors.bold(
    lead === undefined ? painted([visible(title)], role)[0] : colors.cyan(title),
  );
  const lines = parts.flatMap((part, i) => [
    ...(isApart(part, parts[i - 1]) ? [''] : []),
    ...partLines(part, width - 2),
  ]);
  const first = lines[0] === '' ? 1 : 0;
  return [lead === undefined ? heading : `${heading}  ${lead}`, ...indent(lines.slice(first))];
}

/** The width of the terminal; elsewhere lines are not wrapped. */
const terminalWidth = (): number => process.stdout.columns ?? Number.POSITIVE_INFINITY;

/** Sections with a blank line between them. */
export function sectionsText(sections: readonly Section[], width = terminalWidth()): string {
  const blocks = sections.map((section) => sectionLines(section, width).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

/** A line that is too long, cut; it loses its colors. */
function fit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}

/** A report: a paragraph, then the sections that are named. */
export function reportText(
  report: ReportJson,
  names: readonly SectionName[],
  width: number,
): string {
  const { matchFailed, inputs } = report;
  const sections = reportSections(report, width >= WIDE);
  const selected = reportSelectedText(report);
  const lead: Section = {
    parts: [
      ...(selected === undefined ? [] : [text(selected)]),
      text(reportLead(report)),
      ...(matchFailed ? [text(`not matched: ${matchFailed.text}`, 'note')] : []),
      ...absentParts(inputs),
      ...tornParts(inputs),
    ],
  };
  const shown = [lead, ...names.flatMap((name) => sections[name])];
  const lines = sectionsText(shown, width).split('\n');
  return lines.map((line) => fit(line, width)).join('\n');
}
