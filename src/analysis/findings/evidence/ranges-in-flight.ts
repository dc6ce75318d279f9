// Ranges of bytes that requests in flight are about: which newest one overlaps another?
import { widened } from './widened.ts';

/**
 * Ranges of up to 2^14, 2^20 and 2^31 bytes: most requests, those of scans, and all others. Of
 * mixed sizes more levels cost a look into more buckets, fewer a look at more ranges in a bucket.
 */
const LEVELS = 3;
const [SMALL, LARGE] = [2 ** 14, 2 ** 20];
/** By level: what a byte is multiplied by to find its bucket. */
const SCALES = Float64Array.of(2 ** -14, 2 ** -20, 2 ** -31);
const HEADS_BITS = 12;
/** How many of the newest ranges in a bucket are looked at. Where none overlaps, few are there. */
const LOOKED_AT_MAX = 256;
/** Of ranges that touch more buckets than this, all others are looked at one by one. */
const BUCKETS_MAX = 128;

const levelOf = (length: number): number => (length <= SMALL ? 0 : length <= LARGE ? 1 : 2);

const hash = (group: number, level: number, bucket: number): number => {
  const mixed = Math.imul(bucket ^ Math.imul((group << 2) | level, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) & (2 ** HEADS_BITS - 1);
};

/** A tag holds the group of a range, its class, 0 to 3, and its level. */
const CLASS_SHIFT = 2;
const GROUP_SHIFT = 4;
const SMALL_MASK = 3;

/** Numbers per slot, and which is which: the first byte, the one after the last, the order. */
const NUMBERS = 4;
const FROM = 0;
const TO = 1;
const SEQ = 2;
/** Above every place in the order. */
const ANY = Number.POSITIVE_INFINITY;
/** Words of the nodes of a slot. */
const NODES = 4;

/**
 * Ranges by slot, in groups of which each is a file or a memory. A range of up to 2^L bytes is in
 * the one or two buckets of 2^L bytes that it touches, newest first. A search looks into the
 * buckets that it touches at every level in use.
 */
export class RangesInFlight {
  #tag = new Uint32Array(0);
  /** By slot: `FROM`, `TO` and `SEQ`. */
  #numbers = new Float64Array(0);
  /**
   * Two nodes per slot, the second one of ranges that touch a second bucket. A node is the place of
   * two words: the next node, or 0, and the one before; of the first one its bucket, inverted. The
   * second word is 0 if the node is not in use.
   */
  #nodes = new Int32Array(0);
  readonly #heads = new Int32Array(2 ** HEADS_BITS);
  /** By level: how many ranges it has. */
  readonly #counts = new Uint32Array(LEVELS);
  #last = 0;
  #slotMax = 0;

  /** Makes room for slots below this. */
  resize(slots: number): void {
    this.#tag = widened(new Uint32Array(slots), this.#tag);
    this.#numbers = widened(new Float64Array(NUMBERS * slots), this.#numbers);
    this.#nodes = widened(new Int32Array(NODES * slots), this.#nodes);
  }

  /** The first byte of the range in a slot, and the one after its last. */
  fromOf(slot: number): number {
    return this.#numbers[NUMBERS * slot + FROM];
  }

  toOf(slot: number): number {
    return this.#numbers[NUMBERS * slot + TO];
  }

  /**
   * Adds a range of 1 to 2^31 bytes below 2^53 to a group below 2^28; the slot must have none.
   * Returns the slot of the newest range of the group that overlaps it, but for those of the class
   * `except`; 0 if none does.
   */
  add(
    slot: number,
    group: number,
    ofClass: number,
    except: number,
    from: number,
    length: number,
  ): number {
    const to = from + length;
    const level = levelOf(length);
    const first = Math.floor(from * SCALES[level]);
    const last = Math.floor((to - 1) * SCALES[level]);
    const bucket = hash(group, level, first);
    let newest = this.#newestIn(bucket, group, except, from, to, 0, ANY);
    if (last !== first) {
      const second = hash(group, level, last);
      newest = this.#newestIn(second, group, except, from, to, newest, ANY);
      this.#link(NODES * slot + 2, second);
    }
    for (let other = 0; other < LEVELS; other++)
      if (other !== level && this.#counts[other] !== 0)
        newest = this.#newestAt(other, group, except, from, to, newest, ANY);
    this.#tag[slot] = (group << GROUP_SHIFT) | (ofClass << CLASS_SHIFT) | level;
    const at = NUMBERS * slot;
    this.#numbers[at + FROM] = from;
    this.#numbers[at + TO] = to;
    this.#numbers[at + SEQ] = this.#last += 1;
    this.#counts[level] += 1;
    if (slot > this.#slotMax) this.#slotMax = slot;
    this.#link(NODES * slot, bucket);
    return newest;
  }

  /** The newest range that `add` would find for the range in a slot, but older than another. */
  before(slot: number, except: number, other: number): number {
    const group = this.#tag[slot] >>> GROUP_SHIFT;
    const at = NUMBERS * slot;
    const [from, to] = [this.#numbers[at + FROM], this.#numbers[at + TO]];
    const bound = this.#numbers[NUMBERS * other + SEQ];
    let newest = 0;
    for (let level = 0; level < LEVELS; level++)
      if (this.#counts[level] !== 0)
        newest = this.#newestAt(level, group, except, from, to, newest, bound);
    return newest;
  }

  /** Removes the range in a slot, which must have one. */
  remove(slot: number): void {
    this.#counts[this.#tag[slot] & SMALL_MASK] -= 1;
    const node = NODES * slot;
    this.#unlink(node);
    if (this.#nodes[node + 3] !== 0) this.#unlink(node + 2);
  }

  /** Whether a range overlaps, and is of a group, not of a class, and before a place in order. */
  #isFound(
    slot: number,
    group: number,
    except: number,
    from: number,
    to: number,
    bound: number,
  ): boolean {
    const at = NUMBERS * slot;
    if (this.#numbers[at + FROM] >= to || this.#numbers[at + TO] <= from) return false;
    if (this.#numbers[at + SEQ] >= bound) return false;
    const tag = this.#tag[slot];
    return tag >>> GROUP_SHIFT === group && ((tag >>> CLASS_SHIFT) & SMALL_MASK) !== except;
  }

  /** The newest range found among the newest in a bucket, if it is newer than another. */
  #newestIn(
    bucket: number,
    group: number,
    except: number,
    from: number,
    to: number,
    newest: number,
    bound: number,
  ): number {
    let node = this.#heads[bucket];
    for (let looked = 0; node !== 0 && looked < LOOKED_AT_MAX; looked++) {
      const slot = node >> 2;
      if (this.#isFound(slot, group, except, from, to, bound)) return this.#newer(slot, newest);
      node = this.#nodes[node];
    }
    return newest;
  }

  /** The newest range found at a level, if it is newer than another. */
  #newestAt(
    level: number,
    group: number,
    except: number,
    from: number,
    to: number,
    newest: number,
    bound: number,
  ): number {
    const first = Math.floor(from * SCALES[level]);
    const last = Math.floor((to - 1) * SCALES[level]);
    let found = newest;
    if (last - first <= BUCKETS_MAX)
      for (let bucket = first; bucket <= last; bucket++)
        found = this.#newestIn(hash(group, level, bucket), group, except, from, to, found, bound);
    else
      for (let slot = 1; slot <= this.#slotMax; slot++)
        if (
          this.#nodes[NODES * slot + 1] !== 0 &&
          this.#isFound(slot, group, except, from, to, bound)
        )
          found = this.#newer(slot, found);
    return found;
  }

  #newer(slot: number, other: number): number {
    const numbers = this.#numbers;
    return other === 0 || numbers[NUMBERS * slot + SEQ] > numbers[NUMBERS * other + SEQ]
      ? slot
      : other;
  }

  #link(node: number, bucket: number): void {
    const nodes = this.#nodes;
    const next = this.#heads[bucket];
    this.#heads[bucket] = node;
    nodes[node] = next;
    nodes[node + 1] = ~bucket;
    if (next !== 0) nodes[next + 1] = node;
  }

  #unlink(node: number): void {
    const nodes = this.#nodes;
    const next = nodes[node];
    const previous = nodes[node + 1];
    if (previous < 0) this.#heads[~previous] = next;
    else nodes[previous] = next;
    if (next !== 0) nodes[next + 1] = previous;
    nodes[node + 1] = 0;
  }
}
