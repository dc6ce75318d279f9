/** Keys that a table keeps by default: the smallest as unsigned. */
const KEYS_MAX = 65536;
/** Keys below this, such as descriptors and opcodes, find their row without a hash. */
const DIRECT_KEYS = 1024;
/** At this a row's words are moved to its bigint: one more addition stays below 2^53. */
const WORD_SUM_MAX = 2 ** 52;

/** A row of a table: the number of occurrences of a key, and the sum of their values. */
export interface KeyedRow {
  readonly key: number;
  readonly count: number;
  readonly sum: bigint;
}

/** The state of a `KeyedTable`, which can be cloned. */
export interface KeyedState {
  readonly rows: readonly KeyedRow[];
  readonly otherCount: number;
  readonly otherSum: bigint;
}

/**
 * Exact counts and sums by unsigned 32-bit key. It keeps the smallest keys, `KEYS_MAX` by default,
 * and adds up the rest in `other`. A key that is kept in the end was never dropped, so the result
 * is the same in any order and after any merges.
 */
export class KeyedTable {
  readonly #keysMax: number;
  #rows = new Map<number, number>();
  #direct = new Int32Array(DIRECT_KEYS).fill(-1);
  #keys: number[] = [];
  #counts: number[] = [];
  #lows: number[] = [];
  #highs: number[] = [];
  #sums: bigint[] = [];
  /** Keys above this were dropped, and stay out. */
  #limit = 2 ** 32 - 1;
  #otherCount = 0;
  #otherSum = 0n;

  constructor(keysMax: number = KEYS_MAX) {
    this.#keysMax = keysMax;
  }

  /** Adds `count` occurrences of `key` with a total of `high * 2^32 + low`, both below 2^52. */
  add(key: number, count: number, low = 0, high = 0): void {
    if (key > this.#limit) {
      this.#otherCount += count;
      this.#otherSum += wide(low, high);
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
    if (key > this.#limit) this.#otherSum += sum;
    else this.#sums[this.#row(key)] += sum;
  }

  /** Returns the state. */
  state(): KeyedState {
    return { rows: this.rows(), otherCount: this.#otherCount, otherSum: this.#otherSum };
  }

  /** Adds the counts and sums of another table. */
  merge({ rows, otherCount, otherSum }: KeyedState): void {
    for (const { key, count, sum } of rows) this.addSum(key, count, sum);
    this.#otherCount += otherCount;
    this.#otherSum += otherSum;
  }

  /** Returns the rows, ascending by key as unsigned. */
  rows(): KeyedRow[] {
    this.#prune(this.#limit);
    const rows = this.#keys.map((key, row) => ({
      key,
      count: this.#counts[row],
      sum: this.#sum(row),
    }));
    return rows.sort((a, b) => a.key - b.key);
  }

  /** Returns the count and sum of dropped keys; null if all keys are kept. */
  other(): { count: number; sum: bigint } | null {
    this.#prune(this.#limit);
    return this.#otherCount === 0 ? null : { count: this.#otherCount, sum: this.#otherSum };
  }

  #row(key: number): number {
    const known = key < DIRECT_KEYS ? this.#direct[key] : (this.#rows.get(key) ?? -1);
    if (known >= 0) return known;
    if (this.#keys.length >= 2 * this.#keysMax) this.#prune(this.#limit);
    const row = this.#keys.length;
    this.#keys.push(key);
    this.#counts.push(0);
    this.#lows.push(0);
    this.#highs.push(0);
    this.#sums.push(0n);
    if (key < DIRECT_KEYS) this.#direct[key] = row;
    else this.#rows.set(key, row);
    return row;
  }

  #sum(row: number): bigint {
    return this.#sums[row] + wide(this.#lows[row], this.#highs[row]);
  }

  #settle(row: number): void {
    this.#sums[row] = this.#sum(row);
    this.#lows[row] = 0;
    this.#highs[row] = 0;
  }

  /** Drops the keys above `limit`, then the largest until `keysMax` are left. */
  #prune(limit: number): void {
    const sorted = Float64Array.from(this.#keys).sort();
    this.#limit =
      sorted.length > this.#keysMax ? Math.min(limit, sorted[this.#keysMax - 1]) : limit;
    if (sorted.length === 0 || sorted[sorted.length - 1] <= this.#limit) return;
    const [keys, counts] = [this.#keys, this.#counts];
    const sums = keys.map((_, row) => this.#sum(row));
    this.#rows = new Map();
    this.#direct.fill(-1);
    this.#keys = [];
    this.#counts = [];
    this.#lows = [];
    this.#highs = [];
    this.#sums = [];
    keys.forEach((key, row) => {
      if (key > this.#limit) {
        this.#otherCount += counts[row];
        this.#otherSum += sums[row];
        return;
      }
      const kept = this.#row(key);
      this.#counts[kept] = counts[row];
      this.#sums[kept] = sums[row];
    });
  }
}

const wide = (low: number, high: number): bigint => (BigInt(high) << 32n) + BigInt(low);
