import {
  ADDRESS,
  ADDRESS_LONGS,
  ADDRESS_SHIFT,
  ENTRY,
  ENTRY_SHIFT,
  MATCH,
  OPEN_AT_ADDRESS_MAX,
} from './kernel-layout.ts';
import type { CompletionOrder } from './order.ts';
import type { MatchState } from './state.ts';

/** log2 of the first number of hash buckets. It is quadrupled when addresses reach 1/4 of it. */
const FIRST_HASH_BITS = 11;

/**
 * The columns that identify an address: its process and context too, where they are known.
 * Functions take these and a row, since passing 32-bit words may allocate.
 */
export interface Keys {
  readonly key: Uint32Array;
  readonly keyPid: Uint32Array;
  readonly ctx: Uint32Array;
}

function hash(low: number, high: number, pid: number, ctxLow: number, ctxHigh: number): number {
  const rest =
    Math.imul(high ^ Math.imul(pid, 0x85ebca6b), 0x9e3779b1) ^
    Math.imul(ctxLow ^ Math.imul(ctxHigh, 0xc2b2ae35), 0x27d4eb2f);
  const mixed = Math.imul(low ^ rest ^ (rest >>> 15), 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
}

/**
 * The submissions in flight, by the address of their iocb: a hash table of addresses, each with a
 * list of its entries, newest first. All of it is in typed arrays that are allocated once.
 */
export class InFlightTable {
  readonly openMax: number;
  readonly entries: Uint32Array;
  readonly addresses: Uint32Array;
  /** By slot: the index of the submission, if JavaScript admitted it. */
  readonly index: Float64Array;
  /** By address: the order of its context. */
  readonly order: CompletionOrder[] = [];
  readonly #state: MatchState;
  readonly #words: Uint32Array;
  readonly #heads: Uint32Array;
  readonly #addressMax: number;
  #addressUsed = 0;
  #lastForgotten = 0;

  constructor(state: MatchState) {
    this.openMax = state.plan.openMax;
    this.#addressMax = state.plan.addressMax;
    this.#state = state;
    this.#words = state.words;
    this.entries = state.entries;
    this.addresses = state.addresses;
    this.index = new Float64Array(state.plan.openMax + 1);
    this.#heads = state.heads;
    state.words[MATCH.headsShift] = 32 - Math.min(FIRST_HASH_BITS, state.plan.hashBits);
  }

  /** Whether an address has been forgotten to make room. */
  get hasForgotten(): boolean {
    return this.#words[MATCH.hasForgotten] !== 0;
  }

  /** The slot of the oldest entry, or 0. */
  get oldest(): number {
    return this.#words[MATCH.oldest];
  }

  /** Returns the position of an entry in the order of its context. */
  seqOf(slot: number): number {
    const at = slot << ENTRY_SHIFT;
    return this.entries[at + ENTRY.seqHigh] * 2 ** 32 + this.entries[at + ENTRY.seqLow];
  }

  setSeq(slot: number, seq: number): void {
    const at = slot << ENTRY_SHIFT;
    this.entries[at + ENTRY.seqLow] = seq;
    this.entries[at + ENTRY.seqHigh] = seq / 2 ** 32;
  }

  /** Returns the index of the last submission at an address, or -1. */
  lastIndexOf(address: number): number {
    return this.#state.addressDoubles[(address << (ADDRESS_SHIFT - 1)) + ADDRESS_LONGS.lastIndex];
  }

  setLastIndex(address: number, index: number): void {
    this.#state.addressDoubles[(address << (ADDRESS_SHIFT - 1)) + ADDRESS_LONGS.lastIndex] = index;
  }

  /** Returns the address of a row, or 0. */
  find({ key, keyPid, ctx }: Keys, row: number): number {
    const words = this.addresses;
    const low = key[2 * row];
    const high = key[2 * row + 1];
    const pid = keyPid[row];
    const ctxLow = ctx[2 * row];
    const ctxHigh = ctx[2 * row + 1];
    const bucket = hash(low, high, pid, ctxLow, ctxHigh) >>> this.#words[MATCH.headsShift];
    let address = this.#heads[bucket];
    while (address !== 0) {
      const at = address << ADDRESS_SHIFT;
      if (
        words[at + ADDRESS.keyLow] === low &&
        words[at + ADDRESS.keyHigh] === high &&
        words[at + ADDRESS.pid] === pid &&
        words[at + ADDRESS.ctxLow] === ctxLow &&
        words[at + ADDRESS.ctxHigh] === ctxHigh
      )
        break;
      address = words[at + ADDRESS.chain];
    }
    return address;
  }

  /** Adds the address of a row, which must not be in the table. May forget an unused one for it. */
  addAddress({ key, keyPid, ctx }: Keys, row: number, order: CompletionOrder): number {
    const bits = 32 - this.#words[MATCH.headsShift];
    if (4 * this.#addressUsed >= 2 ** bits && bits < this.#state.plan.hashBits)
      this.#rehash(bits + 2);
    const hasRoom = this.#addressUsed < this.#addressMax;
    const address = hasRoom ? (this.#addressUsed += 1) : this.#forget();
    const at = address << ADDRESS_SHIFT;
    const words = this.addresses;
    words.fill(0, at, at + (1 << ADDRESS_SHIFT));
    words[at + ADDRESS.keyLow] = key[2 * row];
    words[at + ADDRESS.keyHigh] = key[2 * row + 1];
    words[at + ADDRESS.pid] = keyPid[row];
    words[at + ADDRESS.ctxLow] = ctx[2 * row];
    words[at + ADDRESS.ctxHigh] = ctx[2 * row + 1];
    words[at + ADDRESS.order] = order.at;
    const bucket = this.#bucketOf(address);
    words[at + ADDRESS.chain] = this.#heads[bucket];
    this.#heads[bucket] = address;
    this.setLastIndex(address, -1);
    this.order[address] = order;
    return address;
  }

  /** Returns the slot to evict before a submission at an address, or 0 if there is room. */
  surplus(address: number): number {
    const { addresses } = this;
    const at = address << ADDRESS_SHIFT;
    if (addresses[at + ADDRESS.open] >= OPEN_AT_ADDRESS_MAX) return addresses[at + ADDRESS.oldest];
    return this.#words[MATCH.size] >= this.openMax ? this.oldest : 0;
  }

  /**
   * Adds an entry as the newest at an address and returns its slot. There must be room. The caller
   * fills in the submission and its counter.
   */
  push(address: number): number {
    const { entries, addresses } = this;
    const words = this.#words;
    const free = words[MATCH.free];
    const slot = free === 0 ? (words[MATCH.used] += 1) : free;
    const at = slot << ENTRY_SHIFT;
    words[MATCH.free] = free === 0 ? 0 : entries[at + ENTRY.older];
    const home = address << ADDRESS_SHIFT;
    const older = addresses[home + ADDRESS.newest];
    entries[at + ENTRY.address] = address;
    entries[at + ENTRY.older] = older;
    entries[at + ENTRY.newer] = 0;
    entries[at + ENTRY.early] = 0;
    if (older !== 0) entries[(older << ENTRY_SHIFT) + ENTRY.newer] = slot;
    else addresses[home + ADDRESS.oldest] = slot;
    addresses[home + ADDRESS.newest] = slot;
    addresses[home + ADDRESS.open] += 1;
    entries[at + ENTRY.ageNext] = 0;
    const previous = words[MATCH.newest];
    entries[at + ENTRY.agePrevious] = previous;
    if (previous !== 0) entries[(previous << ENTRY_SHIFT) + ENTRY.ageNext] = slot;
    else words[MATCH.oldest] = slot;
    words[MATCH.newest] = slot;
    words[MATCH.size] += 1;
    return slot;
  }

  /** Removes an entry. Its slot becomes the first free one. */
  remove(slot: number): void {
    const { entries, addresses } = this;
    const words = this.#words;
    const at = slot << ENTRY_SHIFT;
    const home = entries[at + ENTRY.address] << ADDRESS_SHIFT;
    const older = entries[at + ENTRY.older];
    const newer = entries[at + ENTRY.newer];
    if (older !== 0) entries[(older << ENTRY_SHIFT) + ENTRY.newer] = newer;
    else addresses[home + ADDRESS.oldest] = newer;
    if (newer !== 0) entries[(newer << ENTRY_SHIFT) + ENTRY.older] = older;
    else addresses[home + ADDRESS.newest] = older;
    addresses[home + ADDRESS.open] -= 1;
    const next = entries[at + ENTRY.ageNext];
    const previous = entries[at + ENTRY.agePrevious];
    if (next !== 0) entries[(next << ENTRY_SHIFT) + ENTRY.agePrevious] = previous;
    else words[MATCH.newest] = previous;
    if (previous !== 0) entries[(previous << ENTRY_SHIFT) + ENTRY.ageNext] = next;
    else words[MATCH.oldest] = next;
    if (entries[at + ENTRY.counter] === 0) words[MATCH.uncounted] -= 1;
    entries[at + ENTRY.older] = words[MATCH.free];
    words[MATCH.free] = slot;
    words[MATCH.size] -= 1;
  }

  #bucketOf(address: number): number {
    const words = this.addresses;
    const at = address << ADDRESS_SHIFT;
    const [low, high] = [words[at + ADDRESS.keyLow], words[at + ADDRESS.keyHigh]];
    const [ctxLow, ctxHigh] = [words[at + ADDRESS.ctxLow], words[at + ADDRESS.ctxHigh]];
    const pid = words[at + ADDRESS.pid];
    return hash(low, high, pid, ctxLow, ctxHigh) >>> this.#words[MATCH.headsShift];
  }

  /** Uses 2^`bits` buckets. It starts with few, which stay in the L1 cache. */
  #rehash(bits: number): void {
    this.#words[MATCH.headsShift] = 32 - Math.min(bits, this.#state.plan.hashBits);
    this.#heads.fill(0);
    for (let address = 1; address <= this.#addressUsed; address++) {
      const bucket = this.#bucketOf(address);
      this.addresses[(address << ADDRESS_SHIFT) + ADDRESS.chain] = this.#heads[bucket];
      this.#heads[bucket] = address;
    }
  }

  /** Removes the next address without entries and early completions from the hash, round robin. */
  #forget(): number {
    const words = this.addresses;
    this.#words[MATCH.hasForgotten] = 1;
    for (;;) {
      this.#lastForgotten = (this.#lastForgotten % this.#addressMax) + 1;
      const at = this.#lastForgotten << ADDRESS_SHIFT;
      if (words[at + ADDRESS.open] === 0 && words[at + ADDRESS.early] === 0) break;
    }
    const gone = this.#lastForgotten;
    const bucket = this.#bucketOf(gone);
    const chain = words[(gone << ADDRESS_SHIFT) + ADDRESS.chain];
    if (this.#heads[bucket] === gone) this.#heads[bucket] = chain;
    else {
      let at = (this.#heads[bucket] << ADDRESS_SHIFT) + ADDRESS.chain;
      while (words[at] !== gone) at = (words[at] << ADDRESS_SHIFT) + ADDRESS.chain;
      words[at] = chain;
    }
    return gone;
  }
}
