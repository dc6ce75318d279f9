// Draws axes, the cursor and the selection of a plot.
import type { Surface } from './canvas.tsx';
import { type Axis, type Bins, binLeft, binTicks, clamp, type Plot } from './scale.ts';
import type { Palette } from './theme.ts';

const FONT = '11px system-ui, "DejaVu Sans", sans-serif';
/** The room that a label of the horizontal axis gets, in CSS pixels. */
const LABEL_WIDTHS = { ns: 56, record: 84 } as const;

/** A label on the left axis, and how far up it is: 0 … 1. */
export interface Mark {
  readonly label: string;
  readonly share: number;
}

/** Labels and lines of the left axis, below what is drawn later. */
export function drawLeftAxis(
  { context, snap }: Surface,
  plot: Plot,
  marks: readonly Mark[],
  { colors }: Palette,
): void {
  context.font = FONT;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const { label, share } of marks) {
    const y = plot.top + plot.height * (1 - share);
    context.fillStyle = colors.line;
    context.fillRect(plot.left, snap(y), plot.width, 1);
    context.fillStyle = colors.dim;
    context.fillText(label, plot.left - 6, clamp(y, 6, plot.top + plot.height - 4));
  }
}

/** The horizontal axis with its ticks. */
export function drawBottomAxis(
  { context, width, snap }: Surface,
  plot: Plot,
  axis: Axis,
  view: Bins,
  { colors }: Palette,
): void {
  const base = plot.top + plot.height;
  context.fillStyle = colors.dim;
  context.fillRect(plot.left, snap(base), plot.width, 1);
  context.font = FONT;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  const ticks = binTicks(axis, view, Math.max(2, Math.floor(plot.width / LABEL_WIDTHS[axis.unit])));
  for (const { value, label } of ticks) {
    const x = binLeft(value, plot, view);
    context.fillRect(snap(x), base, 1, 4);
    const half = context.measureText(label).width / 2;
    context.fillText(label, clamp(x, half, width - half), base + 6);
  }
}

/** What is selected, and where the cursor is, above what was drawn before. */
export function drawBrush(
  { context, snap }: Surface,
  plot: Plot,
  view: Bins,
  {
    selected,
    cursor,
  }: { readonly selected: Bins | undefined; readonly cursor: number | undefined },
  { colors }: Palette,
): void {
  const at = (bin: number) =>
    snap(clamp(binLeft(bin, plot, view), plot.left, plot.left + plot.width));
  if (selected !== undefined && selected[1] > view[0] && selected[0] < view[1]) {
    const [from, to] = selected.map(at);
    context.fillStyle = colors.accent;
    context.globalAlpha = 0.16;
    context.fillRect(from, plot.top, Math.max(1, to - from), plot.height);
    context.globalAlpha = 1;
    context.fillRect(from, plot.top, 1, plot.height);
    context.fillRect(Math.max(from, to - 1), plot.top, 1, plot.height);
  }
  if (cursor === undefined || cursor < view[0] || cursor >= view[1]) return;
  context.strokeStyle = colors.ink;
  context.lineWidth = 1;
  const [from, to] = [at(cursor), at(cursor + 1)];
  context.strokeRect(from - 0.5, plot.top + 0.5, Math.max(2, to - from) + 1, plot.height - 1);
}
