// The cursor, the selection and the bins in view of a chart, moved by pointer and keys.
import { useEffect, useRef, useState } from 'preact/hooks';
import { type BrushState, fit, pressed, selectionOf, viewOf } from './brush.ts';
import { type Axis, type Bins, binAt, binsBetween, type Plot } from './scale.ts';

/** What a chart over bins may be told, and may tell. */
export interface BrushProps {
  /** The bins that are selected: `from` … `to - 1`. */
  readonly selection?: Bins | undefined;
  /** Is called with the bins that the reader has selected: `from` … `to - 1`. */
  readonly onBrush?: ((from: number, to: number) => void) | undefined;
  /** Is called where Escape has nothing to undo in the chart itself. */
  readonly onBack?: (() => void) | undefined;
}

/** A pointer that moved less than this was not dragged, in CSS pixels. */
const DRAG = 4;

type Element = HTMLElement;

const placeOf = (event: PointerEvent): number =>
  event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;

export interface Brush {
  readonly state: BrushState;
  readonly view: Bins;
  /** What is drawn as selected. */
  readonly selected: Bins | undefined;
  readonly handlers: Readonly<
    Record<'onPointerDown' | 'onPointerMove' | 'onPointerUp', (event: PointerEvent) => void>
  > & {
    readonly onPointerLeave: () => void;
    readonly onPointerCancel: () => void;
    readonly onKeyDown: (event: KeyboardEvent) => void;
  };
}

/** The state of a brush over an axis. `plot` is where its bins are drawn. */
export function useBrush(
  { unit, from, step, bins }: Axis,
  plot: Plot,
  { selection, onBrush, onBack }: BrushProps,
): Brush {
  const [kept, setState] = useState<BrushState>({});
  const begin = useRef<number | undefined>(undefined);
  // Bins of another axis are others.
  useEffect(() => setState({}), [unit, from, step]);
  const state = fit(kept, bins);
  const view = viewOf(state, bins);
  const drag = (event: PointerEvent): Bins | undefined => {
    const [first, x] = [begin.current, placeOf(event)];
    if (first === undefined || Math.abs(x - first) < DRAG) return undefined;
    return binsBetween(first, x, plot, view);
  };
  const onPointerMove = (event: PointerEvent) => {
    const cursor = binAt(placeOf(event), plot, view);
    const dragged = onBrush === undefined ? undefined : drag(event);
    const [first, end] = dragged ?? [];
    const anchor = cursor === first && end !== undefined ? end - 1 : first;
    // A pointer that passes does not undo what keys have selected.
    if (begin.current === undefined && state.anchor !== undefined) return;
    if (cursor !== state.cursor || anchor !== state.anchor) setState({ ...state, cursor, anchor });
  };
  const clear = () => {
    if (begin.current !== undefined) return;
    if (state.anchor === undefined) setState({ view: state.view });
  };
  const handlers = {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0 || bins === 0) return;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      begin.current = placeOf(event);
      setState({ ...state, anchor: undefined, cursor: binAt(begin.current, plot, view) });
    },
    onPointerMove,
    onPointerUp: (event: PointerEvent) => {
      const dragged = drag(event);
      begin.current = undefined;
      if (dragged === undefined || onBrush === undefined) return;
      setState({ cursor: state.cursor });
      onBrush(...dragged);
    },
    onPointerLeave: clear,
    onPointerCancel: () => {
      begin.current = undefined;
      setState({ view: state.view });
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const next = pressed(state, event.key, event.shiftKey, bins);
      if (next === undefined || (next.isBack && onBack === undefined)) return;
      event.preventDefault();
      event.stopPropagation();
      setState(next.state);
      if (next.isBack) onBack?.();
      if (next.chosen !== undefined) onBrush?.(...next.chosen);
    },
  };
  return { state, view, selected: selectionOf(state) ?? selection, handlers };
}

/** The bins that a readout is of: those being selected, or the one at the cursor. */
export function shownBins({ state: { anchor, cursor }, selected }: Brush): Bins | undefined {
  if (anchor !== undefined) return selected;
  return cursor === undefined ? undefined : [cursor, cursor + 1];
}
