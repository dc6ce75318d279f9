// Lays out sections for a terminal.
import { formatCount } from '../words/format.ts';
import type {
  BarsPart,
  FindingItem,
  FindingsPart,
  ListPart,
  Part,
  Role,
  Section,
  SeeksPart,
} from '../words/section.ts';
import { colors } from './output.ts';
import { tableLines } from './table-lines.ts';
import {
  heatLines,
  SEEK_HEADS,
  SEEK_LEAST_COLUMNS,
  SEEK_TEXT_COLUMNS,
  seekCells,
  seriesLine,
} from './terminal-charts.ts';
import { bar, visible, wrap } from './terminal-text.ts';

const BAR_WIDTH = 32;
const MAP_ROWS = 12;
/** Of each of several maps. */
const SMALL_MAP_ROWS = 8;
/** Streams whose seek distances are shown. */
const SEEKS_SHOWN = 3;

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

const SEVERITY_WIDTH = 9;
const SEVERITIES: Readonly<Record<FindingItem['severity'], Role>> = {
  error: 'bad',
  warning: 'warning',
  note: 'note',
};

/** Severities in a first column; a command line follows its sentence, whole, to be copied. */
function findingLines({ items }: FindingsPart, width: number): string[] {
  return items.flatMap(({ severity, text: words, next }) => {
    const label = painted([severity], SEVERITIES[severity])[0];
    const lines = wrap(visible(words), width - SEVERITY_WIDTH).map((line, i) =>
      i === 0
        ? `${label}${' '.repeat(SEVERITY_WIDTH - severity.length)}${line}`
        : ' '.repeat(SEVERITY_WIDTH) + line,
    );
    const more =
      next === undefined
        ? []
        : [`${' '.repeat(SEVERITY_WIDTH)}${colors.dim(`$ ${visible(next)}`)}`];
    return [...lines, ...more];
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
    case 'findings':
      return findingLines(part, width);
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
