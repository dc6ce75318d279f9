/** Words per refill: a loop over local variables is several times as fast as state in an object. */
const WORDS = 1024;

/**
 * Seeded random 32-bit words (sfc32). Integer arithmetic yields the same words on every platform.
 */
export class RandomWords {
  readonly #words = new Uint32Array(WORDS);
  readonly #state: Uint32Array;
  #next = WORDS;

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, seed / 2 ** 32, 0x9e3779b9, 1);
    // Skip the first words, which are similar for adjacent seeds.
    this.#refill();
    this.#next = 64;
  }

  /** Returns the next word, from 0 to 2^32 - 1. */
  word(): number {
    if (this.#next === WORDS) this.#refill();
    return this.#words[this.#next++];
  }

  #refill(): void {
    const words = this.#words;
    // Signed, so that the loop uses integers only.
    let [a, b, c, counter] = Int32Array.from(this.#state);
    for (let i = 0; i < WORDS; i++) {
      const sum = (a + b + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      words[i] = sum;
    }
    this.#state.set([a, b, c, counter]);
    this.#next = 0;
  }
}
