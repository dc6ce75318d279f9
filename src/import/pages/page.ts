// Decodes pages of the kernel's ring buffer (include/linux/ring_buffer.h) into events.
import { AioscopeError } from '../../errors.ts';
import type { PageLayout } from './event-format.ts';

/** What an event's type means if it is not the number of its words. */
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;
/** Bytes of the word that every event begins with: 5 bits of type, 27 of time. */
const WORD_BYTES = 4;

/** Bytes that every payload begins with: its kind, flags and the thread. */
const HEADER_BYTES = 8;

/** Bits of a page's commit word. */
const COMMIT_BYTES = 0xfffff;
const HAS_MISSED = 2 ** 31;
const HAS_MISSED_COUNT = 2 ** 30;

/** The bits that a full time stamp does not have. */
const TIME_STAMP_BITS = 59n;
/** Times are doubles that count ns from the first page of a trace: 52 days either way. */
const TIME_MAX = 2 ** 52;

/** What the times of all pages of a trace count from: the time of the first that is read. */
export class TimeOrigin {
  #hasTime = false;
  ns = 0n;
  low = 0;
  high = 0;

  /** A time as a number relative to the origin. */
  relative(ns: bigint): number {
    if (!this.#hasTime) {
      this.#hasTime = true;
      this.ns = ns;
      this.low = Number(ns & 0xffffffffn);
      this.high = Number(ns >> 32n);
    }
    return Number(ns - this.ns);
  }

  /** A relative time as the trace has it. */
  absolute(time: number): bigint {
    return this.ns + BigInt(time);
  }
}

/** Steps through the events of one page after the other. */
export class PageCursor {
  readonly #name: string;
  readonly #layout: PageLayout;
  readonly #origin: TimeOrigin;
  readonly #sizes: ReadonlyMap<number, number>;
  /** Where the page begins in the file. */
  #offset = 0;
  /** Where the page begins in `view`, where its next event, its data and its bytes end. */
  #begin = 0;
  #next = 0;
  #end = 0;
  #available = 0;
  #isOpen = false;
  /** The bytes of the page. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** When the event was, in ns from the origin. */
  time = 0;
  /** What kind of event it is. */
  id = 0;
  /** Where the payload of the event begins in `view`. */
  at = 0;
  /** Events that were lost before this page: null if the page does not say how many. */
  missed: number | null = 0;

  /** `sizes` are the fewest bytes that an event has, by its kind. */
  constructor(
    name: string,
    layout: PageLayout,
    origin: TimeOrigin,
    sizes: ReadonlyMap<number, number>,
  ) {
    this.#name = name;
    this.#sizes = sizes;
    this.#layout = layout;
    this.#origin = origin;
  }

  /**
   * Begins a page of which `available` bytes are in `view` from `begin` on: fewer than a page has
   * if the file ends there. `offset` is its position in the file.
   *
   * @throws AioscopeError `AIOSCOPE_PAGE` if its header is invalid
   */
  open(view: DataView, begin: number, available: number, offset: number): void {
    const { timestamp, commit, commitBytes, data, byteLength } = this.#layout;
    this.view = view;
    this.#begin = begin;
    this.#offset = offset;
    this.#available = begin + available;
    if (available < data) throw this.#cut();
    const word = view.getUint32(begin + commit, true);
    // 64-bit kernels extend the sign of bit 31.
    const high = commitBytes === 8 ? view.getUint32(begin + commit + 4, true) : 0;
    if (word === 0 && high !== 0)
      throw this.#fault(begin, 'it is of a big-endian machine, which cannot be read yet');
    const bytes = word & COMMIT_BYTES;
    const isValid = (high === 0 || high === 0xffffffff) && bytes <= byteLength - data;
    if (!isValid) throw this.#fault(begin + commit, `it has no valid size (0x${hex(high, word)})`);
    this.#next = begin + data;
    this.#end = this.#next + bytes;
    this.missed = this.#missedOf(word);
    this.time = this.#origin.relative(view.getBigUint64(begin + timestamp, true));
    this.#checkTime(begin);
    this.#isOpen = true;
  }

