import { ORDER, ORDER_BYTES, ORDER_RING, ORDER_WINDOW } from './kernel-layout.ts';

const WORDS = ORDER_WINDOW / 32;
const WORD_MASK = WORDS - 1;

/** How many bits of a word are set. */
function bits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The order in which the requests of one context complete: which are in flight is a ring of bits, one a request. */
export class CompletionOrder {
  /** Where it lies in its memory. */
  readonly at: number;
  readonly #words: Int32Array;
  /** Longs of it, as words. */
  readonly #longs: Uint32Array;

  constructor(buffer: ArrayBuffer = new ArrayBuffer(ORDER_BYTES), at = 0) {
    this.at = at;
    this.#longs = new Uint32Array(buffer, at, ORDER_RING / 4).fill(0);
    this.#words = new Int32Array(buffer, at + ORDER_RING, WORDS).fill(0);
  }

  get inOrder(): number {
    return this.#get(ORDER.inOrder);
  }

  get completed(): number {
    return this.#get(ORDER.completed);
  }

  get spanMax(): number {
    return this.#get(ORDER.spanMax);
  }

  /** Completions of a request that was submitted before one that has completed. */
  get late(): number {
    return this.#get(ORDER.late);
  }

  /** Requests that were still in flight when `ORDER_WINDOW` younger ones had been submitted: they no longer hold others up. */
  get beyondWindow(): number {
    return this.#get(ORDER.beyondWindow);
  }

  /** A request is submitted: gives its place in line. */
  open(): number {
    const seq = this.#get(ORDER.next);
    this.#set(ORDER.next, seq + 1);
    while (seq - this.#get(ORDER.oldest) >= ORDER_WINDOW) {
      this.#set(ORDER.beyondWindow, this.beyondWindow + 1);
      this.leave(this.#get(ORDER.oldest));
    }
    this.#words[(seq >>> 5) & WORD_MASK] |= 1 << (seq & 31);
    return seq;
  }

  /** A request is no longer in flight, and did not complete. */
  leave(seq: number): void {
    const oldest = this.#get(ORDER.oldest);
    if (seq < oldest) return;
    this.#words[(seq >>> 5) & WORD_MASK] &= ~(1 << (seq & 31));
    if (seq === oldest) this.#advance(oldest);
  }

  /** How many requests that are in flight were submitted before this one. */
  overtakenBy(seq: number): number {
    let count = 0;
    for (let at = this.#get(ORDER.oldest); at < seq; ) {
      const word = this.#words[(at >>> 5) & WORD_MASK] >>> (at & 31);
      const here = Math.min(32 - (at & 31), seq - at);
      count += bits(here === 32 ? word : word & ((1 << here) - 1));
      at += here;
    }
    return count;
  }

  /** How many places a request is behind the oldest in flight. */
  spanOf(seq: number): number {
    return Math.max(0, seq - this.#get(ORDER.oldest));
  }

  /** A request completes. */
  close(seq: number): void {
    const span = this.spanOf(seq);
    this.#set(ORDER.completed, this.completed + 1);
    if (span === 0) this.#set(ORDER.inOrder, this.inOrder + 1);
    else if (span > this.spanMax) this.#set(ORDER.spanMax, span);
    if (seq + 1 < this.#get(ORDER.doneBefore)) this.#set(ORDER.late, this.late + 1);
    else this.#set(ORDER.doneBefore, seq + 1);
    this.leave(seq);
  }

  #get(long: number): number {
    return this.#longs[2 * long + 1] * 2 ** 32 + this.#longs[2 * long];
  }

  #set(long: number, value: number): void {
    this.#longs[2 * long] = value;
    this.#longs[2 * long + 1] = value / 2 ** 32;
  }

  /** Find the oldest in flight, or the place of the next to come. */
  #advance(oldest: number): void {
    const next = this.#get(ORDER.next);
    let at = oldest + 1;
    while (at < next) {
      const word = this.#words[(at >>> 5) & WORD_MASK] >>> (at & 31);
      if (word !== 0) {
        at += 31 - Math.clz32(word & -word);
        break;
      }
      at += 32 - (at & 31);
    }
    this.#set(ORDER.oldest, Math.min(at, next));
  }
}
