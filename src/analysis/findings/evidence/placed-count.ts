// How many requests of one kind there were, and where: the first, their bytes and their times.

/** A count of requests, and the ranges that hold all of them. */
export class PlacedCount {
  count = 0;
  /** The lowest index of one. */
  first = Number.POSITIVE_INFINITY;
  /** The first byte of any, and the one after the last. */
  offsetFrom = Number.POSITIVE_INFINITY;
  offsetTo = 0;
  /** The times of the first and the last. */
  from = 2n ** 64n;
  to = 0n;

  add(index: number, offsetFrom: number, offsetTo: number, ts: bigint): void {
    this.#widen(index, offsetFrom, offsetTo, ts, ts);
    this.count += 1;
  }

  merge({ count, first, offsetFrom, offsetTo, from, to }: PlacedCount): void {
    this.#widen(first, offsetFrom, offsetTo, from, to);
    this.count += count;
  }

  #widen(first: number, offsetFrom: number, offsetTo: number, from: bigint, to: bigint): void {
    this.first = Math.min(this.first, first);
    this.offsetFrom = Math.min(this.offsetFrom, offsetFrom);
    this.offsetTo = Math.max(this.offsetTo, offsetTo);
    if (from < this.from) this.from = from;
    if (to > this.to) this.to = to;
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

  /** All of them as one. */
  total(): PlacedCount {
    const total = new PlacedCount();
    for (const each of [...this.groups.values(), this.other]) total.merge(each);
    return total;
  }
}