  /**
   * Goes to the next event. Returns false at the end of the page.
   *
   * @throws AioscopeError `AIOSCOPE_PAGE` if it is damaged or ends too early
   */
  next(): boolean {
    while (this.#isOpen) {
      if (this.#next === this.#end) break;
      const word = this.#word(this.#next);
      const type = word & 31;
      const delta = word >>> 5;
      if (type === PADDING && delta === 0) break;
      const body = this.#next + WORD_BYTES;
      if (type < PADDING) {
        const isLong = type === 0;
        const length = isLong ? this.#lengthAt(body) : type * 4;
        const begin = this.#next;
        this.#go(body + length);
        this.at = isLong ? body + 4 : body;
        this.time += delta;
        this.#identify(begin);
        return true;
      }
      const value = this.#word(body);
      if (type === PADDING) this.time += delta;
      else if (type === TIME_EXTEND) this.time += delta + value * 2 ** 27;
      else if (type === TIME_STAMP) this.#setTime(value, delta);
      this.#checkTime(this.#next);
      this.#go(body + (type === PADDING ? this.#lengthAt(body) : 4));
    }
    if (!this.#isOpen) return false;
    this.#isOpen = false;
    if (this.#available < this.#begin + this.#layout.byteLength) throw this.#cut();
    return false;
  }

  /** The events that were lost before this page. */
  #missedOf(word: number): number | null {
    if (word < HAS_MISSED) return 0;
    if ((word & HAS_MISSED_COUNT) === 0) return null;
    if (this.#end + 8 > this.#begin + this.#layout.byteLength)
      throw this.#fault(this.#begin, 'it has no room for the number of lost events');
    if (this.#end + 8 > this.#available) return null;
    return Number(this.view.getBigUint64(this.#end, true));
  }

  #word(at: number): number {
    if (at + WORD_BYTES > this.#end) throw this.#fault(this.#next, 'an event exceeds its page');
    if (at + WORD_BYTES > this.#available) throw this.#cut();
    return this.view.getUint32(at, true);
  }

  /** The length that an event states, including the word that holds it. */
  #lengthAt(at: number): number {
    const length = this.#word(at);
    if (length >= 4 && length % 4 === 0) return length;
    throw this.#fault(this.#next, `an event has the length ${length}`);
  }

  /** Moves behind an event. */
  #go(next: number): void {
    if (next > this.#end) throw this.#fault(this.#next, 'an event exceeds its page');
    if (next > this.#available) throw this.#cut();
    this.#next = next;
  }

  /** Reads what kind of event it is, which everything that begins at `at` has to have room for. */
  #identify(at: number): void {
    const byteLength = this.#next - this.at;
    if (byteLength >= HEADER_BYTES) {
      this.id = this.view.getUint16(this.at, true);
      if (byteLength >= (this.#sizes.get(this.id) ?? HEADER_BYTES)) return;
    }
    throw this.#fault(at, `an event of ${byteLength} bytes is too short for its kind`);
  }

  #setTime(high: number, low: number): void {
    const top = (this.#origin.absolute(this.time) >> TIME_STAMP_BITS) << TIME_STAMP_BITS;
    this.time = this.#origin.relative(top | (BigInt(high) << 27n) | BigInt(low));
  }

  #checkTime(at: number): void {
    if (Math.abs(this.time) > TIME_MAX)
      throw this.#fault(at, 'its time is more than 52 days from that of the first page');
  }

  #fault(at: number, what: string): AioscopeError {
    const byteOffset = this.#offset + at - this.#begin;
    this.#isOpen = false;
    return new AioscopeError(
      'AIOSCOPE_PAGE',
      `${this.#name}: the page at byte ${this.#offset} is damaged ` +
        `at byte ${byteOffset}: ${what}; ` +
        `${READ_BEFORE}, cut the file to ${this.#offset} bytes to import those of whole pages`,
      { byteOffset },
    );
  }

  #cut(): AioscopeError {
    const byteOffset = this.#offset + this.#available - this.#begin;
    this.#isOpen = false;
    return new AioscopeError(
      'AIOSCOPE_PAGE',
      `${this.#name}: ends at byte ${byteOffset}, within a page of ${this.#layout.byteLength} ` +
        `bytes; ${READ_BEFORE}, ` +
        `cut the file to ${this.#offset} bytes to import those of whole pages`,
      { byteOffset },
    );
  }
}

const READ_BEFORE = 'every whole event before that was read';

const hex = (high: number, low: number): string =>
  ((BigInt(high) << 32n) | BigInt(low)).toString(16);
