import { ExactSum, Latency } from './latency.ts';

/** Statistics of the pairs of one opcode. */
export class OpcodeStats {
  readonly bytes = new ExactSum();
  readonly latency: Latency;
  readonly high: number;
  readonly low: number;
  short = 0;
  errors = 0;
  /** Pairs whose latency was left out, since records were lost meanwhile. */
  unmeasured = 0;
  /** The row into which these were merged when their table dropped them. */
  into: OpcodeStats | null = null;

  /** The key of a table has two words: 0 and the opcode, or pid and descriptor. */
  constructor(high: number, low: number, histogram: boolean) {
    this.high = high;
    this.low = low;
    this.latency = new Latency(histogram);
  }

  merge(other: OpcodeStats): void {
    this.bytes.addWide(other.bytes.value);
    this.latency.merge(other.latency);
    this.short += other.short;
    this.errors += other.errors;
    this.unmeasured += other.unmeasured;
  }
}

/** Statistics of one descriptor of a process. */
export class FdStats extends OpcodeStats {
  declare into: FdStats | null;
  /** FSYNC and FDSYNC submissions, those that overtook writes, and the number of these writes. */
  fsyncs = 0;
  overtaking = 0;
  overtakenWrites = 0;
  /** By direction: the statistics of its process. */
  readonly processes: (OpcodeStats | undefined)[] = [undefined, undefined, undefined];
  /** Counts the writes in flight at index `writesAt`, shared with the kernel; -1 if not shared. */
  #writes: Uint32Array | null = null;
  #ownWrites = 0;
  writesAt = -1;

  get writesInFlight(): number {
    return this.#writes === null ? this.#ownWrites : this.#writes[this.writesAt];
  }

  set writesInFlight(count: number) {
    if (this.#writes === null) this.#ownWrites = count;
    else this.#writes[this.writesAt] = count;
  }

  /** Counts the writes in flight at `writes[at]` from now on. */
  shareWrites(writes: Uint32Array, at: number): void {
    writes[at] = this.#ownWrites;
    this.#writes = writes;
    this.writesAt = at;
  }

  override merge(other: FdStats): void {
    super.merge(other);
    this.fsyncs += other.fsyncs;
    this.overtaking += other.overtaking;
    this.overtakenWrites += other.overtakenWrites;
  }
}

/** Rows that a table keeps: those with the smallest keys. It drops others once it has 1/8 more. */
const ROWS_MAX = 65536;
/** Rows that have a histogram and so percentiles: again those with the smallest keys. */
const HISTOGRAMS_MAX = 64;
const CACHED = 256;

/** Returns two words as one key: a number if that is exact, as for every pid that Linux assigns. */
const keyOf = (high: number, low: number): number | bigint =>
  high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);

const compare = (a: OpcodeStats, b: OpcodeStats): number => a.high - b.high || a.low - b.low;

/**
 * Statistics by a key of two unsigned words. Keeps the rows with the `rowsMax` smallest keys
 * exactly, and the sum of all others in `other`. The result does not depend on the order of
 * additions and merges, since a key that is kept in the end was never dropped.
 */
export class StatsTable<S extends OpcodeStats> {
  readonly other: S;
  readonly #create: new (
    high: number,
    low: number,
    histogram: boolean,
  ) => S;
  readonly #rowsMax: number;
  readonly #histogramsMax: number;
  readonly #rows = new Map<number | bigint, S>();
  readonly #cache: S[];
  #limit: S | null = null;
  #withHistogram: S[] = [];
  #histogramLimit: S | null = null;

  constructor(
    create: new (high: number, low: number, histogram: boolean) => S,
    rowsMax: number = ROWS_MAX,
    histogramsMax: number = HISTOGRAMS_MAX,
  ) {
    this.#create = create;
    this.#rowsMax = rowsMax;
    this.#histogramsMax = histogramsMax;
    this.other = new create(0, 0, false);
    this.#cache = Array.from({ length: CACHED }, () => this.other);
    // `other` fills the cache, and must not be found there by its key.
    this.other.into = this.other;
  }

  /** Returns the row of a key, a new one if need be, or `other`. */
  of(high: number, low: number): S {
    const at = (Math.imul(high, 31) ^ low) & (CACHED - 1);
    const cached = this.#cache[at];
    if (cached.high === high && cached.low === low && cached.into === null) return cached;
    const found = this.#rows.get(keyOf(high, low)) ?? this.#add(high, low);
    this.#cache[at] = found;
    return found;
  }

  merge(table: StatsTable<S>): void {
    for (const row of table.rows()) this.of(row.high, row.low).merge(row);
    this.other.merge(table.other);
    if (table.#limit !== null && (this.#limit === null || compare(table.#limit, this.#limit) < 0))
      this.#prune(table.#limit);
  }

  /** Whether rows had to be dropped. */
  get isFull(): boolean {
    return this.#limit !== null;
  }

  /** Returns the rows that are kept, in ascending order of their keys. Sorts: O(n log n). */
  rows(): S[] {
    const limit = this.#limit;
    const sorted = this.#sorted();
    if (sorted.length > this.#rowsMax) {
      this.#prune(limit);
      return this.#sorted();
    }
    this.#trimHistograms(sorted);
    return sorted;
  }

  #sorted(): S[] {
    return [...this.#rows.values()].sort(compare);
  }

  #add(high: number, low: number): S {
    const row = new this.#create(high, low, false);
    if (this.#limit !== null && compare(row, this.#limit) > 0) return this.other;
    const isNarrow = this.#histogramLimit === null || compare(row, this.#histogramLimit) <= 0;
    const kept = isNarrow ? new this.#create(high, low, true) : row;
    this.#rows.set(keyOf(high, low), kept);
    if (isNarrow) this.#withHistogram.push(kept);
    if (this.#withHistogram.length >= 2 * this.#histogramsMax)
      this.#trimHistograms(this.#withHistogram.sort(compare));
    if (this.#rows.size >= this.#rowsMax * 1.125 + 1) this.#prune(this.#limit);
    return kept.into === null ? kept : this.other;
  }

  /** Keeps the histograms of the first rows only. */
  #trimHistograms(sorted: readonly S[]): void {
    if (sorted.length <= this.#histogramsMax) return;
    this.#histogramLimit = sorted[this.#histogramsMax - 1];
    for (const row of sorted.slice(this.#histogramsMax)) row.latency.dropHistogram();
    this.#withHistogram = sorted.slice(0, this.#histogramsMax);
  }

  /** Merges into `other` every row above `limit`, and the largest keys beyond `rowsMax` rows. */
  #prune(limit: S | null): void {
    const sorted = this.#sorted();
    const most = sorted[Math.min(sorted.length, this.#rowsMax) - 1] ?? null;
    if (sorted.length > this.#rowsMax)
      this.#limit = limit === null || compare(most, limit) < 0 ? most : limit;
    else this.#limit = limit;
    for (const row of sorted) {
      if (this.#limit === null || compare(row, this.#limit) <= 0) continue;
      this.other.merge(row);
      row.into = this.other;
      this.#rows.delete(keyOf(row.high, row.low));
    }
    this.#trimHistograms(this.#sorted());
  }
}
