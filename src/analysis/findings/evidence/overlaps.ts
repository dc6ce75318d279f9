// Requests that overlap an older one in flight, counted once both have succeeded.
import { timeAt } from '../../match/waiting-pairs.ts';
import { PlacedCount, PlacedCounts } from './placed-count.ts';
import { RangesInFlight } from './ranges-in-flight.ts';
import { widened } from './widened.ts';

/**
 * Judges requests by slot, each against the newest older one in flight that it overlaps. Only if
 * both succeed were they certainly in flight at once: one that has no completion may have been
 * refused, and one whose completion has the time of the submission may have been over.
 */
export class Overlaps {
  readonly counts = new PlacedCounts();
  readonly #ranges = new RangesInFlight();
  /** By slot: whether it overlaps an older one, or a newer one overlaps it. */
  #isInvolved = new Uint8Array(0);
  /** By slot: the older request that it overlaps, in flight; 0 without one. */
  #older = new Int32Array(0);
  /** By slot: whether that older one has succeeded. */
  #isCertain = new Uint8Array(0);
  /** By slot: the newest request in flight that overlaps it, and the next one of that list. */
  #newer = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** By slot: the submission, its time, and the bytes that both requests are about. */
  #index = new Float64Array(0);
  #ts = new BigUint64Array(0);
  #from = new Float64Array(0);
  #to = new Float64Array(0);
  /** By slot: newer requests that have succeeded before it. */
  readonly #waiting = new Map<number, PlacedCount>();

  /** How many ranges searches have looked at. */
  get looked(): number {
    return this.#ranges.looked;
  }

  /** Makes room for slots below this. */
  resize(slots: number): void {
    this.#ranges.resize(slots);
    this.#isInvolved = widened(new Uint8Array(slots), this.#isInvolved);
    this.#isCertain = widened(new Uint8Array(slots), this.#isCertain);
    this.#older = widened(new Int32Array(slots), this.#older);
    this.#newer = widened(new Int32Array(slots), this.#newer);
    this.#next = widened(new Int32Array(slots), this.#next);
    this.#previous = widened(new Int32Array(slots), this.#previous);
    this.#index = widened(new Float64Array(slots), this.#index);
    this.#ts = widened(new BigUint64Array(slots), this.#ts);
    this.#from = widened(new Float64Array(slots), this.#from);
    this.#to = widened(new Float64Array(slots), this.#to);
  }

  /**
   * The request in a slot enters flight in a group. It is judged against the newest one of either
   * of two groups that overlaps it; 0 is no group.
   */
  enter(
    slot: number,
    group: number,
    against: number,
    orAgainst: number,
    from: number,
    length: number,
    index: number,
    ts: Uint32Array,
    row: number,
  ): void {
    const ranges = this.#ranges;
    let older = ranges.newestAt(against, from, length);
    if (orAgainst !== 0) {
      const other = ranges.newestAt(orAgainst, from, length);
      if (other !== 0 && (older === 0 || ranges.isNewer(other, older))) older = other;
    }
    if (older !== 0) {
      this.#index[slot] = index;
      this.#ts[slot] = timeAt(ts, 2 * row);
      this.#from[slot] = Math.max(from, ranges.fromOf(older));
      this.#to[slot] = Math.min(from + length, ranges.toOf(older));
      this.#involve(slot, older);
    }
    ranges.add(slot, group, from, length);
  }

  /**
   * The request in a slot has left flight, at the time in row `row` if it succeeded. Counted in a
   * group, if it counts.
   */
  leave(slot: number, group: number, ts: Uint32Array | null, row: number): void {
    this.#ranges.remove(slot);
    if (this.#isInvolved[slot] === 0) return;
    const ended = ts && timeAt(ts, 2 * row);
    for (let newer = this.#newer[slot]; newer !== 0; newer = this.#next[newer]) {
      this.#older[newer] = 0;
      if (ended !== null && ended > this.#ts[newer]) this.#isCertain[newer] = 1;
    }
    const waiting = this.#waiting.get(slot);
    if (waiting !== undefined) {
      this.#waiting.delete(slot);
      if (ended !== null && ended > waiting.to) this.counts.of(group).merge(waiting);
    }
    const older = this.#older[slot];
    if (older !== 0) this.#unlink(slot, older);
    if (ended !== null) {
      if (this.#isCertain[slot] !== 0) this.#addTo(this.counts.of(group), slot);
      else if (older !== 0) this.#addTo(this.#waitingOn(older), slot);
    }
    this.#isCertain[slot] = 0;
    this.#isInvolved[slot] = 0;
    this.#older[slot] = 0;
    this.#newer[slot] = 0;
  }

  /** Adds a request to those that overlap an older one. */
  #involve(slot: number, older: number): void {
    this.#isInvolved[slot] = 1;
    this.#isInvolved[older] = 1;
    this.#older[slot] = older;
    const next = this.#newer[older];
    this.#newer[older] = slot;
    this.#next[slot] = next;
    this.#previous[slot] = 0;
    if (next !== 0) this.#previous[next] = slot;
  }

  #addTo(count: PlacedCount, slot: number): void {
    count.add(this.#index[slot], this.#from[slot], this.#to[slot], this.#ts[slot]);
  }

  #waitingOn(older: number): PlacedCount {
    const known = this.#waiting.get(older);
    if (known !== undefined) return known;
    const made = new PlacedCount();
    this.#waiting.set(older, made);
    return made;
  }

  /** Takes a request from the list of those that overlap an older one. */
  #unlink(slot: number, older: number): void {
    const [next, previous] = [this.#next[slot], this.#previous[slot]];
    if (previous === 0) this.#newer[older] = next;
    else this.#next[previous] = next;
    if (next !== 0) this.#previous[next] = previous;
  }
}
