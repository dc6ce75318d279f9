// A heat map over time or over the index of records. Shades follow the logarithm of the count.
import { useMemo } from 'preact/hooks';
import { type MapPart, scaleEnds } from '../../words/section.ts';
import { shownText } from '../views/parts/words.tsx';
import { BinsChart } from './bins-chart.tsx';
import type { Surface } from './canvas.tsx';
import type { FigureProps } from './figure.tsx';
import {
  COLUMN_HEADS,
  cellsOf,
  clippedText,
  labeledRows,
  type MapCells,
  mapReadout,
  mapRows,
  mapSentence,
} from './map.ts';
import { type Rgb, ramp, shadeOf } from './ramp.ts';
import type { Bins, Plot } from './scale.ts';
import { type Palette, usePalette } from './theme.ts';
import type { BrushProps } from './use-brush.ts';

interface HeatMapProps extends FigureProps, BrushProps {
  /** As it is shown: names of programs keep their case. */
  readonly title: string;
  readonly part: Pick<MapPart, 'axis' | 'grid'>;
  /** In CSS pixels. */
  readonly height?: number;
}

const LEVELS = 64;
const RAMPS = { light: ramp(LEVELS, 'light'), dark: ramp(LEVELS, 'dark') };

/** The cells as an image of one pixel each, the highest row on top. */
function imageOf({ cells, most, rows }: MapCells, colors: readonly Rgb[]) {
  if (rows === 0) return undefined;
  const canvas = document.createElement('canvas');
  canvas.width = cells.length;
  canvas.height = rows;
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  const image = context.createImageData(cells.length, rows);
  for (const [x, column] of cells.entries()) {
    for (const [y, count] of column.entries()) {
      if (!(count > 0)) continue;
      const at = 4 * ((rows - 1 - y) * cells.length + x);
      image.data.set([...colors[shadeOf(count, most, LEVELS)], 255], at);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function drawCells(
  { context }: Surface,
  { left, top, width, height }: Plot,
  [from, to]: Bins,
  image: HTMLCanvasElement | undefined,
): void {
  if (image === undefined) return;
  context.imageSmoothingEnabled = false;
  context.drawImage(image, from, 0, to - from, image.height, left, top, width, height);
}

const cssOf = ([red, green, blue]: Rgb): string => `rgb(${red} ${green} ${blue})`;

function ScaleKey({ most, theme }: { readonly most: number; readonly theme: Palette['theme'] }) {
  const [least, greatest] = scaleEnds(most);
  const stops = RAMPS[theme].filter((_, level) => level % 9 === 0).map(cssOf);
  return (
    <span class="legend">
      {least}{' '}
      <i class="ramp" style={{ background: `linear-gradient(90deg, ${stops.join(', ')})` }} />{' '}
      {greatest}
    </span>
  );
}

/** A heat map of a map part. */
export function HeatMap({ part, height = 240, ...common }: HeatMapProps) {
  const { title } = common;
  const { axis, grid } = part;
  const { theme } = usePalette();
  const drawn = useMemo(() => cellsOf(grid), [grid]);
  const image = useMemo(() => imageOf(drawn, RAMPS[theme]), [drawn, theme]);
  const label = useMemo(() => mapSentence(shownText(title), axis, grid), [title, axis, grid]);
  const marks = labeledRows(drawn.rows, Math.floor(height / 40)).map((row) => ({
    label: drawn.labelOf(row),
    share: row / Math.max(1, drawn.rows),
  }));
  const left = clippedText(grid);
  const detail = (
    <>
      <ScaleKey most={drawn.most} theme={theme} />
      {left !== '' && <span class="legend">{left}</span>}
    </>
  );
  return (
    <BinsChart
      {...common}
      {...{ axis, height, marks, label, detail }}
      paint={(surface, plot, view) => drawCells(surface, plot, view, image)}
      readout={(shown) => mapReadout(axis, grid, shown)}
      heads={COLUMN_HEADS}
      rows={() => mapRows(axis, grid)}
    />
  );
}
