/** Keys that a table keeps by default: the smallest as unsigned. */
const KEYS_MAX = 65536;
/** At this a row's words are moved to its bigint: one more addition stays below 2^53. */
const WORD_SUM_MAX = 2 ** 52;
/** Rows that a table has room for at first. */
const ROWS_MIN = 64;

/** A row of a table: the number of occurrences of a key, and the sum of their values. */
export interface KeyedRow {
  readonly key: number;
  readonly count: number;
  readonly sum: bigint;
}

/** The state of a `KeyedTable`, which can be cloned: a sum is `low + high * 2^32 + wide`. */
export interface KeyedState {
  readonly keys: Uint32Array;
  readonly counts: Float64Array;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** By key, where the words do not hold all of its sum. */
  readonly wide: ReadonlyMap<number, bigint>;
  readonly otherCount: number;
  readonly otherSum: bigint;
}

const wide = (low: number, high: number): bigint => (BigInt(high) << 32n) + BigInt(low);

/**
 * Exact counts and sums by unsigned 32-bit key. It keeps the smallest keys, `KEYS_MAX` by default,
 * and adds up the rest in `other`. A key that is kept in the end was never dropped, so the result
 * is the same in any order and after any merges. Rows are in typed arrays: twice `KEYS_MAX` of
 * them take 4.7 MB, and counting allocates nothing.
 */
export class KeyedTable {
  readonly #keysMax: number;
  #length = 0;
  #keys = new Uint32Array(ROWS_MIN);
  #counts = new Float64Array(ROWS_MIN);
  #lows = new Float64Array(ROWS_MIN);
  #highs = new Float64Array(ROWS_MIN);
  #wide = new Map<number, bigint>();
  /** A hash table of rows, from 1; 0 is empty. At most half of it is in use. */
  #slots = new Int32Array(2 * ROWS_MIN);
  /** A hash is the upper bits of a product, as many as a slot has. */
  #shift = Math.clz32(2 * ROWS_MIN) + 1;
  /** Keys above this were dropped, and stay out. */
  #limit = 2 ** 32 - 1;
  #otherCount = 0;
  #otherLow = 0;
  #otherHigh = 0;
  #otherWide = 0n;

  constructor(keysMax: number = KEYS_MAX) {
    this.#keysMax = keysMax;
  }

