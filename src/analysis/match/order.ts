import { ORDER, ORDER_BYTES, ORDER_WINDOW, STRUCTS } from './kernel-layout.ts';

const RING_WORDS = ORDER_WINDOW / 32;
const RING_MASK = RING_WORDS - 1;
/** Positions in eight words of the ring. */
const STRETCH = 256;
const RING_AT = STRUCTS.Order.byteLength;

/** Returns how many bits of a word are set. */
function popCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * The order in which the submissions of one context complete. A ring of bits, one per submission,
 * holds which are in flight.
 */
export class CompletionOrder {
  /** Where it begins in its memory, in bytes. */
  readonly at: number;
  readonly #ring: Int32Array;
  readonly #words: Uint32Array;

  constructor(buffer: ArrayBuffer = new ArrayBuffer(ORDER_BYTES), at = 0) {
    this.at = at;
    this.#words = new Uint32Array(buffer, at, RING_AT / 4).fill(0);
    this.#ring = new Int32Array(buffer, at + RING_AT, RING_WORDS).fill(0);
  }

  get inOrder(): number {
    return this.#get(ORDER.inOrderLow);
  }

  get completed(): number {
    return this.#get(ORDER.completedLow);
  }

  get spanMax(): number {
    return this.#get(ORDER.spanMaxLow);
  }

  /** Completions of a submission that is older than one that had completed. */
  get late(): number {
    return this.#get(ORDER.lateLow);
  }

  /**
   * Submissions still in flight after `ORDER_WINDOW` newer ones. From then on they no longer count
   * as the oldest in flight.
   */
  get beyondWindow(): number {
    return this.#get(ORDER.beyondWindowLow);
  }

  /** Adds a submission and returns its position. */
  open(): number {
    const seq = this.#get(ORDER.nextLow);
    this.#set(ORDER.nextLow, seq + 1);
    while (seq - this.#get(ORDER.oldestLow) >= ORDER_WINDOW) {
      this.#set(ORDER.beyondWindowLow, this.beyondWindow + 1);
      this.remove(this.#get(ORDER.oldestLow));
    }
    this.#ring[(seq >>> 5) & RING_MASK] |= 1 << (seq & 31);
    return seq;
  }

  /** Removes a submission that did not complete. */
  remove(seq: number): void {
    const oldest = this.#get(ORDER.oldestLow);
    if (seq < oldest) return;
    this.#ring[(seq >>> 5) & RING_MASK] &= ~(1 << (seq & 31));
    if (seq === oldest) this.#advance(oldest);
  }

  /**
   * Returns how many submissions in flight are older than this one. The cost grows with their
   * distance: a word of the ring per 32 positions. One request that hangs makes it long, and then
   * most words are empty: those are skipped eight at a time.
   */
  overtakenBy(seq: number): number {
    let count = 0;
    for (let at = this.#get(ORDER.oldestLow); at < seq; ) {
      if (at % STRETCH === 0 && seq - at >= STRETCH && this.#isEmpty((at >>> 5) & RING_MASK)) {
        at += STRETCH;
        continue;
      }
      const word = this.#ring[(at >>> 5) & RING_MASK] >>> (at & 31);
      const here = Math.min(32 - (at & 31), seq - at);
      count += popCount(here === 32 ? word : word & ((1 << here) - 1));
      at += here;
    }
    return count;
  }

  /** Whether the eight words from `i` on are all 0. */
  #isEmpty(i: number): boolean {
    const r = this.#ring;
    return (
      (r[i] | r[i + 1] | r[i + 2] | r[i + 3] | r[i + 4] | r[i + 5] | r[i + 6] | r[i + 7]) === 0
    );
  }

  /** Returns how many positions a submission is behind the oldest in flight. */
  spanOf(seq: number): number {
    return Math.max(0, seq - this.#get(ORDER.oldestLow));
  }

  /** Counts the completion of a submission and removes it. */
  close(seq: number): void {
    const span = this.spanOf(seq);
    this.#set(ORDER.completedLow, this.completed + 1);
    if (span === 0) this.#set(ORDER.inOrderLow, this.inOrder + 1);
    else if (span > this.spanMax) this.#set(ORDER.spanMaxLow, span);
    if (seq + 1 < this.#get(ORDER.doneBeforeLow)) this.#set(ORDER.lateLow, this.late + 1);
    else this.#set(ORDER.doneBeforeLow, seq + 1);
    this.remove(seq);
  }

  #get(low: number): number {
    return this.#words[low + 1] * 2 ** 32 + this.#words[low];
  }

  #set(low: number, value: number): void {
    this.#words[low] = value;
    this.#words[low + 1] = value / 2 ** 32;
  }

  /** Moves `oldest` on to the next submission in flight, or to the position of the next to come. */
  #advance(oldest: number): void {
    const next = this.#get(ORDER.nextLow);
    let at = oldest + 1;
    while (at < next) {
      const word = this.#ring[(at >>> 5) & RING_MASK] >>> (at & 31);
      if (word !== 0) {
        at += 31 - Math.clz32(word & -word);
        break;
      }
      at += 32 - (at & 31);
    }
    this.#set(ORDER.oldestLow, Math.min(at, next));
  }
}
