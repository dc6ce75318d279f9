import { ORDER, ORDER_BYTES, ORDER_RING, ORDER_WINDOW } from '../../engine/match-state.ts';

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
  readonly #counts: Float64Array;

  constructor(buffer: ArrayBuffer = new ArrayBuffer(ORDER_BYTES), at = 0) {
    this.at = at;
    this.#counts = new Float64Array(buffer, at, ORDER_RING / 8).fill(0);
    this.#words = new Int32Array(buffer, at + ORDER_RING, WORDS).fill(0);
    this.#counts[ORDER.newestDone] = -1;
  }

  get inOrder(): number {
    return this.#counts[ORDER.inOrder];
  }

  get completed(): number {
    return this.#counts[ORDER.completed];
  }

  get spanMax(): number {
    return this.#counts[ORDER.spanMax];
  }

  /** Completions of a request that was submitted before one that has completed. */
  get late(): number {
    return this.#counts[ORDER.late];
  }

  /** Requests that were still in flight when `ORDER_WINDOW` younger ones had been submitted: they no longer hold others up. */
  get beyondWindow(): number {
    return this.#counts[ORDER.beyondWindow];
  }

  /** A request is submitted: gives its place in line. */
  open(): number {
    const counts = this.#counts;
    const seq = counts[ORDER.next];
    counts[ORDER.next] = seq + 1;
    while (seq - counts[ORDER.oldest] >= ORDER_WINDOW) {
      counts[ORDER.beyondWindow] += 1;
      this.leave(counts[ORDER.oldest]);
    }
    this.#words[(seq >>> 5) & WORD_MASK] |= 1 << (seq & 31);
    return seq;
  }

  /** A request is no longer in flight, and did not complete. */
  leave(seq: number): void {
    const oldest = this.#counts[ORDER.oldest];
    if (seq < oldest) return;
    this.#words[(seq >>> 5) & WORD_MASK] &= ~(1 << (seq & 31));
    if (seq === oldest) this.#advance(oldest);
  }

  /** How many requests that are in flight were submitted before this one. */
  overtakenBy(seq: number): number {
    let count = 0;
    for (let at = this.#counts[ORDER.oldest]; at < seq; ) {
      const word = this.#words[(at >>> 5) & WORD_MASK] >>> (at & 31);
      const here = Math.min(32 - (at & 31), seq - at);
      count += bits(here === 32 ? word : word & ((1 << here) - 1));
      at += here;
    }
    return count;
  }

  /** How many places a request is behind the oldest in flight. */
  spanOf(seq: number): number {
    return Math.max(0, seq - this.#counts[ORDER.oldest]);
  }

  /** A request completes. */
  close(seq: number): void {
    const counts = this.#counts;
    const span = this.spanOf(seq);
    counts[ORDER.completed] += 1;
    if (span === 0) counts[ORDER.inOrder] += 1;
    else if (span > counts[ORDER.spanMax]) counts[ORDER.spanMax] = span;
    if (seq < counts[ORDER.newestDone]) counts[ORDER.late] += 1;
    else counts[ORDER.newestDone] = seq;
    this.leave(seq);
  }

  /** Find the oldest in flight, or the place of the next to come. */
  #advance(oldest: number): void {
    const next = this.#counts[ORDER.next];
    let at = oldest + 1;
    while (at < next) {
      const word = this.#words[(at >>> 5) & WORD_MASK] >>> (at & 31);
      if (word !== 0) {
        at += 31 - Math.clz32(word & -word);
        break;
      }
      at += 32 - (at & 31);
    }
    this.#counts[ORDER.oldest] = Math.min(at, next);
  }
}
