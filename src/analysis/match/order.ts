/** So many requests of one context are told apart by age: bits of a ring. */
const WINDOW = 2 ** 16;
const WORDS = WINDOW / 32;
const WORD_MASK = WORDS - 1;

/** How many bits of a word are set. */
function bits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The order in which the requests of one context complete: which are in flight is a ring of bits, one a request. */
export class CompletionOrder {
  inOrder = 0;
  completed = 0;
  spanMax = 0;
  /** Completions of a request that was submitted before one that has completed. */
  late = 0;
  /** Requests that were still in flight when `WINDOW` younger ones had been submitted: they no longer hold others up. */
  beyondWindow = 0;
  readonly #words = new Int32Array(WORDS);
  #next = 0;
  #oldest = 0;
  #newestDone = -1;

  /** A request is submitted: gives its place in line. */
  open(): number {
    const seq = this.#next;
    this.#next += 1;
    while (seq - this.#oldest >= WINDOW) {
      this.beyondWindow += 1;
      this.leave(this.#oldest);
    }
    this.#words[(seq >>> 5) & WORD_MASK] |= 1 << (seq & 31);
    return seq;
  }

  /** A request is no longer in flight, and did not complete. */
  leave(seq: number): void {
    if (seq < this.#oldest) return;
    this.#words[(seq >>> 5) & WORD_MASK] &= ~(1 << (seq & 31));
    if (seq === this.#oldest) this.#advance();
  }

  /** How many requests that are in flight were submitted before this one. */
  overtakenBy(seq: number): number {
    let count = 0;
    for (let at = this.#oldest; at < seq; ) {
      const word = this.#words[(at >>> 5) & WORD_MASK] >>> (at & 31);
      const here = Math.min(32 - (at & 31), seq - at);
      count += bits(here === 32 ? word : word & ((1 << here) - 1));
      at += here;
    }
    return count;
  }

  /** How many places a request is behind the oldest in flight. */
  spanOf(seq: number): number {
    return Math.max(0, seq - this.#oldest);
  }

  /** A request completes. */
  close(seq: number): void {
    const span = this.spanOf(seq);
    this.completed += 1;
    if (span === 0) this.inOrder += 1;
    else if (span > this.spanMax) this.spanMax = span;
    if (seq < this.#newestDone) this.late += 1;
    else this.#newestDone = seq;
    this.leave(seq);
  }

  /** Find the oldest in flight, or the place of the next to come. */
  #advance(): void {
    let at = this.#oldest + 1;
    while (at < this.#next) {
      const word = this.#words[(at >>> 5) & WORD_MASK] >>> (at & 31);
      if (word !== 0) {
        at += 31 - Math.clz32(word & -word);
        break;
      }
      at += 32 - (at & 31);
    }
    this.#oldest = Math.min(at, this.#next);
  }
}
