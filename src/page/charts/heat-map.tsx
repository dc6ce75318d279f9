// A heat map over time or over the index of records. Shades follow the logarithm of the count.
import { useMemo, useState } from 'preact/hooks';
import { type MapPart, scaleEnds } from '../../words/section.ts';
import { shownText } from '../views/parts/words.tsx';
import { drawBottomAxis, drawBrush, drawLeftAxis } from './axes.ts';
import type { Surface } from './canvas.tsx';
import { Figure, type FigureProps } from './figure.tsx';
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
import { BRUSH_HINT, PlotArea } from './plot-area.tsx';
import { type Rgb, ramp, shadeOf } from './ramp.ts';
import { type Bins, type Plot, plotOf } from './scale.ts';
import { type Palette, usePalette } from './theme.ts';
import { type BrushProps, shownBins, useBrush } from './use-brush.ts';

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
export function HeatMap({ figure, help, title, part, height = 240, ...brushed }: HeatMapProps) {
  const { axis, grid } = part;
  const palette = usePalette();
  const [width, setWidth] = useState(0);
  const drawn = useMemo(() => cellsOf(grid), [grid]);
  const image = useMemo(() => imageOf(drawn, RAMPS[palette.theme]), [drawn, palette.theme]);
  const label = useMemo(() => mapSentence(shownText(title), axis, grid), [title, axis, grid]);
  const marks = labeledRows(drawn.rows, Math.floor(height / 40)).map((row) => ({
    label: drawn.labelOf(row),
    share: row / Math.max(1, drawn.rows),
  }));
  const plot = plotOf(
    width,
    height,
    marks.map(({ label }) => label),
  );
  const brush = useBrush(axis, plot, brushed);
  const { state, view, selected } = brush;
  const draw = (surface: Surface) => {
    drawLeftAxis(surface, plot, marks, palette);
    drawCells(surface, plot, view, image);
    drawBottomAxis(surface, plot, axis, view, palette);
    drawBrush(surface, plot, view, { selected, cursor: state.cursor }, palette);
  };
  const shown = shownBins(brush);
  const left = clippedText(grid);
  const detail = (
    <>
      <ScaleKey most={drawn.most} theme={palette.theme} />
      {left !== '' && <span class="legend">{left}</span>}
    </>
  );
  const name = axis.unit === 'ns' ? 'from' : 'from record';
  const table = { heads: [name, ...COLUMN_HEADS], rows: () => mapRows(axis, grid) };
  return (
    <Figure figure={figure} help={help} title={title} detail={detail} table={table}>
      <PlotArea
        title={title}
        label={label}
        height={height}
        axis={axis}
        brush={brush}
        draw={draw}
        onWidth={setWidth}
        readout={shown === undefined ? '' : mapReadout(axis, grid, shown)}
        hint={brushed.onBrush === undefined ? '' : BRUSH_HINT}
      />
    </Figure>
  );
}
