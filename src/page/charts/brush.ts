// What keys and drags do to the cursor, the selection and the bins in view. Knows no DOM.
import { type Bins, clamp } from './scale.ts';

/** Where the reader is on an axis. */
export interface BrushState {
  /** The bin that is looked at. */
  readonly cursor?: number | undefined;
  /** The bin where a selection began, which goes to the cursor. */
  readonly anchor?: number | undefined;
  /** The bins in view; all if undefined. */
  readonly view?: Bins | undefined;
}

/** What a key does; undefined where the chart does not use it. */
export interface BrushStep {
  readonly state: BrushState;
  /** Bins that were chosen. */
  readonly chosen?: Bins;
  readonly isBack?: boolean;
}

export const viewOf = ({ view }: BrushState, bins: number): Bins => view ?? [0, bins];

/** The bins between the anchor and the cursor, both included. */
export function selectionOf({ anchor, cursor }: BrushState): Bins | undefined {
  if (anchor === undefined || cursor === undefined) return undefined;
  return [Math.min(anchor, cursor), Math.max(anchor, cursor) + 1];
}

/** The state with the cursor moved into an axis of `bins`, for instance after it became shorter. */
export function fit(state: BrushState, bins: number): BrushState {
  const inside = (bin: number | undefined) =>
    bin === undefined || bins === 0 ? undefined : clamp(bin, 0, bins - 1);
  const { view } = state;
  const isLost = view !== undefined && view[1] > bins;
  return {
    cursor: inside(state.cursor),
    anchor: inside(state.anchor),
    view: isLost ? undefined : view,
  };
}

/** The view moved as little as shows the bin. */
function following(view: Bins | undefined, bin: number): Bins | undefined {
  if (view === undefined || (bin >= view[0] && bin < view[1])) return view;
  const width = view[1] - view[0];
  return bin < view[0] ? [bin, bin + width] : [bin + 1 - width, bin + 1];
}

/** The fewest bins that a view is narrowed to. */
const LEAST = 4;

/** The view narrowed to a half, or widened to twice as much, about the cursor. */
function zoomed(state: BrushState, bins: number, isIn: boolean): BrushState {
  const [from, to] = viewOf(state, bins);
  const cursor = state.cursor ?? Math.floor((from + to) / 2);
  const width = isIn
    ? Math.max(Math.min(LEAST, bins), Math.ceil((to - from) / 2))
    : 2 * (to - from);
  if (width >= bins) return { ...state, cursor, view: undefined };
  // The cursor stays where it is on the screen.
  const share = (cursor + 0.5 - from) / (to - from);
  const first = clamp(Math.round(cursor + 0.5 - share * width), 0, bins - width);
  return { ...state, cursor, view: [first, first + width] };
}

/** Where an arrow key moves the cursor to; undefined for other keys. */
function target(state: BrushState, key: string, bins: number): number | undefined {
  const [from, to] = viewOf(state, bins);
  const page = Math.max(1, Math.round((to - from) / 10));
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageDown: -page,
    PageUp: page,
    Home: -bins,
    End: bins,
  };
  if (!Object.hasOwn(steps, key)) return undefined;
  // The first key shows the cursor where the view begins, or ends.
  const { cursor = steps[key] > 0 ? from - 1 : to } = state;
  return clamp(cursor + steps[key], 0, bins - 1);
}

/** What a key does on an axis of `bins`; undefined if nothing. */
export function pressed(
  state: BrushState,
  key: string,
  isShift: boolean,
  bins: number,
): BrushStep | undefined {
  if (bins === 0) return undefined;
  const cursor = target(state, key, bins);
  if (cursor !== undefined) {
    const anchor = isShift ? (state.anchor ?? state.cursor ?? cursor) : undefined;
    return { state: { cursor, anchor, view: following(state.view, cursor) } };
  }
  if (key === '+' || key === '=') return { state: zoomed(state, bins, true) };
  if (key === '-' || key === '_' || key === '−') return { state: zoomed(state, bins, false) };
  if (key === 'Escape') {
    const isClear = state.anchor === undefined && state.view === undefined;
    return isClear ? { state, isBack: true } : { state: { cursor: state.cursor } };
  }
  const chosen = selectionOf(state) ?? state.view;
  if (key !== 'Enter' || chosen === undefined) return undefined;
  return { state: { cursor: state.cursor }, chosen };
}
