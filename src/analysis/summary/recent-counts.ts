const SLOTS = 256;
const SLOT_SHIFT = 32 - Math.log2(SLOTS);
/** Slots that a pair may have, from that of its hash on. */
const STEPS = 4;
/** A sum is moved on before it reaches 2^52, the most that a table takes at once. */
const SUM_MAX = 2 ** 51;

type Values = Uint32Array | Uint16Array;

/** Takes occurrences of a pair of keys, and the sum `high * 2^32 + low` of their values. */
type Take = (first: number, second: number, count: number, low: number, high: number) => void;

/**
 * Counts of the pairs of keys that came last, before a slower table takes them: programs use few
 * descriptors and flags, in turns.
 */
export class RecentCounts {
  readonly #take: Take;
  readonly #pairs = new Uint32Array(2 * SLOTS);
  readonly #counts = new Float64Array(SLOTS);
  readonly #lows = new Float64Array(SLOTS);
  readonly #highs = new Float64Array(SLOTS);

  constructor(take: Take) {
    this.#take = take;
  }

  /**
   * Adds the pairs of the first `count` rows: of a value and the bits in `mask` of another. The
   * sums are of `lengths`, which has two words per row.
   */
  add(firsts: Values, seconds: Values, mask: number, count: number, lengths?: Uint32Array): void {
    const pairs = this.#pairs;
    const counts = this.#counts;
    for (let i = 0; i < count; i++) {
      const first = firsts[i];
      const second = (seconds[i] & mask) >>> 0;
      const hash = Math.imul(first, 0x9e3779b1) + Math.imul(second, 0x85ebca6b);
      const home = (hash >>> SLOT_SHIFT) * 2;
      const isHome = pairs[home] === first && pairs[home + 1] === second;
      const slot = isHome ? home >>> 1 : this.#slotOf(home >>> 1, first, second);
      counts[slot] += 1;
      if (lengths !== undefined) this.#addSum(slot, lengths[2 * i], lengths[2 * i + 1]);
    }
  }

  /** Hands over all counts. */
  settle(): void {
    for (let slot = 0; slot < SLOTS; slot++) this.#settle(slot);
  }

  #addSum(slot: number, low: number, high: number): void {
    this.#lows[slot] += low;
    this.#highs[slot] += high;
    if (this.#lows[slot] >= SUM_MAX || this.#highs[slot] >= SUM_MAX) this.#settle(slot);
  }

  /** Returns the slot of a pair, which may be that of another until now. */
  #slotOf(home: number, first: number, second: number): number {
    let slot = home;
    for (let step = 0; step < STEPS; step++) {
      slot = (home + step) % SLOTS;
      if (this.#pairs[2 * slot] === first && this.#pairs[2 * slot + 1] === second) return slot;
      if (this.#counts[slot] === 0) break;
    }
    this.#settle(slot);
    this.#pairs[2 * slot] = first;
    this.#pairs[2 * slot + 1] = second;
    return slot;
  }

  #settle(slot: number): void {
    const count = this.#counts[slot];
    if (count === 0) return;
    const [low, high] = [this.#lows[slot], this.#highs[slot]];
    this.#take(this.#pairs[2 * slot], this.#pairs[2 * slot + 1], count, low, high);
    this.#counts[slot] = 0;
    this.#lows[slot] = 0;
    this.#highs[slot] = 0;
  }
}
