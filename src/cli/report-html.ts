import type {
  CompletionsJson,
  ReportJson,
  SizesJson,
  SubmissionsJson,
  VectorsJson,
} from '../node.ts';
import { bytes, count, plural, share } from './format.ts';
import { axisEnds } from './report-chart.ts';
import { latencyMap, latencySentences, opcodeTable } from './report-latency.ts';
import { barChart, escapeHtml, heatMap, STYLE } from './report-svg.ts';
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
import { capital, directWords, paragraph } from './report-words.ts';

/** Lists are cut to so many lines: `--json` has them whole. */
const LINES_MAX = 24;
/** Streams whose steps are drawn. */
const STEPS_SHOWN = 6;

const section = (title: string, ...parts: string[]): string => {
  const inner = parts.filter((part) => part !== '').join('\n');
  return inner === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${inner}</section>`;
};

const sentence = (text: string): string =>
  text === '' ? '' : `<p>${escapeHtml(capital(text))}.</p>`;
const note = (text: string): string => `<p class="dim">${escapeHtml(text)}</p>`;

/** A table that scrolls where it is too wide. */
function htmlTable({ heads, rows, words }: Table): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, row: readonly string[]) =>
    row
      .map(
        (text, i) => `<${tag}${words.includes(i) ? '' : ' class="n"'}>${escapeHtml(text)}</${tag}>`,
      )
      .join('');
  const more =
    rows.length > LINES_MAX
      ? `<p class="dim">${count(rows.length - LINES_MAX)} more; --json has them all</p>`
      : '';
  const body = rows.slice(0, LINES_MAX).map((row) => `<tr>${cells('td', row)}</tr>`);
  const head = heads.some((text) => text !== '')
    ? `<thead><tr>${cells('th', heads)}</tr></thead>`
    : '';
  return `<div class="scroll"><table>${head}<tbody>${body.join('\n')}</tbody></table></div>${more}`;
}

function patternSection(submissions: SubmissionsJson): string {
  const { streams } = submissions.patterns;
  if (streams.length === 0) return '';
  const steps = stepsOf(streams, STEPS_SHOWN).map(
    ({ name, back, none, on, near, far, runs: [median, longest] }) => {
      const ends =
        far === ''
          ? (['', ''] as const)
          : ([`${far} … ${near} back`, `${near} … ${far} on`] as const);
      const runs =
        longest === '–'
          ? ''
          : `sequential runs: ${median} in the median, ${longest} requests at most`;
      return barChart(`Steps of ${name}`, [...back, none, ...on], ends, runs);
    },
  );
  const charts =
    steps.length === 0
      ? ''
      : `${note('Steps go from the end of a request to the next, by powers of two; the bar in the middle is what follows at once.')}
<div class="charts">${steps.join('\n')}</div>`;
  return section(
    'Access pattern',
    htmlTable(streamTable(submissions, true)),
    note(streamNote(true)),
    charts,
  );
}

function sizesOf(title: string, sizes: SizesJson | undefined): string {
  if (sizes === undefined) return '';
  const rows = sizeRows(sizes, 10);
  const most = Math.max(...rows.map(([, n]) => n));
  const bars = rows.map(([label, n]) => {
    const bar = `<div><i style="width:${((100 * n) / most).toFixed(1)}%"></i></div>`;
    return `<span>${escapeHtml(label)}</span>${bar}<span>${escapeHtml(share(n, sizes.requests))}</span>`;
  });
  const drawn = rows.length === 1 ? '' : `<div class="sizes">${bars.join('\n')}</div>`;
  return `<div class="half"><h3>${title}</h3>${sentence(sizeWords(sizes))}${drawn}</div>`;
}

const vectorsOf = (title: string, vectors: VectorsJson | undefined): string =>
  vectors === undefined
    ? ''
    : `<div class="half"><h3>${title}</h3>${sentence(vectorWords(vectors))}</div>`;

const sizeSection = ({
  sizes: { reads, writes, readVectors, writeVectors },
}: SubmissionsJson): string =>
  section(
    'Sizes',
    sizesOf('Reads', reads) + sizesOf('Writes', writes),
    vectorsOf('Vectored reads', readVectors) + vectorsOf('Vectored writes', writeVectors),
  );

function offsetSection({ charts }: SubmissionsJson): string {
  const chart = charts.time ?? charts.index;
  if (chart === undefined) return '';
  const clipped =
    chart.offsets.clipped > 0
      ? note(`${plural(chart.offsets.clipped, 'request')} at 64 TiB or beyond left out`)
      : '';
  return section(
    'Where requests went',
    heatMap('Offsets over time, all descriptors', chart.offsets, chart.axis),
    clipped,
  );
}

function timeSection(report: ReportJson): string {
  const series = seriesOf(report);
  if (series.length === 0) return '';
  const charts = series.map((each) => {
    return barChart(
      each.title,
      shownOf(each.values, each.over),
      axisEnds(each.axis),
      `peak ${peakOf(each)}`,
    );
  });
  return section(
    'Over time',
    sentence(binWords(series)),
    `<div class="charts">${charts.join('\n')}</div>`,
  );
}

function latencySection(report: ReportJson): string {
  const { matched } = report;
  if (matched === undefined) return '';
  const map = latencyMap(report);
  return section(
    'Latency and depth',
    ...latencySentences(matched).map(sentence),
    htmlTable(opcodeTable(matched.figures)),
    map === undefined ? '' : heatMap('Latency over time', map.map, map.axis),
  );
}

function resultSection(completions: CompletionsJson, isPolls: boolean): string {
  const { records, failed, impossible, sizes } = completions;
  const odd = impossible > 0 ? `; ${count(impossible)} have a result that no kernel gives` : '';
  const told = `${plural(records, 'completion')}, ${count(failed)} failed (${share(failed, records)})${odd}`;
  return section(
    'Results',
    sentence(told),
    htmlTable(errorTable(completions)),
    isPolls ? '' : sizesOf('Results from 0 up', sizes),
  );
}

function alignmentSection(submissions: SubmissionsJson): string {
  if (submissions.alignment.satisfied === null) return '';
  return section(
    'Alignment',
    `<p>${escapeHtml(directWords(submissions.alignment))}</p>`,
    htmlTable(alignmentTable(submissions)),
  );
}

/** The sections on submissions that come before the others. */
function requestSections(submissions: SubmissionsJson | undefined): string[] {
  if (submissions === undefined) return [];
  return [patternSection(submissions), sizeSection(submissions), offsetSection(submissions)];
}

function flushSections({ flushes, poll }: SubmissionsJson): string[] {
  return [
    flushes.length === 0
      ? ''
      : section('Flushes', htmlTable(flushTable(flushes)), note(FLUSH_NOTE)),
    poll === undefined
      ? ''
      : section('Poll', sentence(pollWords(poll)), htmlTable(pollTable(poll))),
  ];
}

function fileSection({ inputs }: ReportJson): string {
  const rows = inputs.map(({ file, kind, records, bytes: length, tornBytes }) => {
    return [
      file,
      kind,
      count(records),
      bytes(length),
      tornBytes === 0 ? '–' : plural(tornBytes, 'byte'),
    ];
  });
  return section(
    'Files',
    htmlTable({ heads: ['file', 'kind', 'records', 'size', 'torn'], rows, words: [0, 1] }),
  );
}

/** A report as one HTML file that needs nothing else: charts are inline SVG, and there are no scripts. */
export function reportHtml(report: ReportJson): string {
  const { submissions, completions, rings, inputs, unmatched } = report;
  const isPolls =
    submissions?.poll !== undefined && submissions.poll.requests === submissions.records;
  const title = `aioscope report: ${inputs.map(({ file }) => file.split('/').at(-1)).join(', ')}`;
  const parts = [
    `<p class="lead">${escapeHtml(paragraph(report))}</p>`,
    unmatched === undefined ? '' : note(`Not matched: ${unmatched}`),
    ...requestSections(submissions),
    latencySection(report),
    timeSection(report),
    submissions === undefined ? '' : alignmentSection(submissions),
    completions === undefined ? '' : resultSection(completions, isPolls),
    ...(submissions === undefined ? [] : flushSections(submissions)),
    section('Distinct', htmlTable({ heads: ['', ''], rows: distinctRows(report), words: [0, 1] })),
    rings === undefined
      ? ''
      : section('Rings', htmlTable(ringTable(rings.images)), ...ringWords(report).map(sentence)),
    fileSection(report),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>
${parts.filter((part) => part !== '').join('\n')}
<footer>aioscope ${report.version}, engine ${report.engine}</footer></main></body></html>
`;
}
