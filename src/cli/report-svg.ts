import type { AxisJson, GridJson } from '../node.ts';
import { count } from './format.ts';
import { axisEnds, rowLabel, shrink } from './report-chart.ts';
import { UNIT_SPACE } from './report-words.ts';

/** Text that is safe in HTML, since names of files and programs may hold anything; numbers stay with their units. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(UNIT_SPACE, '\u00a0');

const HEIGHT = 60;
/** Shades of a heat map, from few to many: the style sheet has their colours. */
const LEVELS = 7;
const MAP_WIDTH = 256;
const MAP_HEIGHT = 32;

const axisLine = ([first, last]: readonly [string, string]): string =>
  `<div class="x"><span>${escapeHtml(first)}</span><span>${escapeHtml(last)}</span></div>`;

/** A chart of bars that fill their width: one a bin, on a scale whose ends are named. `told` is said in words, beside the title. */
export function barChart(title: string, values: readonly number[], ends: readonly [string, string], told: string): string {
  const top = Math.max(...values, 0);
  if (top === 0) return '';
  const path = values
    .map((value, i) => (value === 0 ? '' : `M${i} ${HEIGHT}v${-((value / top) * HEIGHT).toFixed(1)}h1V${HEIGHT}z`))
    .join('');
  return `<figure><figcaption><b>${escapeHtml(title)}</b> <span>${escapeHtml(told)}</span></figcaption>
<svg viewBox="0 0 ${values.length} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(`${title}, ${told}`)}"><path class="bars" d="${path}"/></svg>
${axisLine(ends)}</figure>`;
}

/** A heat map whose shades go by the logarithm of the count; the highest row is on top. */
export function heatMap(title: string, grid: GridJson, axis: AxisJson): string {
  const { cells, first, high } = shrink(grid, MAP_WIDTH, MAP_HEIGHT);
  const most = Math.max(...cells.flat(), 0);
  const rows = cells[0]?.length ?? 0;
  if (most === 0) return '';
  const paths = Array.from({ length: LEVELS }, () => '');
  for (const [x, column] of cells.entries()) {
    for (const [y, value] of column.entries()) {
      if (value === 0) continue;
      const shade = Math.min(LEVELS - 1, Math.floor((Math.log1p(value) / Math.log1p(most)) * LEVELS));
      paths[shade] += `M${x} ${rows - 1 - y}h1v1h-1z`;
    }
  }
  const labels = [rows, Math.floor(rows / 2), 0].map((row) => `<span>${rowLabel(grid, first + row * high)}</span>`);
  const shades = paths.map((path, shade) => `<path class="l${shade}" d="${path}"/>`).join('');
  const key = Array.from({ length: LEVELS }, (_, shade) => `<i class="l${shade}"></i>`).join('');
  return `<figure class="map"><figcaption><b>${escapeHtml(title)}</b> <span class="key">1 ${key} ${count(Math.round(most))} a cell, log scale</span></figcaption>
<div class="plot"><div class="y">${labels.join('')}</div>
<svg viewBox="0 0 ${cells.length} ${rows}" preserveAspectRatio="none" shape-rendering="crispEdges" role="img" aria-label="${escapeHtml(title)}">${shades}</svg></div>
${axisLine(axisEnds(axis))}</figure>`;
}