  /** Adds `count` occurrences of `key` with a total of `high * 2^32 + low`, both below 2^52. */
  add(key: number, count: number, low = 0, high = 0): void {
    if (key > this.#limit) {
      this.#addOther(count, low, high);
      return;
    }
    const row = this.#row(key);
    this.#counts[row] += count;
    this.#lows[row] += low;
    this.#highs[row] += high;
    if (this.#lows[row] >= WORD_SUM_MAX || this.#highs[row] >= WORD_SUM_MAX) this.#settle(row);
  }

  /** Adds `count` occurrences of `key` with a total of `sum`. */
  addSum(key: number, count: number, sum: bigint): void {
    this.add(key, count);
    if (key > this.#limit) this.#otherWide += sum;
    else if (sum !== 0n) this.#wide.set(key, (this.#wide.get(key) ?? 0n) + sum);
  }

  /** Returns the state: views of the table until it is cloned. */
  state(): KeyedState {
    this.#prune(this.#limit);
    const length = this.#length;
    return {
      keys: this.#keys.subarray(0, length),
      counts: this.#counts.subarray(0, length),
      lows: this.#lows.subarray(0, length),
      highs: this.#highs.subarray(0, length),
      wide: this.#wide,
      otherCount: this.#otherCount,
      otherSum: this.#otherSum,
    };
  }

  /** Adds the counts and sums of another table. */
  merge(state: KeyedState): void {
    const { keys, counts, lows, highs } = state;
    for (let row = 0; row < keys.length; row++)
      this.add(keys[row], counts[row], lows[row], highs[row]);
    for (const [key, sum] of state.wide) this.addSum(key, 0, sum);
    this.#otherCount += state.otherCount;
    this.#otherWide += state.otherSum;
  }

  /** Returns the rows, ascending by key as unsigned. */
  rows(): KeyedRow[] {
    return this.list((key, count, sum) => ({ key, count, sum }));
  }

  /** Returns what `make` returns for each row, ascending by key as unsigned. */
  list<T>(make: (key: number, count: number, sum: bigint) => T): T[] {
    this.#prune(this.#limit);
    const list: T[] = [];
    for (const key of this.#keys.slice(0, this.#length).sort()) {
      const row = this.#row(key);
      const sum = wide(this.#lows[row], this.#highs[row]) + (this.#wide.get(key) ?? 0n);
      list.push(make(key, this.#counts[row], sum));
    }
    return list;
  }

  /** Returns the count and sum of dropped keys; null if all keys are kept. */
  other(): { count: number; sum: bigint } | null {
    this.#prune(this.#limit);
    return this.#otherCount === 0 ? null : { count: this.#otherCount, sum: this.#otherSum };
  }

  get #otherSum(): bigint {
    return this.#otherWide + wide(this.#otherLow, this.#otherHigh);
  }

  #addOther(count: number, low: number, high: number): void {
    this.#otherCount += count;
    this.#otherLow += low;
    this.#otherHigh += high;
    if (this.#otherLow < WORD_SUM_MAX && this.#otherHigh < WORD_SUM_MAX) return;
    this.#otherWide = this.#otherSum;
    this.#otherLow = 0;
    this.#otherHigh = 0;
  }

  /** Returns the row of a key, and makes one if there is none. */
  #row(key: number): number {
    let slot = this.#slotOf(key);
    if (this.#slots[slot] > 0) return this.#slots[slot] - 1;
    if (this.#length >= 2 * this.#keysMax) {
      this.#prune(this.#limit);
      slot = this.#slotOf(key);
    }
    if (this.#length === this.#keys.length) {
      this.#grow();
      slot = this.#slotOf(key);
    }
    const row = this.#length++;
    this.#keys[row] = key;
    this.#slots[slot] = row + 1;
    return row;
  }

  /** Returns the slot of a key, or the empty one where it belongs. */
  #slotOf(key: number): number {
    const [slots, keys] = [this.#slots, this.#keys];
    const last = slots.length - 1;
    let slot = Math.imul(key ^ (key >>> 15), 0x9e3779b1) >>> this.#shift;
    while (slots[slot] > 0 && keys[slots[slot] - 1] !== key) slot = (slot + 1) & last;
    return slot;
  }

  #grow(): void {
    const rows = 2 * this.#keys.length;
    const larger = <A extends Uint32Array | Float64Array>(to: A, from: A): A => {
      to.set(from);
      return to;
    };
    this.#keys = larger(new Uint32Array(rows), this.#keys);
    this.#counts = larger(new Float64Array(rows), this.#counts);
    this.#lows = larger(new Float64Array(rows), this.#lows);
    this.#highs = larger(new Float64Array(rows), this.#highs);
    this.#slots = new Int32Array(2 * rows);
    this.#shift = Math.clz32(2 * rows) + 1;
    this.#index();
  }

  #index(): void {
    this.#slots.fill(0);
    for (let row = 0; row < this.#length; row++)
      this.#slots[this.#slotOf(this.#keys[row])] = row + 1;
  }

  #settle(row: number): void {
    const key = this.#keys[row];
    const sum = wide(this.#lows[row], this.#highs[row]);
    this.#wide.set(key, (this.#wide.get(key) ?? 0n) + sum);
    this.#lows[row] = 0;
    this.#highs[row] = 0;
  }

  /** Drops the keys above `limit`, then the largest until `keysMax` are left. */
  #prune(limit: number): void {
    const [keys, counts, lows, highs] = [this.#keys, this.#counts, this.#lows, this.#highs];
    const length = this.#length;
    const sorted = keys.slice(0, length).sort();
    this.#limit = length > this.#keysMax ? Math.min(limit, sorted[this.#keysMax - 1]) : limit;
    if (length === 0 || sorted[length - 1] <= this.#limit) return;
    let kept = 0;
    for (let row = 0; row < length; row++) {
      const key = keys[row];
      if (key > this.#limit) {
        this.#addOther(counts[row], lows[row], highs[row]);
        this.#otherWide += this.#wide.get(key) ?? 0n;
        this.#wide.delete(key);
        continue;
      }
      keys[kept] = key;
      counts[kept] = counts[row];
      lows[kept] = lows[row];
      highs[kept] = highs[row];
      kept += 1;
    }
    for (const words of [counts, lows, highs]) words.fill(0, kept, length);
    this.#length = kept;
    this.#index();
  }
}
