import { hashWords } from '../../engine/js-places.ts';
import type { StateOf } from '../summary/state.ts';

/** Keys that are kept by default: the count is exact up to here. */
const KEPT_MAX = 2 ** 15;
const SLOTS_MIN = 2 ** 10;

/** A number of distinct values. */
export interface DistinctJson {
  count: number;
  approximate: boolean;
  /** The standard error, relative to `count`; 0 if exact. */
  error: number;
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Hashes the first half of a key, which takes few values. */
export function seedOf(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0xc2b2ae35);
  return h ^ (h >>> 13);
}

/**
 * Counts distinct members of keys. A key is four words; its members are the 64 bits of a mask. All
 * keys are kept until there are too many, then only those whose hash begins with one more zero bit,
 * and so on (Wegman's adaptive sampling). The sample depends on the set of keys alone, so it merges
 * in any order; and unlike in HyperLogLog a key can hold a range.
 */
export class DistinctSample {
  readonly #keptMax: number;
  level = 0;
  #kept = 0;
  #lastA = 0;
  #lastB = 0;
  #lastC = 0;
  #lastD = 0;
  #lastLow = 0;
  #lastHigh = 0;
  #seed = seedOf(0, 0);
  slots = SLOTS_MIN;
  keys: Int32Array = new Int32Array(4 * SLOTS_MIN);
  masks: Int32Array = new Int32Array(2 * SLOTS_MIN);

  constructor(keptMax = KEPT_MAX) {
    this.#keptMax = keptMax;
  }

