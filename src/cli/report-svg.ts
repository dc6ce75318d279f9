// Charts of inline SVG, and the style sheet of a report.
import { UNIT_SPACE } from '../words/format.ts';
import { axisEnds, type MapPart, rowLabel, scaleEnds, shrink } from '../words/section.ts';
import { visible } from './terminal-text.ts';

/**
 * Text for HTML: names of files and programs may hold anything, also signs that reorder a line.
 * Numbers stay with their units.
 */
export const escapeHtml = (text: string): string =>
  visible(text)
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(UNIT_SPACE, '\u00a0');

const HEIGHT = 60;
/** Shades of a heat map, from few to many; the style sheet has their colors. */
const LEVELS = 7;
const MAP_WIDTH = 256;
const MAP_HEIGHT = 32;

const axisLine = ([first, last]: readonly [string, string]): string =>
  `<div class="x"><span>${escapeHtml(first)}</span><span>${escapeHtml(last)}</span></div>`;

/** Bars that fill their width, on an axis whose ends are named; `detail` follows the title. */
export function barChart(
  title: string,
  values: readonly number[],
  ends: readonly [string, string],
  detail: string,
): string {
  const top = Math.max(...values, 0);
  if (top === 0) return '';
  const path = values
    .map((value, i) =>
      value === 0 ? '' : `M${i} ${HEIGHT}v${-((value / top) * HEIGHT).toFixed(1)}h1V${HEIGHT}z`,
    )
    .join('');
  const label = escapeHtml(detail === '' ? title : `${title}, ${detail}`);
  const caption = `<b>${escapeHtml(title)}</b> <span>${escapeHtml(detail)}</span>`;
  const box = `viewBox="0 0 ${values.length} ${HEIGHT}" preserveAspectRatio="none"`;
  return `<figure><figcaption>${caption}</figcaption>
<svg ${box} role="img" aria-label="${label}"><path class="bars" d="${path}"/></svg>
${axisLine(ends)}</figure>`;
}

/** The cells of a heat map, one path per shade. */
function shadePaths(cells: readonly (readonly number[])[], most: number, rows: number): string {
  const paths = Array.from({ length: LEVELS }, () => '');
  for (const [x, column] of cells.entries()) {
    for (const [y, value] of column.entries()) {
      if (value === 0) continue;
      const depth = Math.log1p(value) / Math.log1p(most);
      paths[Math.min(LEVELS - 1, Math.floor(depth * LEVELS))] += `M${x} ${rows - 1 - y}h1v1h-1z`;
    }
  }
  return paths.map((path, shade) => `<path class="l${shade}" d="${path}"/>`).join('');
}

/** A heat map with the highest row on top. Shades follow the logarithm of the count. */
export function heatMap(title: string, { grid, axis, isWhole }: MapPart): string {
  const { cells, first, high } = shrink(grid, MAP_WIDTH, MAP_HEIGHT);
  const most = Math.max(...cells.flat(), 0);
  const rows = cells[0]?.length ?? 0;
  if (most === 0) return '';
  const labels = [rows, Math.floor(rows / 2), 0].map(
    (row) => `<span>${escapeHtml(rowLabel(grid, first + row * high))}</span>`,
  );
  const key = Array.from({ length: LEVELS }, (_, shade) => `<i class="l${shade}"></i>`).join('');
  const [least, greatest] = scaleEnds(most);
  const scale = `<span class="key">${least} ${key} ${greatest}</span>`;
  const caption = `${isWhole ? '' : `<b>${escapeHtml(title)}</b> `}${scale}`;
  const box = `viewBox="0 0 ${cells.length} ${rows}" preserveAspectRatio="none"`;
  const image = `shape-rendering="crispEdges" role="img" aria-label="${escapeHtml(title)}"`;
  return `<figure class="map"><figcaption>${caption}</figcaption>
<div class="plot"><div class="y">${labels.join('')}</div>
<svg ${box} ${image}>${shadePaths(cells, most, rows)}</svg></div>
${axisLine(axisEnds(axis))}</figure>`;
}

/** The style sheet: light and dark, and narrow enough for a phone. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --paper: #ffffff;
  --card: #f6f8fa; --line: #d8dee4; --bar: #2a6fbb; --error: #b42318; --warning: #8a5a00;
  --l0: #d5e6f6; --l1: #a9cdec; --l2: #79b1de; --l3: #4a92cd; --l4: #2a6fbb; --l5: #1b4f92;
  --l6: #103468; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --dim: #9aa4af; --paper: #0f1318;
  --card: #171c23; --line: #2c343d; --bar: #5b9fe0; --error: #ff8a7a; --warning: #e3b341;
  --l0: #16304f; --l1: #1c4676; --l2: #2461a1; --l3: #3a80c6; --l4: #62a3de; --l5: #98c5ec;
  --l6: #d6e9f9; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.15rem; overflow-wrap: anywhere; margin: 0 0 12px; color: var(--dim);
  font-weight: 600; }
h2 { font-size: 1.05rem; margin: 0 0 10px; } h3 { font-size: 0.95rem; margin: 8px 0 0; }
p { margin: 0 0 10px; } .list td:last-child { white-space: normal; }
.findings { list-style: none; margin: 8px 0 16px; padding: 0; }
.findings li { display: flex; gap: 12px; padding: 8px 0; border-top: 1px solid var(--line); }
.findings b { min-width: 68px; } .error b { color: var(--error); }
.warning b { color: var(--warning); } .note b { color: var(--dim); }
.findings code { display: block; color: var(--dim); font: 0.85rem ui-monospace, monospace;
  overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; margin: 0 0 16px; }
.scroll { overflow-x: auto; margin-bottom: 8px; }
  table { border-collapse: collapse; font-size: 0.9rem; }
th { text-align: left; color: var(--dim); font-weight: 500; }
  th, td { padding: 3px 18px 3px 0; white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
  .dim, footer { color: var(--dim); font-size: 0.85rem; }
figure { margin: 0 0 4px; min-width: 0; } figcaption { font-size: 0.9rem; margin-bottom: 4px; }
  figcaption span { color: var(--dim); }
svg { display: block; width: 100%; height: 72px; background: var(--paper);
  border: 1px solid var(--line); border-radius: 4px; }
.bars { fill: var(--bar); } .charts { display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 16px 24px; }
.plot { display: flex; gap: 8px; } .map svg { height: 260px; flex: 1; min-width: 0; }
  .charts .map svg { height: 160px; }
.y { display: flex; flex-direction: column; justify-content: space-between; text-align: right;
  min-width: 64px; }
.x { display: flex; justify-content: space-between; } .map .x { padding-left: 72px; }
  .x, .y { color: var(--dim); font-size: 0.8rem; }
.key i { display: inline-block; width: 14px; height: 10px; }
.half { display: inline-block; vertical-align: top; width: min(100%, 480px);
  padding: 0 24px 8px 0; }
.sizes { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px 10px;
  align-items: center; font-size: 0.9rem; }
.sizes span { text-align: right; font-variant-numeric: tabular-nums; }
  .sizes div { height: 12px; } .sizes i { display: block; height: 100%; min-width: 1px;
  background: var(--bar); border-radius: 2px; }
.l0 { fill: var(--l0); background: var(--l0); } .l1 { fill: var(--l1); background: var(--l1); }
  .l2 { fill: var(--l2); background: var(--l2); }
.l3 { fill: var(--l3); background: var(--l3); } .l4 { fill: var(--l4); background: var(--l4); }
  .l5 { fill: var(--l5); background: var(--l5); }
.l6 { fill: var(--l6); background: var(--l6); }
`;
