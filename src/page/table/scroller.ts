// An element that scrolls over any number of rows.
import { type Signal, signal } from '@preact/signals';
import {
  type Extent,
  jump,
  moveBy,
  onBar,
  type Place,
  reveal,
  START,
  seen,
  settle,
  type Wheel,
  wheelPixels,
} from './scroll.ts';

/** The scrollbar is put where it belongs once it has not moved for so long. */
const IDLE_MS = 150;

/** Keeps the place of a table and the scrollbar of its element. */
export class Scroller {
  readonly place: Signal<Place> = signal(START);
  readonly extent: Signal<Extent>;
  readonly #headHeight: number;
  readonly #observer: ResizeObserver;
  #element: HTMLElement | null = null;
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(rows: number, rowHeight: number, headHeight: number) {
    this.extent = signal({ rows, rowHeight, viewport: 0 });
    this.#headHeight = headHeight;
    this.#observer = new ResizeObserver(() => this.#measure());
  }

  /** The element, which preact hands over, and null at its end. */
  readonly attach = (element: HTMLElement | null): void => {
    this.#observer.disconnect();
    clearTimeout(this.#idle);
    this.#element = element;
    if (element === null) return;
    this.#observer.observe(element);
    this.#measure();
  };

  /** Shows more or fewer rows. */
  setRows(rows: number): void {
    if (rows === this.extent.peek().rows) return;
    this.extent.value = { ...this.extent.peek(), rows };
    this.#put(settle(this.extent.peek(), this.place.peek()));
  }

  /** Shows a row with the least move, as the next one of a walk. */
  reveal(row: number): void {
    this.#put(reveal(this.extent.peek(), this.place.peek(), row));
  }

  /** Shows a row, with some above it if it was not seen before. */
  jump(row: number): void {
    this.#put(jump(this.extent.peek(), this.place.peek(), row));
  }

  /** The rows that are seen. */
  get seen(): { readonly first: number; readonly end: number } {
    return seen(this.extent.value, this.place.value);
  }

  /** Rows that are seen whole. */
  get page(): number {
    const { viewport, rowHeight } = this.extent.peek();
    return Math.max(1, Math.floor(viewport / rowHeight));
  }

  readonly onScroll = (): void => {
    const bar = this.#element?.scrollTop ?? 0;
    const place = this.place.peek();
    if (bar === place.bar) return;
    this.place.value = onBar(this.extent.peek(), place, bar);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(this.onScrollEnd, IDLE_MS);
  };

  readonly onScrollEnd = (): void => {
    clearTimeout(this.#idle);
    this.#put(settle(this.extent.peek(), this.place.peek()));
  };

  readonly onWheel = (event: WheelEvent): void => {
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || isSideways) return;
    const extent = this.extent.peek();
    const place = this.place.peek();
    const { deltaY, deltaMode, wheelDeltaY } = event as WheelEvent & Wheel;
    const next = moveBy(extent, place, wheelPixels(extent, { deltaY, deltaMode, wheelDeltaY }));
    // At an end the page scrolls on.
    if (next.top === place.top) return;
    event.preventDefault();
    this.#put(next);
  };

  /** Moves the scrollbar too, and remembers where the browser has put it. */
  #put(place: Place): void {
    const element = this.#element;
    if (element !== null && Math.abs(element.scrollTop - place.bar) >= 1)
      element.scrollTop = place.bar;
    this.place.value = { top: place.top, bar: element?.scrollTop ?? place.bar };
  }

  #measure(): void {
    const viewport = Math.max(0, (this.#element?.clientHeight ?? 0) - this.#headHeight);
    if (viewport === this.extent.peek().viewport) return;
    this.extent.value = { ...this.extent.peek(), viewport };
    this.#put(settle(this.extent.peek(), this.place.peek()));
  }
}
