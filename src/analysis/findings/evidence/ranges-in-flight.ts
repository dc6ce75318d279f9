// Ranges of bytes that requests in flight are about: which newest one overlaps another?
import { widened } from './widened.ts';

/** Ranges of at most this many bytes (as log2) share a level. */
const LEVEL_MIN = 12;
/** The level of the longest range: below 2^31 bytes. */
const LEVEL_MAX = 31;
const HEADS_BITS = 14;
/** How many of the newest ranges in a bucket are looked at; more than this many rarely differ. */
const LOOKED_AT_MAX = 256;

/** By level: what a byte is multiplied by to find its bucket. */
const SCALES = Float64Array.from({ length: LEVEL_MAX + 1 }, (_, level) => 2 ** -level);

const levelOf = (length: number): number => Math.max(LEVEL_MIN, 32 - Math.clz32(length - 1));

const hash = (group: number, level: number, bucket: number): number => {
  const mixed = Math.imul(bucket ^ Math.imul((group << 5) | level, 0x9e3779b1), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) >>> (32 - HEADS_BITS);
};

/**
 * Ranges by slot, in groups of which each is a file or a memory. A range of up to 2^L bytes is in
 * the one or two buckets of 2^L bytes that it touches, newest first. A search looks into the
 * buckets of every level in use that it touches, or at every range of its group if those are fewer.
 */
export class RangesInFlight {
  #group = new Uint32Array(0);
  #from = new Float64Array(0);
  #to = new Float64Array(0);
  #seq = new Float64Array(0);
  #level = new Uint8Array(0);
  /** By node: two per slot, the second one of ranges that touch a second bucket. 0 is none. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** By node: its bucket; -1 of nodes that are not in use. */
  #bucket = new Int32Array(0);
  readonly #heads = new Int32Array(2 ** HEADS_BITS);
  /** By slot: its neighbours in the list of its group, newest first. */
  #newer = new Int32Array(0);
  #older = new Int32Array(0);
  /** By group: its newest range, and how many it has. */
  #newest = new Int32Array(64);
  #count = new Uint32Array(64);
  readonly #levelCounts = new Uint32Array(LEVEL_MAX + 1);
  #levels = 0;
  #last = 0;
  /** How many ranges searches have looked at. */
  looked = 0;

  /** Makes room for slots below this. */
  resize(slots: number): void {
    this.#group = widened(new Uint32Array(slots), this.#group);
    this.#from = widened(new Float64Array(slots), this.#from);
    this.#to = widened(new Float64Array(slots), this.#to);
    this.#seq = widened(new Float64Array(slots), this.#seq);
    this.#level = widened(new Uint8Array(slots), this.#level);
    this.#newer = widened(new Int32Array(slots), this.#newer);
    this.#older = widened(new Int32Array(slots), this.#older);
    this.#next = widened(new Int32Array(2 * slots), this.#next);
    this.#previous = widened(new Int32Array(2 * slots), this.#previous);
    this.#bucket = widened(new Int32Array(2 * slots).fill(-1), this.#bucket);
  }

  /** The first byte of the range in a slot, and the one after its last. */
  fromOf(slot: number): number {
    return this.#from[slot];
  }

  toOf(slot: number): number {
    return this.#to[slot];
  }

  /** Whether the range in a slot is newer than that in another. */
  isNewer(slot: number, than: number): boolean {
    return this.#seq[slot] > this.#seq[than];
  }

  /** Adds a range of 1 to 2^31 bytes below 2^53 as the newest; the slot must have none. */
  add(slot: number, group: number, from: number, length: number): void {
    const level = levelOf(length);
    this.#group[slot] = group;
    this.#from[slot] = from;
    this.#to[slot] = from + length;
    this.#seq[slot] = this.#last += 1;
    this.#level[slot] = level;
    const first = Math.floor(from * SCALES[level]);
    this.#link(2 * slot, hash(group, level, first));
    if (Math.floor((from + length - 1) * SCALES[level]) !== first)
      this.#link(2 * slot + 1, hash(group, level, first + 1));
    this.#levelCounts[level] += 1;
    this.#levels |= 1 << level;
    if (group >= this.#newest.length) this.#growGroups(group);
    const older = this.#newest[group];
    this.#newest[group] = slot;
    this.#older[slot] = older;
    this.#newer[slot] = 0;
    if (older !== 0) this.#newer[older] = slot;
    this.#count[group] += 1;
  }

  /** Removes the range in a slot, which must have one. */
  remove(slot: number): void {
    this.#unlink(2 * slot);
    if (this.#bucket[2 * slot + 1] >= 0) this.#unlink(2 * slot + 1);
    const level = this.#level[slot];
    this.#levelCounts[level] -= 1;
    if (this.#levelCounts[level] === 0) this.#levels &= ~(1 << level);
    const [newer, older, group] = [this.#newer[slot], this.#older[slot], this.#group[slot]];
    if (newer === 0) this.#newest[group] = older;
    else this.#older[newer] = older;
    if (older !== 0) this.#newer[older] = newer;
    this.#count[group] -= 1;
  }

  /** Returns the slot of the newest range of a group that overlaps this one; 0 if none does. */
  newestAt(group: number, from: number, length: number): number {
    if (group >= this.#count.length || this.#count[group] === 0) return 0;
    const to = from + length;
    const count = this.#count[group];
    let best = 0;
    for (let levels = this.#levels; levels !== 0; ) {
      const level = 31 - Math.clz32(levels);
      levels &= ~(1 << level);
      const first = Math.floor(from * SCALES[level]);
      const last = Math.floor((to - 1) * SCALES[level]);
      if (last - first >= count) return this.#newestOf(group, from, to);
      for (let bucket = first; bucket <= last; bucket++) {
        const found = this.#find(hash(group, level, bucket), group, from, to);
        if (found !== 0 && (best === 0 || this.#seq[found] > this.#seq[best])) best = found;
      }
    }
    return best;
  }

  /** Looks at the newest ranges in a bucket. */
  #find(bucket: number, group: number, from: number, to: number): number {
    let node = this.#heads[bucket];
    for (let looked = 0; node !== 0 && looked < LOOKED_AT_MAX; looked++) {
      const slot = node >> 1;
      this.looked += 1;
      if (this.#from[slot] < to && this.#to[slot] > from && this.#group[slot] === group)
        return slot;
      node = this.#next[node];
    }
    return 0;
  }

  /** Looks at the ranges of a group one by one. */
  #newestOf(group: number, from: number, to: number): number {
    let slot = this.#newest[group];
    while (slot !== 0 && (this.#from[slot] >= to || this.#to[slot] <= from)) {
      this.looked += 1;
      slot = this.#older[slot];
    }
    return slot;
  }

  #link(node: number, bucket: number): void {
    const next = this.#heads[bucket];
    this.#heads[bucket] = node;
    this.#next[node] = next;
    this.#previous[node] = 0;
    this.#bucket[node] = bucket;
    if (next !== 0) this.#previous[next] = node;
  }

  #unlink(node: number): void {
    const [next, previous] = [this.#next[node], this.#previous[node]];
    if (previous === 0) this.#heads[this.#bucket[node]] = next;
    else this.#next[previous] = next;
    if (next !== 0) this.#previous[next] = previous;
    this.#bucket[node] = -1;
  }

  #growGroups(group: number): void {
    this.#newest = widened(new Int32Array(2 * group), this.#newest);
    this.#count = widened(new Uint32Array(2 * group), this.#count);
  }
}
