import { ExactSum, Latency } from './latency.ts';

/** What one opcode, or one descriptor of a process, did: requests that were matched. */
export class Group {
  readonly bytes = new ExactSum();
  readonly latency: Latency;
  readonly high: number;
  readonly low: number;
  short = 0;
  errors = 0;
  /** FSYNC and FDSYNC that were submitted; those that overtook writes; and how many writes these overtook. */
  fsyncs = 0;
  overtaking = 0;
  overtakenWrites = 0;
  /** What this has been merged into, when the table had to drop it. */
  into: Group | null = null;
  /** Where it is counted how many of its writes are in flight: shared with the kernel from `writesAt` 0 on. */
  #writes: Uint32Array | null = null;
  #ownWrites = 0;
  writesAt = -1;

  constructor(high: number, low: number, histogram: boolean) {
    this.high = high;
    this.low = low;
    this.latency = new Latency(histogram);
  }

  get writesInFlight(): number {
    return this.#writes === null ? this.#ownWrites : this.#writes[this.writesAt];
  }

  set writesInFlight(count: number) {
    if (this.#writes === null) this.#ownWrites = count;
    else this.#writes[this.writesAt] = count;
  }

  /** Count the writes in flight in a place of these from now on. */
  shareWrites(writes: Uint32Array, at: number): void {
    writes[at] = this.#ownWrites;
    this.#writes = writes;
    this.writesAt = at;
  }

  merge(group: Group): void {
    this.bytes.addWide(group.bytes.value);
    this.latency.merge(group.latency);
    this.short += group.short;
    this.errors += group.errors;
    this.fsyncs += group.fsyncs;
    this.overtaking += group.overtaking;
    this.overtakenWrites += group.overtakenWrites;
  }
}

/** A table keeps so many groups: those of the smallest keys. It sorts them out when it has an eighth more. */
const GROUPS_MAX = 65536;
/** So many of them, those of the smallest keys again, have histograms, and with them percentiles. */
const HISTOGRAMS_MAX = 64;
const CACHED = 256;

/** Two words as one key: a number where that is exact, as it is for any pid that Linux gives. */
const keyOf = (high: number, low: number): number | bigint =>
  high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);

const compare = (a: Group, b: Group): number => a.high - b.high || a.low - b.low;

/**
 * Groups by a key of two unsigned words. It keeps those of the `GROUPS_MAX` smallest keys exactly, and the rest together
 * in `other`: one pass gives the same in any order, because a key that survives was never dropped.
 */
export class GroupTable {
  readonly other = new Group(0, 0, false);
  readonly #groupsMax: number;
  readonly #histogramsMax: number;
  readonly #groups = new Map<number | bigint, Group>();
  readonly #cache: Group[];
  #limit: Group | null = null;
  #withHistogram: Group[] = [];
  #histogramLimit: Group | null = null;

  constructor(groupsMax: number = GROUPS_MAX, histogramsMax: number = HISTOGRAMS_MAX) {
    this.#groupsMax = groupsMax;
    this.#histogramsMax = histogramsMax;
    this.#cache = Array.from({ length: CACHED }, () => this.other);
    // Nothing is found in `other` by its key.
    this.other.into = this.other;
  }

  /** The group of a key, or `other`. */
  of(high: number, low: number): Group {
    const at = (Math.imul(high, 31) ^ low) & (CACHED - 1);
    const cached = this.#cache[at];
    if (cached.high === high && cached.low === low && cached.into === null) return cached;
    const found = this.#groups.get(keyOf(high, low)) ?? this.#add(high, low);
    this.#cache[at] = found;
    return found;
  }

  merge(table: GroupTable): void {
    for (const group of table.groups()) this.of(group.high, group.low).merge(group);
    this.other.merge(table.other);
    if (table.#limit !== null && (this.#limit === null || compare(table.#limit, this.#limit) < 0))
      this.#prune(table.#limit);
  }

  /** Whether groups had to be dropped. */
  get isFull(): boolean {
    return this.#limit !== null;
  }

  /** The groups that are kept, ascending by key. */
  groups(): Group[] {
    const limit = this.#limit;
    const sorted = this.#sorted();
    if (sorted.length > this.#groupsMax) {
      this.#prune(limit);
      return this.#sorted();
    }
    this.#trimHistograms(sorted);
    return sorted;
  }

  #sorted(): Group[] {
    return [...this.#groups.values()].sort(compare);
  }

  #add(high: number, low: number): Group {
    const group = new Group(high, low, false);
    if (this.#limit !== null && compare(group, this.#limit) > 0) return this.other;
    const isNarrow = this.#histogramLimit === null || compare(group, this.#histogramLimit) <= 0;
    const kept = isNarrow ? new Group(high, low, true) : group;
    this.#groups.set(keyOf(high, low), kept);
    if (isNarrow) this.#withHistogram.push(kept);
    if (this.#withHistogram.length >= 2 * this.#histogramsMax)
      this.#trimHistograms(this.#withHistogram.sort(compare));
    if (this.#groups.size >= this.#groupsMax * 1.125 + 1) this.#prune(this.#limit);
    return kept.into ?? kept;
  }

  /** Of groups ascending by key, keep histograms of the first ones only. */
  #trimHistograms(sorted: readonly Group[]): void {
    if (sorted.length <= this.#histogramsMax) return;
    this.#histogramLimit = sorted[this.#histogramsMax - 1];
    for (const group of sorted.slice(this.#histogramsMax)) group.latency.dropHistogram();
    this.#withHistogram = sorted.slice(0, this.#histogramsMax);
  }

  /** Put every group above `limit`, and the largest until `groupsMax` are left, into `other`. */
  #prune(limit: Group | null): void {
    const sorted = this.#sorted();
    const most = sorted[Math.min(sorted.length, this.#groupsMax) - 1] ?? null;
    if (sorted.length > this.#groupsMax)
      this.#limit = limit === null || compare(most, limit) < 0 ? most : limit;
    else this.#limit = limit;
    for (const group of sorted) {
      if (this.#limit === null || compare(group, this.#limit) <= 0) continue;
      this.other.merge(group);
      group.into = this.other;
      this.#groups.delete(keyOf(group.high, group.low));
    }
    this.#trimHistograms(this.#sorted());
  }
}
