// How many requests of one kind there were, and where: the first, their bytes and their times.

/** A count of requests, and the ranges that hold all of them. */
export class PlacedCount {
  count = 0;
  /** The lowest index of one. */
  first = Number.POSITIVE_INFINITY;
  /** The first byte of any, and the one after the last; of those that have a place. */
  offsetFrom = Number.POSITIVE_INFINITY;
  offsetTo = 0;
  /** The times of the first and the last, as words. */
  #fromHigh = 2 ** 32;
  #fromLow = 0;
  #toHigh = -1;
  #toLow = 0;

  /** Adds a request with its time, as words; at no place if `offsetFrom` is negative. */
  add(index: number, offsetFrom: number, offsetTo: number, high: number, low: number): void {
    this.count += 1;
    this.#widen(index, high, low, high, low);
    if (offsetFrom >= 0) this.#place(offsetFrom, offsetTo);
  }

  merge(other: PlacedCount): void {
    const { count, first, offsetFrom, offsetTo } = other;
    this.count += count;
    this.#widen(first, other.#fromHigh, other.#fromLow, other.#toHigh, other.#toLow);
    this.#place(offsetFrom, offsetTo);
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
    this.first = Number.POSITIVE_INFINITY;
    this.offsetFrom = Number.POSITIVE_INFINITY;
    this.offsetTo = 0;
    this.#fromHigh = 2 ** 32;
    this.#toHigh = -1;
  }

  /** The times of the first and the last. */
  get from(): bigint {
    return (BigInt(this.#fromHigh) << 32n) | BigInt(this.#fromLow);
  }

  get to(): bigint {
    return (BigInt(this.#toHigh) << 32n) | BigInt(this.#toLow);
  }

  /** Whether all were at earlier times than this. */
  isBefore(high: number, low: number): boolean {
    return this.#toHigh < high || (this.#toHigh === high && this.#toLow < low);
  }

  #place(offsetFrom: number, offsetTo: number): void {
    if (offsetFrom < this.offsetFrom) this.offsetFrom = offsetFrom;
    if (offsetTo > this.offsetTo) this.offsetTo = offsetTo;
  }

  #widen(first: number, fromHigh: number, fromLow: number, toHigh: number, toLow: number): void {
    if (first < this.first) this.first = first;
    if (fromHigh < this.#fromHigh || (fromHigh === this.#fromHigh && fromLow < this.#fromLow)) {
      this.#fromHigh = fromHigh;
      this.#fromLow = fromLow;
    }
    if (toHigh > this.#toHigh || (toHigh === this.#toHigh && toLow > this.#toLow)) {
      this.#toHigh = toHigh;
      this.#toLow = toLow;
    }
  }
}

/** Groups that are kept apart, in the order in which they come; `other` has the rest. */
const GROUPS_MAX = 256;

/** Counts by group. */
export class PlacedCounts {
  readonly groups = new Map<number, PlacedCount>();
  readonly other = new PlacedCount();

  of(group: number): PlacedCount {
    const known = this.groups.get(group);
    if (known !== undefined) return known;
    if (this.groups.size >= GROUPS_MAX) return this.other;
    const made = new PlacedCount();
    this.groups.set(group, made);
    return made;
  }

  /** Those of some groups. */
  only(isKept: (group: number) => boolean): PlacedCounts {
    const kept = new PlacedCounts();
    for (const [group, count] of this.groups) if (isKept(group)) kept.groups.set(group, count);
    kept.other.merge(this.other);
    return kept;
  }

  /** All of them as one. */
  total(): PlacedCount {
    const total = new PlacedCount();
    for (const each of [...this.groups.values(), this.other]) total.merge(each);
    return total;
  }
}
