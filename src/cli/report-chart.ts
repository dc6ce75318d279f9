import type { AxisJson, GridJson } from '../node.ts';
import { count, duration } from './format.ts';
import { colors } from './output.ts';
import { size } from './report-words.ts';

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

/** Fewer numbers, no more than `width`, each the sum of what it covers; what two of them share is divided. */
export function squeeze(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  const sums: number[] = new Array(width).fill(0);
  const scale = width / values.length;
  for (const [i, value] of values.entries()) {
    const from = Math.floor(i * scale);
    // Rounded, since 3 * (1 / 3) may be less than 1.
    const border = Math.min(width - 1, Math.floor((i + 1) * scale + 1e-9));
    const inside = border === from ? 1 : Math.min(1, (border - i * scale) / scale);
    sums[from] += value * inside;
    sums[border] += value * (1 - inside);
  }
  return sums;
}

/** Which of `levels` a value is, as a part of the most: 0 is kept for nothing. */
const level = (value: number, most: number, levels: number): number =>
  value <= 0 || most <= 0 ? 0 : Math.max(1, Math.min(levels, Math.ceil((value / most) * levels)));

/** A line of bars, as high as their values. */
export function bars(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  return values.map((value) => BARS[level(value, most, BARS.length - 1)]).join('');
}

/** What row `row` of a map begins at. */
export function rowLabel({ rows }: GridJson, row: number): string {
  const from = rows.scale === 'linear' ? row * Number(rows.step) : row === 0 ? 0 : 2 ** (row - 1);
  return rows.unit === 'bytes' ? size(from) : duration(from);
}

/** A map with fewer cells, no more than asked for; `first` is the row of the map that its lowest begins at. */
export function shrink({ counts, rows }: GridJson, width: number, height: number) {
  const used = counts.flatMap((column) => column.flatMap((count, row) => (count > 0 ? [row] : [])));
  const top = used.reduce((most, row) => Math.max(most, row), 0) + 1;
  const first =
    rows.scale === 'linear' ? 0 : used.reduce((least, row) => Math.min(least, row), top - 1);
  const high = Math.max(1, Math.ceil((top - first) / height));
  const bands = Array.from({ length: Math.ceil((top - first) / high) }, (_, y) =>
    squeeze(
      counts.map((column) =>
        column
          .slice(first + y * high, first + (y + 1) * high)
          .reduce((sum, count) => sum + count, 0),
      ),
      width,
    ),
  );
  const cells = Array.from({ length: Math.min(width, counts.length) }, (_, x) =>
    bands.map((band) => band[x]),
  );
  return { cells, first, high };
}

/** Both ends of a horizontal axis: time since its beginning, or indexes of records. */
export function axisEnds({
  unit,
  bins,
  step,
  from,
}: AxisJson): readonly [first: string, last: string] {
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
  return [
    ...lines,
    colors.dim(scale),
    colors.dim(
      `${' '.repeat(LABEL_WIDTH + 1)}${SHADES.slice(1)} 1 … ${count(Math.round(top))} a cell, log scale`,
    ),
  ];
}
