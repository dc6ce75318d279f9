// Where a scrollbar of limited length is among any number of rows.

/** Browsers stop at 17.9 to 33.5 million pixels. */
export const HEIGHT_MAX = 8_000_000;

/** At both ends the scrollbar moves pixel by pixel: the first and the last row are exact. */
const EDGE = 100_000;

/** What is scrolled over, in pixels. */
export interface Extent {
  readonly rows: number;
  readonly rowHeight: number;
  /** The height in which rows are seen. */
  readonly viewport: number;
}

/**
 * Where a table is. `top` is exact: the whole pixels of rows above the first that is seen. `bar` is
 * where the scrollbar is, which small moves leave behind until `settle`.
 */
export interface Place {
  readonly top: number;
  readonly bar: number;
}

export const START: Place = { top: 0, bar: 0 };

const clamp = (value: number, last: number): number => Math.max(0, Math.min(last, value));

/** The greatest `top`: with it the last row is seen whole, at the bottom. */
export const topMax = ({ rows, rowHeight, viewport }: Extent): number =>
  Math.max(0, rows * rowHeight - viewport);

/** The height of what the browser scrolls. */
export const scrollHeight = ({ rows, rowHeight }: Extent): number =>
  Math.min(HEIGHT_MAX, rows * rowHeight);

const barMax = (extent: Extent): number => Math.max(0, scrollHeight(extent) - extent.viewport);

const isScaled = (extent: Extent): boolean => topMax(extent) > barMax(extent);

/** Pixels of rows per pixel of the scrollbar between the edges. */
const scaleOf = (extent: Extent): number =>
  (topMax(extent) - 2 * EDGE) / (barMax(extent) - 2 * EDGE);

/** Where the scrollbar belongs for a `top`. */
export function barOf(extent: Extent, top: number): number {
  const [last, lastBar] = [topMax(extent), barMax(extent)];
  if (!isScaled(extent) || top <= EDGE) return top;
  if (last - top <= EDGE) return lastBar - (last - top);
  return Math.round(EDGE + (top - EDGE) / scaleOf(extent));
}

/** What the scrollbar shows where it is. */
export function topOf(extent: Extent, bar: number): number {
  const [last, lastBar] = [topMax(extent), barMax(extent)];
  const at = clamp(Math.round(bar), lastBar);
  if (!isScaled(extent) || at <= EDGE) return at;
  if (lastBar - at <= EDGE) return last - (lastBar - at);
  return Math.round(EDGE + (at - EDGE) * scaleOf(extent));
}

/** Moves of the scrollbar up to this many viewports are those of a finger, not of the thumb. */
const SMALL_VIEWPORTS = 3;

/**
 * The browser has moved the scrollbar: a small move counts pixels of rows, exactly; a large one is
 * to another part of the file.
 */
export function onBar(extent: Extent, place: Place, bar: number): Place {
  const moved = bar - place.bar;
  if (!isScaled(extent) || Math.abs(moved) > SMALL_VIEWPORTS * extent.viewport)
    return { top: topOf(extent, bar), bar };
  return { top: clamp(place.top + Math.round(moved), topMax(extent)), bar };
}

/** Moves by pixels of rows, and the scrollbar with it. */
export function moveBy(extent: Extent, place: Place, pixels: number): Place {
  const top = clamp(place.top + Math.round(pixels), topMax(extent));
  return { top, bar: barOf(extent, top) };
}

/** Puts the scrollbar where it belongs; what is seen stays. Also where the extent has changed. */
export function settle(extent: Extent, { top }: Place): Place {
  const within = clamp(top, topMax(extent));
  return { top: within, bar: barOf(extent, within) };
}

/** The least move that shows a row whole. */
export function reveal(extent: Extent, place: Place, row: number): Place {
  const { rowHeight, viewport } = extent;
  const begin = row * rowHeight;
  const end = begin + rowHeight;
  if (begin >= place.top && end <= place.top + viewport) return place;
  const top = begin < place.top ? begin : end - viewport;
  return settle(extent, { ...place, top });
}

/** Shows a row, with some above it, if it is not seen yet: where a jump lands. */
export function jump(extent: Extent, place: Place, row: number): Place {
  if (reveal(extent, place, row) === place) return place;
  const above = Math.floor(extent.viewport / extent.rowHeight / 3) * extent.rowHeight;
  return settle(extent, { ...place, top: row * extent.rowHeight - above });
}

/** The rows that are seen, if only in part: from `first` up to, not including, `end`. */
export function seen(
  extent: Extent,
  { top }: Place,
): { readonly first: number; readonly end: number } {
  const { rows, rowHeight, viewport } = extent;
  const first = Math.floor(top / rowHeight);
  return { first, end: Math.min(rows, Math.ceil((top + viewport) / rowHeight)) };
}

/** What a wheel event says. */
export interface Wheel {
  readonly deltaY: number;
  /** Pixels, lines or pages. */
  readonly deltaMode: number;
  /** Whole notches of a wheel are multiples of 120; undefined where a browser does not say. */
  readonly wheelDeltaY?: number | undefined;
}

const NOTCH = 120;
const NOTCH_ROWS = 3;

/** How far a wheel turns, in pixels of rows: a notch is three rows, a touchpad moves by pixels. */
export function wheelPixels({ rowHeight, viewport }: Extent, wheel: Wheel): number {
  const { deltaY, deltaMode, wheelDeltaY = 0 } = wheel;
  if (deltaMode === 1) return deltaY * rowHeight;
  if (deltaMode === 2) return deltaY * Math.max(rowHeight, viewport - rowHeight);
  const notches = -wheelDeltaY / NOTCH;
  // A touchpad says three times as much as it moves.
  const isNotch = Number.isInteger(notches) && notches !== 0 && wheelDeltaY !== -3 * deltaY;
  return isNotch ? notches * NOTCH_ROWS * rowHeight : deltaY;
}
