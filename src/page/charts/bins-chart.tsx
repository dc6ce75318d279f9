// What every chart over an axis of bins has: axes, a cursor, a selection, words for them, a table.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { drawBottomAxis, drawBrush, drawLeftAxis } from './axes.ts';
import { Canvas, type Surface } from './canvas.tsx';
import { Figure, type FigureProps } from './figure.tsx';
import { type Axis, type Bins, binText, type Plot, plotOf } from './scale.ts';
import { type Palette, usePalette } from './theme.ts';
import { type BrushProps, shownBins, useBrush } from './use-brush.ts';

/** Draws what a chart shows: the bins `view` into `plot`. */
type Paint = (surface: Surface, plot: Plot, view: Bins, palette: Palette) => void;

interface BinsChartProps extends FigureProps, BrushProps {
  readonly title: string;
  /** The title as it is shown; `title` unless given. */
  readonly caption?: string;
  readonly detail: ComponentChildren;
  /** The whole chart as a sentence. */
  readonly label: string;
  readonly axis: Axis;
  /** In CSS pixels. */
  readonly height: number;
  /** The marks of the left axis. */
  readonly marks: readonly { readonly label: string; readonly share: number }[];
  readonly paint: Paint;
  /** The words for bins: the one at the cursor, or those being selected. */
  readonly readout: (shown: Bins) => string;
  /** The heads of the numbers after that of the bins, and the rows. */
  readonly heads: readonly string[];
  readonly rows: () => readonly (readonly string[])[];
}

/** What can be done where bins can be selected. */
const BRUSH_HINT = 'Drag, or Shift and arrow keys, to select a range';

export function BinsChart(props: BinsChartProps) {
  const { figure, help, title, caption = title, detail, label, axis, height, marks } = props;
  const palette = usePalette();
  const [width, setWidth] = useState(0);
  const plot = plotOf(
    width,
    height,
    marks.map((mark) => mark.label),
  );
  const brush = useBrush(axis, plot, props);
  const { state, view, selected, handlers } = brush;
  const { cursor = 0 } = state;
  const draw = (surface: Surface) => {
    drawLeftAxis(surface, plot, marks, palette);
    props.paint(surface, plot, view, palette);
    drawBottomAxis(surface, plot, axis, view, palette);
    drawBrush(surface, plot, view, { selected, cursor: state.cursor }, palette);
  };
  const shown = shownBins(brush);
  const readout = shown === undefined ? '' : props.readout(shown);
  const heads = [axis.unit === 'ns' ? 'from' : 'from record', ...props.heads];
  return (
    <Figure {...{ figure, help, detail }} title={caption} table={{ heads, rows: props.rows }}>
      <div class="plot">
        <Canvas draw={draw} label={label} height={height} onWidth={setWidth} />
        <div
          class="brush"
          role="slider"
          tabIndex={0}
          aria-label={`Cursor on ${title}`}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, axis.bins - 1)}
          aria-valuenow={cursor}
          aria-valuetext={binText(axis, cursor)}
          {...handlers}
        />
      </div>
      <p class="readout" aria-live="polite">
        {readout === '' ? (
          <span class="hint">{props.onBrush === undefined ? '' : BRUSH_HINT}</span>
        ) : (
          readout
        )}
      </p>
    </Figure>
  );
}
