import type { AxisJson, GridJson } from '../node.ts';
import { bytes, count, duration } from './format.ts';
import { colors } from './output.ts';

const BARS = ' ▁▂▃▄▅▆▇█';
const SHADES = ' ░▒▓█';
/** From few to many. */
const TINTS: readonly ((text: string) => string)[] = [(text) => text, colors.blue, colors.cyan, colors.yellow, colors.red];

/** Fewer numbers, each the sum of neighbours: no more than `width`. */
function squeeze(values: readonly number[], width: number): number[] {
  const step = Math.max(1, Math.ceil(values.length / width));
  return Array.from({ length: Math.ceil(values.length / step) }, (_, i) =>
    values.slice(i * step, (i + 1) * step).reduce((sum, value) => sum + value, 0),
  );
}

/** Which of `levels` a value is, as a part of the most: 0 is kept for nothing. */
const level = (value: number, most: number, levels: number): number =>
  value <= 0 || most <= 0 ? 0 : Math.max(1, Math.min(levels, Math.ceil((value / most) * levels)));

/** A line of bars, as high as their values. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = squeeze(values, width);
  const most = Math.max(...shown, 0);
  return shown.map((value) => BARS[level(value, most, BARS.length - 1)]).join('');
}

/** What row `row` of a map begins at. */
export function rowLabel({ rows }: GridJson, row: number): string {
  const from = rows.scale === 'linear' ? row * Number(rows.step) : row === 0 ? 0 : 2 ** (row - 1);
  return rows.unit === 'bytes' ? bytes(from) : duration(from);
}

/** A map with fewer cells, no more than asked for; `first` is the row of the map that its lowest begins at. */
export function shrink({ counts, rows }: GridJson, width: number, height: number) {
  const used = counts.flatMap((column) => column.flatMap((count, row) => (count > 0 ? [row] : [])));
  const top = used.reduce((most, row) => Math.max(most, row), 0) + 1;
  const first = rows.scale === 'linear' ? 0 : used.reduce((least, row) => Math.min(least, row), top - 1);
  const high = Math.max(1, Math.ceil((top - first) / height));
  const wide = Math.max(1, Math.ceil(counts.length / width));
  const cells = Array.from({ length: Math.ceil(counts.length / wide) }, (_, x) =>
    Array.from({ length: Math.ceil((top - first) / high) }, (_, y) => {
      let sum = 0;
      for (const column of counts.slice(x * wide, (x + 1) * wide)) {
        for (let row = first + y * high; row < first + (y + 1) * high; row++) sum += column[row] ?? 0;
      }
      return sum;
    }),
  );
  return { cells, first, high };
}

/** Both ends of a horizontal axis: time since its beginning, or indexes of records. */
export function axisEnds({ unit, bins, step, from }: AxisJson): readonly [first: string, last: string] {
  if (unit === 'ns') return ['0 s', duration(bins * Number(step))];
  return [`record ${count(from)}`, count(BigInt(from) + BigInt(bins) * BigInt(step))];
}

const LABEL_WIDTH = 9;

/** A heat map in characters, the highest row first, and its axis; shades go by the logarithm of the count. */
export function heatLines(grid: GridJson, axis: AxisJson, width: number, height: number): string[] {
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
    return `${colors.dim(rowLabel(grid, first + y * high).padStart(LABEL_WIDTH))} ${line.join('')}`.trimEnd();
  });
  const [begin, end] = axisEnds(axis);
  const scale = `${' '.repeat(LABEL_WIDTH + 1)}${begin}${end.padStart(Math.max(end.length + 1, cells.length - begin.length))}`;
  return [...lines, colors.dim(scale), colors.dim(`${' '.repeat(LABEL_WIDTH + 1)}${SHADES.slice(1)} 1 … ${count(top)} a cell, log scale`)];
}
