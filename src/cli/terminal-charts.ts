// Draws series, heat maps and seek distances with characters.
import {
  axisEnds,
  type MapPart,
  quotients,
  rowLabel,
  type Seeks,
  type Series,
  scaleEnds,
  shrink,
  squeeze,
} from '../words/section.ts';
import { colors } from './output.ts';

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
export const SEEK_HEADS = [...['seeks', 'distance', 'back │0│ forward', 'median run', 'longest']];
export const SEEK_TEXT_COLUMNS = [0, 2];
export const SEEK_LEAST_COLUMNS = 3;

/** The row of a stream: how far its requests seek, back, not at all, and forward. */
export function seekCells({ name, near, far, medianRun, longestRun, ...seeks }: Seeks): string[] {
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
export function seriesLine({ name, values, over, peak }: Series, width: number): string {
  const fitted = (each: readonly number[]) => squeeze(each, width - MARGIN);
  const line = bars(quotients(fitted(values), over && fitted(over)));
  return `${name.padEnd(NAME_WIDTH)}${line}  peak ${peak}`;
}

const LABEL_WIDTH = 9;

/** A heat map, the highest row first, and its axis. Shades follow the logarithm of the count. */
export function heatLines({ grid, axis }: MapPart, width: number, height: number): string[] {
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
