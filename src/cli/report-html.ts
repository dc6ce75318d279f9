import type { ReportJson, RequestsJson, ResultsJson, SizesJson } from '../node.ts';
import { bytes, count, duration, exactBytes, plural, share } from './format.ts';
import { latencyMap, latencySentences, OPCODE_HEADS, opcodeRows } from './report-latency.ts';
import { STYLE } from './report-style.ts';
import { barChart, escapeHtml, heatMap } from './report-svg.ts';
import { distinctText } from './report-text.ts';
import { capital, directWords, PATTERN_WORDS, paragraph, who } from './report-words.ts';

/** Lists are cut to so many lines: `--json` has them whole. */
const LINES_MAX = 24;

const section = (title: string, ...parts: string[]): string => {
  const inner = parts.filter((part) => part !== '').join('\n');
  return inner === '' ? '' : `<section><h2>${escapeHtml(title)}</h2>\n${inner}</section>`;
};

const paragraphOf = (text: string): string => `<p>${escapeHtml(text)}</p>`;

/** A table that scrolls where it is too wide; the columns in `left` are words. */
function htmlTable(heads: readonly string[], rows: readonly (readonly string[])[], left: readonly number[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, row: readonly string[]) =>
    row.map((text, i) => `<${tag}${left.includes(i) ? '' : ' class="n"'}>${escapeHtml(text)}</${tag}>`).join('');
  const more = rows.length > LINES_MAX ? `<p class="dim">${count(rows.length - LINES_MAX)} more; --json has them all</p>` : '';
  const body = rows.slice(0, LINES_MAX).map((row) => `<tr>${cells('td', row)}</tr>`);
  return `<div class="scroll"><table><thead><tr>${cells('th', heads)}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>${more}`;
}

function patternSection({ patterns: { streams }, records }: RequestsJson): string {
  const rows = [...streams]
    .sort((a, b) => b.requests - a.requests)
    .map((stream) => {
      const { fd, direction, vectored, requests, classes, sequential8, pattern } = stream;
      const followed = requests - 1;
      const seq = vectored ? ['–', '–'] : [share(classes.sequential, followed), share(sequential8, followed)];
      const place = [who(stream), `${fd}`, vectored ? `${direction}v` : direction, count(requests), share(requests, records)];
      return [...place, ...seq, share(classes.strided, followed), share(classes.random, followed), PATTERN_WORDS[pattern]];
    });
  const heads = ['who', 'fd', '', 'requests', 'of all', 'sequential', 'to one of 8', 'strided', 'random', 'mostly'];
  return section('Access pattern', htmlTable(heads, rows, [0, 2, 9]));
}

function sizesOf(title: string, sizes: SizesJson | undefined): string {
  if (sizes === undefined) return '';
  const { requests, bytes: total, percentiles: p, common } = sizes;
  const bound = p.errorMax > 0 ? ` (±${(100 * p.errorMax).toFixed(1)} %)` : '';
  const most = common[0]?.count ?? 1;
  const bars = common.slice(0, 10).map(({ size, count: n }) => {
    const label = `<span>${escapeHtml(exactBytes(BigInt(size)))}</span>`;
    return `${label}<div><i style="width:${((100 * n) / most).toFixed(1)}%"></i></div><span>${share(n, requests)}</span>`;
  });
  const figures = `${bytes(total)} in ${count(requests)}; p50 ${bytes(p.p50)}, p90 ${bytes(p.p90)}, p99 ${bytes(p.p99)}${bound}`;
  return `<div class="half"><h3>${title}</h3>${paragraphOf(figures)}<div class="sizes">${bars.join('\n')}</div></div>`;
}

function alignmentSection({ alignment }: RequestsJson): string {
  const rows = alignment.granularities.map(({ bytes: size, offsetOrLength, buffer, firstIndex }) => {
    return [`${size} B`, count(offsetOrLength), count(buffer), firstIndex === null ? '–' : `${firstIndex}`];
  });
  const heads = ['granularity', 'offset or length breaks it', 'buffer breaks it', 'first record'];
  return section('Alignment', paragraphOf(directWords(alignment)), htmlTable(heads, rows, []));
}

function timeSection({ submissions, completions }: ReportJson): string {
  const asked = submissions?.charts.time ?? submissions?.charts.index;
  const done = completions?.charts.time ?? completions?.charts.index;
  const figures = [
    ['Reads', asked?.axis, asked?.reads, count],
    ['Writes', asked?.axis, asked?.writes, count],
    ['Read bytes asked for', asked?.axis, asked?.readBytes.map(Number), bytes],
    ['Write bytes asked for', asked?.axis, asked?.writeBytes.map(Number), bytes],
    ['Completions', done?.axis, done?.completions, count],
    ['Sum of results', done?.axis, done?.bytes.map(Number), bytes],
    ['Errors', done?.axis, done?.errors, count],
  ] as const;
  const charts = figures.map(([title, axis, values, unit]) => {
    if (axis === undefined || values === undefined) return '';
    const most = Math.max(...values, 0);
    const peak = axis.unit === 'ns' ? `${unit(Math.round((most / Number(axis.step)) * 1e9))}/s` : unit(most);
    return barChart(title, values, axis, peak);
  });
  const axis = asked?.axis ?? done?.axis;
  const bins =
    axis === undefined
      ? ''
      : `${axis.bins} bins of ${axis.unit === 'ns' ? duration(Number(axis.step)) : plural(Number(axis.step), 'record')}; peaks are of one bin.`;
  return section('Over time', paragraphOf(bins), `<div class="charts">${charts.join('\n')}</div>`);
}

