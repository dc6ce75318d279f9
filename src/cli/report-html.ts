// Lays out a report as one HTML file.
import type { ReportJson } from '../node.ts';
import { findingSections } from '../words/finding-section.ts';
import { describeFinding } from '../words/findings.ts';
import {
  capitalize,
  formatBytes,
  formatCount,
  formatEngine,
  formatQuantity,
} from '../words/format.ts';
import { overview, shortName } from '../words/overview.ts';
import { processSections } from '../words/process-table.ts';
import { reportSections, type SectionName } from '../words/report.ts';
import {
  axisEnds,
  type BarsPart,
  type FindingsPart,
  type Part,
  quotients,
  type Section,
  type SeeksPart,
  type TablePart,
  type TextPart,
  table,
  text,
} from '../words/section.ts';
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

/** Findings, each with the command line that shows more. */
function htmlFindings({ items }: FindingsPart): string {
  const rows = items.map(({ severity, text: words, next }) => {
    const more = next === undefined ? '' : `<code>${escapeHtml(next)}</code>`;
    const sentence = escapeHtml(capitalize(words));
    return `<li class="${severity}"><b>${severity}</b><div>${sentence}${more}</div></li>`;
  });
  return `<ul class="findings">${rows.join('\n')}</ul>`;
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
      const list = htmlTable({ heads: ['', ''], rows, textColumns: [0, 1] });
      return `<div class="list">${list}</div>`;
    }
    case 'findings':
      return htmlFindings(part);
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

/**
 * The chosen sections of a report as one HTML file that loads nothing: charts are inline SVG,
 * without scripts.
 */
export function reportHtml(
  report: ReportJson,
  files: readonly string[],
  chosen: readonly SectionName[],
): string {
  const { inputs, version } = report;
  const names = [...new Set(inputs.map(({ file }) => shortName(file)))].join(', ');
  const title = escapeHtml(`aioscope report: ${names}`);
  const sections = reportSections(report, true);
  const shown = ORDER.filter((name) => chosen.includes(name));
  const findings = findingSections(report.findings.map(describeFinding), files);
  const head = [overview(report), ...findings, ...processSections(report, false)];
  const parts = [
    ...head.flatMap((section) => section.parts.map((part) => htmlPart(part, ''))),
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
