// Lays out a report as one HTML file.
import type { ReportJson } from '../node.ts';
import { PARTS } from '../trace-node.ts';
import {
  capitalize,
  formatBytes,
  formatCount,
  formatEngine,
  formatQuantity,
} from '../words/format.ts';
import { reportSections, type SectionName } from '../words/report.ts';
import { reportLead } from '../words/report-lead.ts';
import {
  axisEnds,
  type BarsPart,
  type Part,
  quotients,
  type Section,
  type SeeksPart,
  type TablePart,
  type TextPart,
  table,
  text,
} from '../words/section.ts';
import { reportSelectedText } from '../words/selected.ts';
import { absentParts, tornParts } from '../words/summary.ts';
import { barChart, escapeHtml, heatMap, STYLE } from './report-svg.ts';

/** Longer tables are cut; `--json` has all rows. */
const ROWS_MAX = 24;

/** The sections, in the order of the page. */
const ORDER: readonly SectionName[] = [
  ...(['pattern', 'sizes', 'offsets', 'latency', 'time', 'alignment', 'results'] as const),
  ...(['flushes', 'poll', 'distinct', 'rings'] as const),
];

/** A sentence as a paragraph, with its capital letter and its period. */
function paragraph({ text: words, role }: TextPart): string {
  if (role === 'note') return `<p class="dim">${escapeHtml(words)}</p>`;
  return `<p>${escapeHtml(capitalize(words))}${/[.?]$/.test(words) ? '' : '.'}</p>`;
}

/** A table that scrolls where it is too wide. */
function htmlTable({ heads, rows, textColumns }: Omit<TablePart, 'kind'>): string {
  const cells = (tag: string, row: readonly string[]) =>
    row
      .map((cell, i) => {
        const attribute = textColumns.includes(i) ? '' : ' class="n"';
        return `<${tag}${attribute}>${escapeHtml(cell)}</${tag}>`;
      })
      .join('');
  const left = rows.length - ROWS_MAX;
  const more = left > 0 ? `<p class="dim">${formatCount(left)} more, all in --json</p>` : '';
  const body = rows.slice(0, ROWS_MAX).map((row) => `<tr>${cells('td', row)}</tr>`);
  const hasHeads = heads.some((head) => head !== '');
  const head = hasHeads ? `<thead><tr>${cells('th', heads)}</tr></thead>` : '';
  const inner = `${head}<tbody>${body.join('\n')}</tbody>`;
  return `<div class="scroll"><table>${inner}</table></div>${more}`;
}

function htmlBars({ title = '', text: words = '', bars }: BarsPart): string {
  const most = Math.max(...bars.map(({ count }) => count));
  const rows = bars.map(({ label, count, share }) => {
    const drawn = `<div><i style="width:${((100 * count) / most).toFixed(1)}%"></i></div>`;
    return `<span>${escapeHtml(label)}</span>${drawn}<span>${escapeHtml(share)}</span>`;
  });
  // A single bar shows nothing that the sentence does not.
  const drawn = rows.length < 2 ? '' : `<div class="sizes">${rows.join('\n')}</div>`;
  const heading = `<h3>${escapeHtml(capitalize(title))}</h3>`;
  return `<div class="half">${heading}${paragraph(text(words))}${drawn}</div>`;
}

function htmlSeeks({ seeks }: SeeksPart): string {
  const charts = seeks.map(({ name, back, none, forward, near, far, ...runs }) => {
    const ends =
      far === ''
        ? (['', ''] as const)
        : ([`${far} … ${near} back`, `${near} … ${far} forward`] as const);
    const lengths =
      runs.longestRun === '–'
        ? ''
        : `requests per sequential run: median ${runs.medianRun}, longest ${runs.longestRun}`;
    return barChart(`Seeks of ${name}`, [...back, none, ...forward], ends, lengths);
  });
  return `<div class="charts">${charts.join('\n')}</div>`;
}

function htmlPart(part: Part, title: string): string {
  switch (part.kind) {
    case 'text':
      return paragraph(part);
    case 'table':
      return htmlTable(part);
    case 'bars':
      return htmlBars(part);
    case 'list': {
      const rows = part.items.map(({ name, text: words }) => [name, words]);
      return htmlTable({ heads: ['', ''], rows, textColumns: [0, 1] });
    }
    case 'seeks':
      return htmlSeeks(part);
    case 'series': {
      const charts = part.series.map((series) => {
        const values = quotients(series.values, series.over);
        const ends = axisEnds(series.axis);
        return barChart(capitalize(series.title), values, ends, `peak ${series.peak}`);
      });
      return `<div class="charts">${charts.join('\n')}</div>`;
    }
    case 'map':
      // Names of programs keep their case.
      return heatMap(
        part.isSmall ? part.title : capitalize(part.isWhole ? title : part.title),
        part,
      );
  }
}

function htmlSection({ title = '', parts }: Section): string {
  const inner = parts.map((part) => htmlPart(part, title)).filter((part) => part !== '');
  const areSmall = parts.some((part) => part.kind === 'map' && part.isSmall);
  const all = areSmall ? `<div class="charts">${inner.join('\n')}</div>` : inner.join('\n');
  return `<section><h2>${escapeHtml(capitalize(title))}</h2>\n${all}</section>`;
}

function fileSection({ inputs }: ReportJson): Section {
  const rows = inputs.map(({ file, kind, records, bytes, tornBytes }) => [
    file,
    kind,
    formatCount(records),
    formatBytes(bytes),
    tornBytes === 0 ? '–' : formatQuantity(tornBytes, 'byte'),
  ]);
  const heads = ['file', 'kind', 'records', 'size', 'partial record'];
  return { title: 'files', parts: table(heads, rows, [0, 1]) };
}

const HEAD = `<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">`;

/** The name of a file without its folders; of a part of a trace, that of the trace. */
function shortName(file: string): string {
  const [name = '', folder] = file.split('/').reverse();
  if (PART_FILES.includes(name) && folder !== undefined) return folder;
  const [pack = name, part] = name.split(':');
  return part !== undefined && PART_FILES.includes(part) ? pack : name;
}

const PART_FILES = Object.values(PARTS).map(({ file }) => file);

/**
 * The chosen sections of a report as one HTML file that loads nothing: charts are inline SVG,
 * without scripts.
 */
export function reportHtml(report: ReportJson, chosen: readonly SectionName[]): string {
  const { inputs, matchFailed, version } = report;
  const names = [...new Set(inputs.map(({ file }) => shortName(file)))].join(', ');
  const title = escapeHtml(`aioscope report: ${names}`);
  const sections = reportSections(report, true);
  const shown = ORDER.filter((name) => chosen.includes(name));
  const selected = reportSelectedText(report);
  const parts = [
    ...(selected === undefined ? [] : [paragraph(text(capitalize(selected)))]),
    `<p class="lead">${escapeHtml(reportLead(report))}</p>`,
    ...(matchFailed ? [paragraph(text(`Not matched: ${matchFailed.text}`, 'note'))] : []),
    ...[...absentParts(inputs), ...tornParts(inputs)].map(paragraph),
    ...[...shown.flatMap((name) => sections[name]), fileSection(report)].map(htmlSection),
  ];
  return `<!doctype html>
<html lang="en"><head>${HEAD}
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1>
${parts.join('\n')}
<footer>aioscope ${version}, ${escapeHtml(formatEngine(report))}</footer></main></body></html>
`;
}
