import { readFault, unlessAborted } from '../../stream/fault.ts';
import type { ByteSource } from '../../stream/source.ts';
import type { PageLayout } from './event-format.ts';
import { PageCursor, type TimeOrigin } from './page.ts';

/** Bytes per read, if a page is not longer. */
const READ_BYTES = 2 ** 16;

/** What the pages of all CPUs have in common. */
export interface PageContext {
  readonly layout: PageLayout;
  readonly origin: TimeOrigin;
  /** The fewest bytes that an event has, by its kind. */
  readonly sizes: ReadonlyMap<number, number>;
}

/** The pages of one CPU, of which the next event is known while `hasEvent`. */
export class CpuStream {
  readonly cpu: number;
  readonly source: ByteSource;
  readonly cursor: PageCursor;
  /** Whether the cursor is at an event. If it is not, `fill` has to read more. */
  hasEvent = false;
  /** Whether no pages are left to be read. */
  isAtEnd = false;
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
  readonly #losesSilently: boolean;
  readonly #pageBytes: number;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Where the buffer begins in the file, where the next page is in it, and where its bytes end. */
  #offset = 0;
  #position = 0;
  #filled = 0;
  #isRead = false;

  constructor(cpu: number, source: ByteSource, losesSilently: boolean, pages: PageContext) {
    const { layout, origin, sizes } = pages;
    this.cpu = cpu;
    this.#losesSilently = losesSilently;
    this.source = source;
    this.#pageBytes = layout.byteLength;
    const count = Math.max(1, Math.floor(READ_BYTES / layout.byteLength));
    this.#buffer = new Uint8Array(count * layout.byteLength);
    this.#view = new DataView(this.#buffer.buffer);
    this.cursor = new PageCursor(source.name, layout, origin, sizes);
  }

  /** Reads pages until there is an event, or there are no more. Returns the bytes that it read. */
  async fill(signal: AbortSignal | undefined): Promise<number> {
    let bytes = 0;
    while (!this.hasEvent && !this.isAtEnd) {
      bytes += await this.#read(signal);
      this.advance();
    }
    return bytes;
  }

  /** Goes to the next event of the pages that were read. */
  advance(): void {
    this.hasEvent = false;
    try {
      while (!this.cursor.next()) if (!this.#openPage()) return;
      this.hasEvent = true;
    } catch (error) {
      this.fault = error;
      this.isAtEnd = true;
    }
  }

  /** Begins the next page. Returns false if none was read. */
  #openPage(): boolean {
    const left = this.#filled - this.#position;
    // A part of a page is the end of the file.
    if (left === 0 || (left < this.#pageBytes && !this.#isRead)) {
      if (this.#isRead) this.isAtEnd = true;
      return false;
    }
    const isFirst = this.#offset + this.#position === 0;
    const available = Math.min(left, this.#pageBytes);
    const at = this.#position;
    this.#position += available;
    this.cursor.open(this.#view, at, available, this.#offset + at);
    const { missed } = this.cursor;
    if (missed === null || this.missed === null) this.missed = null;
    else this.missed += missed;
    if (missed !== 0 || (this.#losesSilently && !isFirst)) this.isAfterGap = true;
    return true;
  }

  /** Reads until the buffer is full or the file ends. */
  async #read(signal: AbortSignal | undefined): Promise<number> {
    const left = this.#filled - this.#position;
    this.#buffer.copyWithin(0, this.#position, this.#filled);
    this.#offset += this.#position;
    this.#position = 0;
    this.#filled = left;
    try {
      while (this.#filled < this.#buffer.byteLength) {
        const target = this.#buffer.subarray(this.#filled);
        const read = await unlessAborted(this.source.read(target), signal);
        if (read === 0) {
          this.#isRead = true;
          break;
        }
        this.#filled += read;
      }
    } catch (error) {
      signal?.throwIfAborted();
      this.fault = readFault(this.source.name, this.#offset + this.#filled, error);
      this.isAtEnd = true;
    }
    return this.#filled - left;
  }
}
