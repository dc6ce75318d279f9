// Requests that overlap an older one in flight, counted once both have succeeded.
import { PlacedCount, PlacedCounts } from './placed-count.ts';
import { RangesInFlight } from './ranges-in-flight.ts';
import { widened } from './widened.ts';

/**
 * Judges requests by slot, each against the newest older one in flight that it overlaps. Only if
 * both move bytes were they certainly in flight at once: one without a completion may have been
 * refused, and one that completes at the time of the submission may have been over.
 */
export class Overlaps {
  readonly counts = new PlacedCounts();
  readonly #ranges = new RangesInFlight();
  /** By slot: whether it overlaps an older one, or a newer one overlaps it. */
  #isInvolved = new Uint8Array(0);
  /** By slot: the older request that it overlaps, in flight; 0 without one. */
  #older = new Int32Array(0);
  /** By slot: whether that older one has moved bytes. */
  #isCertain = new Uint8Array(0);
  /** By slot: the newest request in flight that overlaps it, and the next one of that list. */
  #newer = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** By slot: the submission, its time as words, and the bytes that both requests are about. */
  #index = new Float64Array(0);
  #ts = new Uint32Array(0);
  #from = new Float64Array(0);
  #to = new Float64Array(0);
  /** By slot: newer requests that have moved bytes before it. Made on demand, and used again. */
  readonly #waiting: (PlacedCount | undefined)[] = [];

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
    while (this.#waiting.length < slots) this.#waiting.push(undefined);
    this.#ts = widened(new Uint32Array(2 * slots), this.#ts);
    this.#from = widened(new Float64Array(slots), this.#from);
    this.#to = widened(new Float64Array(slots), this.#to);
  }

  /**
   * The request in a slot, with its time there, enters flight in a group, as one of a class; it is
   * not judged against those of the class `except`.
   */
  enter(
    slot: number,
    group: number,
    ofClass: number,
    except: number,
    from: number,
    length: number,
    index: number,
    ts: Uint32Array,
  ): void {
    const ranges = this.#ranges;
    const older = ranges.add(slot, group, ofClass, except, from, length);
    if (older === 0) return;
    this.#index[slot] = index;
    this.#ts[2 * slot] = ts[2 * slot];
    this.#ts[2 * slot + 1] = ts[2 * slot + 1];
    this.#from[slot] = Math.max(from, ranges.fromOf(older));
    this.#to[slot] = Math.min(from + length, ranges.toOf(older));
    this.#involve(slot, older);
  }

  /**
   * The request in a slot has left flight, at the time in row `row` if it moved bytes. If it
   * counts, it is counted in a group.
   */
  leave(slot: number, group: number, ts: Uint32Array | null, row: number): void {
    this.#ranges.remove(slot);
    if (this.#isInvolved[slot] !== 0) this.#judge(slot, group, ts, row);
  }

  #judge(slot: number, group: number, ts: Uint32Array | null, row: number): void {
    const own = this.#ts;
    const low = ts === null ? 0 : ts[2 * row];
    const high = ts === null ? 0 : ts[2 * row + 1];
    for (let newer = this.#newer[slot]; newer !== 0; newer = this.#next[newer]) {
      this.#older[newer] = 0;
      const newerHigh = own[2 * newer + 1];
      if (newerHigh < high || (newerHigh === high && own[2 * newer] < low))
        this.#isCertain[newer] = 1;
    }
    const waiting = this.#waiting[slot];
    if (waiting !== undefined && waiting.count > 0) {
      if (waiting.isBefore(high, low)) this.counts.of(group).merge(waiting);
      waiting.clear();
    }
    const older = this.#older[slot];
    if (older !== 0) this.#unlink(slot, older);
    if (ts !== null) {
      if (this.#isCertain[slot] !== 0) this.#addTo(this.counts.of(group), slot);
      else if (older !== 0) this.#addTo((this.#waiting[older] ??= new PlacedCount()), slot);
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

  /** Takes a request from the list of those that overlap an older one. */
  #unlink(slot: number, older: number): void {
    const next = this.#next[slot];
    const previous = this.#previous[slot];
    if (previous === 0) this.#newer[older] = next;
    else this.#next[previous] = next;
    if (next !== 0) this.#previous[next] = previous;
  }

  #addTo(count: PlacedCount, slot: number): void {
    const ts = this.#ts;
    const at = 2 * slot;
    count.add(this.#index[slot], this.#from[slot], this.#to[slot], ts[at + 1], ts[at]);
  }
}