function resultSection({ records, failed, impossible, errors, sizes }: ResultsJson): string {
  const rows = errors.map(({ name, errno, count: n, firstIndex, lastIndex }) => {
    return [name ?? 'unassigned', `${errno}`, count(n), share(n, records), `${firstIndex}`, `${lastIndex}`];
  });
  const odd = impossible > 0 ? `; ${count(impossible)} have a result that no kernel gives` : '';
  const heads = ['name', 'errno', 'count', 'of all', 'first record', 'last record'];
  const told = `${count(records)} completions, ${count(failed)} failed (${share(failed, records)})${odd}`;
  return section('Results', paragraphOf(told), htmlTable(heads, rows, [0]), sizesOf('res from 0 up', sizes));
}

function distinctSection({ submissions, completions }: ReportJson): string {
  const rows: string[][] = [];
  if (submissions !== undefined) {
    const { distinct, eventfd, batches } = submissions;
    const least = distinct.blocks.left.vectored + distinct.blocks.left.longerThan16MiB > 0 ? 'at least ' : '';
    rows.push(['descriptors', distinctText(distinct.fds)]);
    rows.push([
      '4 KiB blocks touched',
      `${least}${distinctText(distinct.blocks)} (${least}${bytes(Math.round(distinct.blocks.count) * 4096)})`,
    ]);
    if (distinct.addresses !== undefined) rows.push(['addresses of iocbs', distinctText(distinct.addresses)]);
    if (eventfd.requests > 0) rows.push(['requests that signal an eventfd', share(eventfd.requests, submissions.records)]);
    if (batches !== undefined)
      rows.push(['records submitted at a time', `${batches.mean.toFixed(1)} in the mean, ${count(batches.max)} at most`]);
  }
  if (completions?.batches !== undefined)
    rows.push([
      'records reaped at a time',
      `${completions.batches.mean.toFixed(1)} in the mean, ${count(completions.batches.max)} at most`,
    ]);
  return section('Distinct', htmlTable(['', ''], rows, [0, 1]));
}

function ringSection({ rings }: ReportJson): string {
  if (rings === undefined) return '';
  const rows = rings.images.map(({ file, id, nr, head, tail, live, full }) => {
    return [file, `${id}`, count(nr), count(head), count(tail), `${count(live)}${full ? ' (full)' : ''}`];
  });
  const steps = rings.steps.map(({ from, to, completions, overwritten }) => {
    const least = overwritten > 0 ? 'at least ' : '';
    const lost = overwritten > 0 ? ', and events in between are in no image' : '';
    return paragraphOf(`${from} → ${to}: ${least}${plural(completions, 'completion')}${lost}`);
  });
  return section('Rings', htmlTable(['file', 'id', 'nr', 'head', 'tail', 'live'], rows, [0]), ...steps);
}

function latencySection(report: ReportJson): string {
  const { matched } = report;
  if (matched === undefined) return '';
  const map = latencyMap(report);
  return section(
    'Latency and depth',
    ...latencySentences(matched).map((sentence) => paragraphOf(`${capital(sentence)}.`)),
    htmlTable(OPCODE_HEADS, opcodeRows(matched.figures), [0]),
    map === undefined ? '' : heatMap('Latency over time', map.map, map.axis),
  );
}

/** A report as one HTML file that needs nothing else: charts are inline SVG, and there are no scripts. */
export function reportHtml(report: ReportJson): string {
  const { submissions, inputs } = report;
  const charts = submissions?.charts.time ?? submissions?.charts.index;
  const files = inputs.map(({ file, kind, records, bytes: size, tornBytes }) => {
    return [file, kind, count(records), bytes(size), tornBytes === 0 ? '–' : plural(tornBytes, 'byte')];
  });
  const title = `aioscope report: ${inputs.map(({ file }) => file.split('/').at(-1)).join(', ')}`;
  const parts = [
    `<p class="lead">${escapeHtml(paragraph(report))}</p>`,
    report.unmatched === undefined ? '' : `<p class="dim">Not matched: ${escapeHtml(report.unmatched)}</p>`,
    submissions === undefined ? '' : patternSection(submissions),
    section('Sizes', sizesOf('Reads', submissions?.sizes.reads) + sizesOf('Writes', submissions?.sizes.writes)),
    charts === undefined ? '' : section('Where requests went', heatMap('Offsets over time, all descriptors', charts.offsets, charts.axis)),
    latencySection(report),
    timeSection(report),
    submissions === undefined ? '' : alignmentSection(submissions),
    report.completions === undefined ? '' : resultSection(report.completions),
    distinctSection(report),
    ringSection(report),
    section('Files', htmlTable(['file', 'kind', 'records', 'size', 'torn'], files, [0, 1])),
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
