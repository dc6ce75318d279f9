import type { PageLayout } from './event-format.ts';
import { PageCursor, type TimeOrigin } from './page.ts';

/** What the pages of all CPUs have in common. */
export interface PageContext {
  readonly layout: PageLayout;
  readonly origin: TimeOrigin;
  /** The fewest bytes that an event has, by its kind. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** The events of one CPU, of which the next is known while `hasEvent`. */
export abstract class EventStream {
  readonly cpu: number;
  readonly cursor: PageCursor;
  /** Whether the cursor is at an event. If it is not, more pages have to be read. */
  hasEvent = false;
  /** Why the events end early; undefined if they do not. */
  fault: unknown;
  /** Whether events may have been lost between the one before and the next. */
  isAfterGap = false;
  /** Gaps before the events that were taken. */
  gaps = 0;
  /** Events that were taken. */
  events = 0;
  /** Events that the pages say were lost; null once a page does not say how many. */
  missed: number | null = 0;
  /** Whether events may be missing between pages although the pages do not say so. */
  losesSilently = false;
  #hasPage = false;

  /** `name` is that of the pages' file, for messages. */
  constructor(cpu: number, name: string, { layout, origin, sizes }: PageContext) {
    this.cpu = cpu;
    this.cursor = new PageCursor(name, layout, origin, sizes);
  }

  /** Goes to the next event of the pages that were read. */
  advance(): void {
    this.hasEvent = false;
    try {
      while (!this.cursor.next()) if (!this.openPage()) return;
      this.hasEvent = true;
    } catch (error) {
      this.fault = error;
    }
  }

  /** Begins the next page, by `begin`. Returns false if none was read. */
  protected abstract openPage(): boolean;

  /** Begins a page of which `available` bytes are at `at`; `offset` is its place in the file. */
  protected begin(view: DataView, at: number, available: number, offset: number): void {
    const isFirst = !this.#hasPage;
    this.#hasPage = true;
    this.cursor.open(view, at, available, offset);
    const { missed } = this.cursor;
    if (missed === null || this.missed === null) this.missed = null;
    else this.missed += missed;
    if (missed !== 0 || (this.losesSilently && !isFirst)) this.isAfterGap = true;
  }
}

/** The stream whose next event is the earliest; undefined if there are no more events. */
export function firstOf<S extends EventStream>(streams: readonly S[]): S | undefined {
  let first: S | undefined;
  for (const stream of streams)
    if (stream.hasEvent && (first === undefined || stream.cursor.time < first.cursor.time))
      first = stream;
  return first;
}
