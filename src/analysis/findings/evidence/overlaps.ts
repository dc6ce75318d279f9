// Requests that overlap an older one in flight, counted once both have succeeded.
import { PlacedCount, PlacedCounts } from './placed-count.ts';
import { RangesInFlight } from './ranges-in-flight.ts';
import { widened } from './widened.ts';

/** The older requests that one is judged against: the newest ones. */
const OLDER_MAX = 4;
/** No link. */
const NONE = -1;

/**
 * Judges requests by slot, each against the newest four older ones in flight that it overlaps;
 * once it has completed, against the newest of those left. Only if both move bytes were they
 * certainly in flight at once: one without a completion may have been refused, and one that
 * completes at the time of the submission may have been over.
 */
export class Overlaps {
  readonly counts = new PlacedCounts();
  readonly #ranges = new RangesInFlight();
  /** By slot: whether it overlaps an older one, or a newer one overlaps it. */
  #isInvolved = new Uint8Array(0);
  /**
   * By link, of which each slot has `OLDER_MAX`: an older request in flight that it overlaps, the
   * newest first; 0 without one.
   */
  #older = new Int32Array(0);
  /** By slot: whether one of the older ones has moved bytes. */
  #isCertain = new Uint8Array(0);
  /** By slot: a list of links to it, of newer requests. By link: its neighbours there, or -1. */
  #links = new Int32Array(0);
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
    this.#links = widened(new Int32Array(slots).fill(NONE), this.#links);
    this.#older = widened(new Int32Array(OLDER_MAX * slots), this.#older);
    this.#next = widened(new Int32Array(OLDER_MAX * slots), this.#next);
    this.#previous = widened(new Int32Array(OLDER_MAX * slots), this.#previous);
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
    let place = 0;
    for (let next = older; next !== 0 && place < OLDER_MAX; place++) {
      this.#link(OLDER_MAX * slot + place, next);
      next = place + 1 < OLDER_MAX ? ranges.before(slot, except, next) : 0;
    }
    this.#isInvolved[slot] = 1;
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
    const low = ts === null ? 0 : ts[2 * row];
    const high = ts === null ? 0 : ts[2 * row + 1];
    this.#judgeNewer(slot, high, low);
    const waiting = this.#waiting[slot];
    if (waiting !== undefined && waiting.count > 0) {
      if (waiting.isBefore(high, low)) this.counts.of(group).merge(waiting);
      waiting.clear();
    }
    let newest = 0;
    for (let link = OLDER_MAX * slot + OLDER_MAX - 1; link >= OLDER_MAX * slot; link--) {
      if (this.#older[link] === 0) continue;
      newest = this.#older[link];
      this.#unlink(link);
    }
    if (ts !== null) {
      if (this.#isCertain[slot] !== 0) this.#addTo(this.counts.of(group), slot);
      else if (newest !== 0) this.#addTo((this.#waiting[newest] ??= new PlacedCount()), slot);
    }
    this.#isCertain[slot] = 0;
    this.#isInvolved[slot] = 0;
  }

  /** Newer requests overlap one that ended at a time, or at 0 if it moved nothing. */
  #judgeNewer(slot: number, high: number, low: number): void {
    const ts = this.#ts;
    for (let link = this.#links[slot]; link !== NONE; link = this.#next[link]) {
      const newer = Math.floor(link / OLDER_MAX);
      this.#older[link] = 0;
      const newerHigh = ts[2 * newer + 1];
      if (newerHigh < high || (newerHigh === high && ts[2 * newer] < low))
        this.#isCertain[newer] = 1;
    }
    this.#links[slot] = NONE;
  }

  #link(link: number, older: number): void {
    const next = this.#links[older];
    this.#isInvolved[older] = 1;
    this.#older[link] = older;
    this.#links[older] = link;
    this.#next[link] = next;
    this.#previous[link] = NONE;
    if (next !== NONE) this.#previous[next] = link;
  }

  #unlink(link: number): void {
    const next = this.#next[link];
    const previous = this.#previous[link];
    if (previous === NONE) this.#links[this.#older[link]] = next;
    else this.#next[previous] = next;
    if (next !== NONE) this.#previous[next] = previous;
    this.#older[link] = 0;
  }

  #addTo(count: PlacedCount, slot: number): void {
    const ts = this.#ts;
    const at = 2 * slot;
    count.add(this.#index[slot], this.#from[slot], this.#to[slot], ts[at + 1], ts[at]);
  }
}
