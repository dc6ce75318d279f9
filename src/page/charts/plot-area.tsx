// A drawing over an axis of bins with its cursor, and the words for what is under it.
import { Canvas, type Surface } from './canvas.tsx';
import { type Axis, binText } from './scale.ts';
import type { Brush } from './use-brush.ts';

interface PlotAreaProps {
  readonly title: string;
  readonly label: string;
  readonly height: number;
  readonly axis: Axis;
  readonly brush: Brush;
  readonly draw: (surface: Surface) => void;
  readonly onWidth: (width: number) => void;
  /** The words for the bin at the cursor, or for the selection. */
  readonly readout: string;
  /** Shown where there is no cursor. */
  readonly hint: string;
}

/** What can be done where bins can be selected. */
export const BRUSH_HINT = 'Drag, or Shift and arrow keys, to select a range';

export function PlotArea(props: PlotAreaProps) {
  const { title, label, height, axis, brush, draw, onWidth, readout, hint } = props;
  const { cursor = 0 } = brush.state;
  return (
    <>
      <div class="plot">
        <Canvas draw={draw} label={label} height={height} onWidth={onWidth} />
        <div
          class="brush"
          role="slider"
          tabIndex={0}
          aria-label={`Cursor on ${title}`}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, axis.bins - 1)}
          aria-valuenow={cursor}
          aria-valuetext={binText(axis, cursor)}
          {...brush.handlers}
        />
      </div>
      <p class="readout" aria-live="polite">
        {readout === '' ? <span class="hint">{hint}</span> : readout}
      </p>
    </>
  );
}