  /**
   * Adds members of a key. All are signed words: V8 would allocate larger numbers. At least one of
   * the masks must not be 0.
   */
  add(a: number, b: number, c: number, d: number, low: number, high: number): void {
    if (a !== this.#lastA || b !== this.#lastB) {
      this.#lastA = a;
      this.#lastB = b;
      this.#seed = seedOf(a, b);
      // The last key was a different one.
      this.#lastLow = 0;
      this.#lastHigh = 0;
    } else if (
      c === this.#lastC &&
      d === this.#lastD &&
      (low & ~this.#lastLow) === 0 &&
      (high & ~this.#lastHigh) === 0
    )
      return;
    const hash = hashWords(this.#seed, c, d);
    if (Math.clz32(hash) < this.level) return;
    this.#lastC = c;
    this.#lastD = d;
    this.#lastLow = low;
    this.#lastHigh = high;
    const slot = this.#find(a, b, c, d, hash);
    if (this.masks[2 * slot] === 0 && this.masks[2 * slot + 1] === 0) {
      this.keys[4 * slot] = a;
      this.keys[4 * slot + 1] = b;
      this.keys[4 * slot + 2] = c;
      this.keys[4 * slot + 3] = d;
      this.#kept += 1;
    }
    this.masks[2 * slot] |= low;
    this.masks[2 * slot + 1] |= high;
    if (this.#kept > this.#keptMax) {
      while (this.#kept > this.#keptMax) this.#rebuild(this.level + 1, this.slots);
    } else if (2 * this.#kept > this.slots) this.#rebuild(this.level, 2 * this.slots);
  }

  merge(other: StateOf<DistinctSample>): void {
    if (other.level > this.level) this.#rebuild(other.level, this.slots);
    this.#addAll(other.keys, other.masks, other.slots);
  }

  toJSON(): DistinctJson {
    let members = 0;
    let squares = 0;
    for (let slot = 0; slot < this.slots; slot++) {
      const bits = ones(this.masks[2 * slot]) + ones(this.masks[2 * slot + 1]);
      members += bits;
      squares += bits * bits;
    }
    if (this.level === 0) return { count: members, approximate: false, error: 0 };
    // Horvitz–Thompson estimate of independent draws with probability 2^-level.
    const error = Math.sqrt((1 - 2 ** -this.level) * squares) / members;
    return { count: members * 2 ** this.level, approximate: true, error };
  }

  /** Returns the slot of a key, or the empty one where it belongs. */
  #find(a: number, b: number, c: number, d: number, hash: number): number {
    const [keys, masks, last] = [this.keys, this.masks, this.slots - 1];
    let slot = (Math.imul(hash, 0x9e3779b1) >>> 8) & last;
    while (masks[2 * slot] !== 0 || masks[2 * slot + 1] !== 0) {
      const at = 4 * slot;
      if (keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d) break;
      slot = (slot + 1) & last;
    }
    return slot;
  }

  #rebuild(level: number, slots: number): void {
    const [keys, masks, from] = [this.keys, this.masks, this.slots];
    this.keys = new Int32Array(4 * slots);
    this.masks = new Int32Array(2 * slots);
    this.slots = slots;
    this.level = level;
    this.#kept = 0;
    // The last key may be the first to be moved.
    this.#lastLow = 0;
    this.#lastHigh = 0;
    this.#addAll(keys, masks, from);
  }

  #addAll(keys: Int32Array, masks: Int32Array, slots: number): void {
    for (let slot = 0; slot < slots; slot++) {
      const [low, high] = [masks[2 * slot], masks[2 * slot + 1]];
      if (low === 0 && high === 0) continue;
      this.add(
        keys[4 * slot],
        keys[4 * slot + 1],
        keys[4 * slot + 2],
        keys[4 * slot + 3],
        low,
        high,
      );
    }
  }
}

/** Recent pairs that are recognized without the sample: most occur again and again. */
const REMEMBERED = 256;

/** Counts distinct pairs of a pid and a mostly small number, such as a descriptor. */
export class DistinctPairs {
  readonly sample = new DistinctSample();
  /** Initially each place holds a number that belongs elsewhere. */
  readonly #numbers = Int32Array.from({ length: REMEMBERED }, (_, i) => i ^ 1);
  readonly #pids = new Int32Array(REMEMBERED);

  add(pid: number, number: number): void {
    const at = (number ^ Math.imul(pid, 0x9e3779b1)) & (REMEMBERED - 1);
    if (this.#numbers[at] === (number | 0) && this.#pids[at] === (pid | 0)) return;
    this.#numbers[at] = number;
    this.#pids[at] = pid;
    this.sample.add(pid | 0, number | 0, 0, 0, 1, 0);
  }

  merge(pairs: StateOf<DistinctPairs>): void {
    this.sample.merge(pairs.sample);
  }

  toJSON(): DistinctJson {
    return this.sample.toJSON();
  }
}

/** Recent addresses that are recognized without the sample: programs use theirs again and again. */
const ADDRESSES = 1024;

/** Counts distinct addresses, by process. */
export class DistinctAddresses {
  readonly sample = new DistinctSample();
  /** By a hash: address and process, once there are some. */
  readonly #recent = new Int32Array(3 * ADDRESSES);
  readonly #isUsed = new Uint8Array(ADDRESSES);

  /** Adds the addresses of `count` records, as words, low before high. */
  add(words: Uint32Array, pids: Uint32Array, count: number): void {
    const [recent, isUsed] = [this.#recent, this.#isUsed];
    for (let i = 0; i < count; i++) {
      const low = words[2 * i] | 0;
      const high = words[2 * i + 1] | 0;
      const pid = pids[i] | 0;
      const at = Math.imul(low ^ Math.imul(pid, 0x85ebca6b), 0x9e3779b1) >>> 22;
      if (
        recent[3 * at] === low &&
        recent[3 * at + 1] === high &&
        recent[3 * at + 2] === pid &&
        isUsed[at] === 1
      )
        continue;
      recent[3 * at] = low;
      recent[3 * at + 1] = high;
      recent[3 * at + 2] = pid;
      isUsed[at] = 1;
      this.sample.add(pid, 0, low, high, 1, 0);
    }
  }

  merge(addresses: StateOf<DistinctAddresses>): void {
    this.sample.merge(addresses.sample);
  }

  toJSON(): DistinctJson {
    return this.sample.toJSON();
  }
}
