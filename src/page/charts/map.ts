// What a heat map shows, as cells and as words. Knows no DOM.
import { formatCount, formatQuantity } from '../../words/format.ts';
import { type MapPart, rowLabel, shrink } from '../../words/section.ts';
import { type Axis, type Bins, binText } from './scale.ts';
import { placeText, spanText } from './series.ts';

type Grid = MapPart['grid'];

/** More rows than these are drawn as sums of neighbors. */
const ROWS_MAX = 64;

/** What is drawn: a column per bin, the lowest row first. */
export interface MapCells {
  readonly cells: readonly (readonly number[])[];
  readonly most: number;
  readonly rows: number;
  /** The label of a row that is drawn; of `rows`, of the top. */
  readonly labelOf: (row: number) => string;
}

export function cellsOf(grid: Grid): MapCells {
  const { cells, first, high } = shrink(grid, grid.counts.length, ROWS_MAX);
  const most = cells.reduce((top, column) => Math.max(top, ...column), 0);
  const labelOf = (row: number) => rowLabel(grid, first + row * high);
  return { cells, most, rows: cells[0]?.length ?? 0, labelOf };
}

/** A few rows for labels: the lowest, the top, and some between them. */
export function labeledRows(rows: number, most: number): number[] {
  const step = Math.max(1, Math.ceil(rows / Math.max(1, most)));
  return Array.from({ length: Math.floor(rows / step) + 1 }, (_, i) => i * step);
}

/** How many values some bins have, and in which rows: the lowest, the fullest, the highest. */
export function columnOf({ counts }: Grid, [from, to]: Bins) {
  const sums: number[] = [];
  for (let bin = from; bin < Math.min(to, counts.length); bin++) {
    const column = counts[bin];
    while (sums.length < column.length) sums.push(0);
    for (let row = 0; row < column.length; row++) sums[row] += column[row];
  }
  let [count, lowest, fullest, highest] = [0, -1, -1, -1];
  for (const [row, value] of sums.entries()) {
    if (!(value > 0)) continue;
    count += value;
    if (lowest < 0) lowest = row;
    if (fullest < 0 || value > sums[fullest]) fullest = row;
    highest = row;
  }
  return { count, lowest, fullest, highest };
}

/** The cells of a table row: how many, and where the lowest, most and highest rows begin. */
function columnTexts(grid: Grid, bins: Bins): string[] {
  const { count, lowest, fullest, highest } = columnOf(grid, bins);
  const label = (row: number) => (row < 0 ? '–' : rowLabel(grid, row));
  return [formatCount(count), label(lowest), label(fullest), label(highest)];
}

export const COLUMN_HEADS = ['count', 'lowest from', 'most from', 'highest from'] as const;

export function mapReadout(axis: Axis, grid: Grid, bins: Bins): string {
  const [count, lowest, fullest, highest] = columnTexts(grid, bins);
  const place = placeText(axis, bins);
  if (lowest === '–') return `${place}: none`;
  return `${place}: ${count}, from ${lowest} to ${highest} and above, most from ${fullest}`;
}

/** The rows of the table of a map. */
export const mapRows = (axis: Axis, grid: Grid): string[][] =>
  Array.from({ length: axis.bins }, (_, bin) => [
    binText(axis, bin),
    ...columnTexts(grid, [bin, bin + 1]),
  ]);

/** What a map shows, in a sentence. */
export function mapSentence(title: string, axis: Axis, grid: Grid): string {
  const [count, lowest, fullest, highest] = columnTexts(grid, [0, axis.bins]);
  const values = `${count} values from ${lowest} to ${highest} and above, most from ${fullest}`;
  return `${title}, heat map ${spanText(axis)}: ${values}.`;
}

/** What the map leaves out, if anything. */
export const clippedText = ({ clipped }: Grid): string =>
  clipped === 0 ? '' : `${formatQuantity(clipped, 'value')} far above left out`;
