import {
  ADDRESS,
  ADDRESS_SHIFT,
  ENTRY,
  ENTRY_SHIFT,
  MATCH,
  OPEN_AT_ADDRESS_MAX,
} from './kernel-layout.ts';
import type { CompletionOrder } from './order.ts';
import type { MatchState } from './state.ts';

/** Requests that may be in flight at once: twice what fs.aio-max-nr lets a host have. */
export const OPEN_MAX = 2 ** 17;
/** Addresses that are remembered: every one with a request open or an early event, and as many more as have early events. */
export const addressesOf = (openMax: number): number => openMax + Math.max(4, openMax >>> 2);
/** Heads that the hash begins with, and has four times as many of whenever one in four has an address. */
const FIRST_HASH_BITS = 11;
/** Early events that may wait. */
export const earlyMaxOf = (openMax: number): number => Math.max(2, openMax >>> 3);

/** Columns of words that make an address one: the process too, and the context where it is known. Rows are named, since words as arguments may cost an allocation each. */
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
 * The requests that are open, by the address of their iocb: a hash of addresses, each with a chain of its requests, the
 * newest first. Everything lies in words of a few typed arrays; nothing is allocated after the beginning.
 */
export class OpenTable {
  readonly openMax: number;
  readonly entries: Uint32Array;
  readonly addresses: Uint32Array;
  /** By slot: the index of the submission, of those that JavaScript has opened. */
  readonly index: Float64Array;
  readonly order: CompletionOrder[] = [];
  readonly #state: MatchState;
  /** The words of the state: how many are open, the oldest, the newest, and which slots are free. */
  readonly #words: Uint32Array;
  readonly #heads: Uint32Array;
  readonly #addressMax: number;
  #addressUsed = 0;
  #hand = 0;

  constructor(state: MatchState) {
    const { openMax, addressMax } = state.plan;
    this.openMax = openMax;
    this.#addressMax = addressMax;
    this.#state = state;
    this.#words = state.words;
    this.entries = state.entries;
    this.addresses = state.addresses;
    this.index = new Float64Array(openMax + 1);
    this.#heads = state.heads;
    state.words[MATCH.headsShift] = 32 - Math.min(FIRST_HASH_BITS, state.plan.hashBits);
  }

  /** Whether an address has been forgotten to make room. */
  get forgot(): boolean {
    return this.#words[MATCH.forgot] !== 0;
  }

  /** The oldest open request, or 0. */
  get oldest(): number {
    return this.#words[MATCH.oldest];
  }

  /** The place of a request in the order of its context. */
  seqOf(slot: number): number {
    const at = (slot << ENTRY_SHIFT) + ENTRY.seq;
    return this.entries[at + 1] * 2 ** 32 + this.entries[at];
  }

  setSeq(slot: number, seq: number): void {
    const at = (slot << ENTRY_SHIFT) + ENTRY.seq;
    this.entries[at] = seq;
    this.entries[at + 1] = seq / 2 ** 32;
  }

  /** The index of the last submission at an address, or -1. */
  lastIndexOf(address: number): number {
    return this.#state.addressDoubles[((address << ADDRESS_SHIFT) + ADDRESS.lastIndex) >>> 1];
  }

  setLastIndex(address: number, index: number): void {
    this.#state.addressDoubles[((address << ADDRESS_SHIFT) + ADDRESS.lastIndex) >>> 1] = index;
  }

  /** The address of a row, or 0. */
  find({ key, keyPid, ctx }: Keys, row: number): number {
    const words = this.addresses;
    const low = key[2 * row];
    const high = key[2 * row + 1];
    const pid = keyPid[row];
    const ctxLow = ctx[2 * row];
    const ctxHigh = ctx[2 * row + 1];
    for (
      let address =
        this.#heads[hash(low, high, pid, ctxLow, ctxHigh) >>> this.#words[MATCH.headsShift]];
      address !== 0;
    ) {
      const at = address << ADDRESS_SHIFT;
      if (
        words[at] === low &&
        words[at + ADDRESS.high] === high &&
        words[at + ADDRESS.pid] === pid &&
        words[at + ADDRESS.ctxLow] === ctxLow &&
        words[at + ADDRESS.ctxHigh] === ctxHigh
      )
        return address;
      address = words[at + ADDRESS.chain];
    }
    return 0;
  }

  /** A new address, which `find` does not find; one without requests may be forgotten for it. */
  addAddress({ key, keyPid, ctx }: Keys, row: number, order: CompletionOrder): number {
    const bits = 32 - this.#words[MATCH.headsShift];
    if (4 * this.#addressUsed >= 2 ** bits && bits < this.#state.plan.hashBits)
      this.#spread(bits + 2);
    const address =
      this.#addressUsed < this.#addressMax ? (this.#addressUsed += 1) : this.#forget();
    const at = address << ADDRESS_SHIFT;
    const [low, high, pid, ctxLow, ctxHigh] = [
      key[2 * row],
      key[2 * row + 1],
      keyPid[row],
      ctx[2 * row],
      ctx[2 * row + 1],
    ];
    const bucket = hash(low, high, pid, ctxLow, ctxHigh) >>> this.#words[MATCH.headsShift];
    this.addresses.set(
      [low, high, ctxLow, ctxHigh, pid, this.#heads[bucket], 0, 0, 0, 0, order.at],
      at,
    );
    this.#heads[bucket] = address;
    this.setLastIndex(address, -1);
    this.order[address] = order;
    return address;
  }

  /** Whether a request at this address would be one too many: the one to give up first, or 0. */
  surplus(address: number): number {
    const at = address << ADDRESS_SHIFT;
    if (this.addresses[at + ADDRESS.open] >= OPEN_AT_ADDRESS_MAX)
      return this.addresses[at + ADDRESS.oldest];
    return this.#words[MATCH.size] >= this.openMax ? this.oldest : 0;
  }

  /** A slot for a request at an address, now its newest; there has to be room. The caller fills in what the request is, and its cell. */
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
    const newest = words[MATCH.newest];
    entries[at + ENTRY.agePrevious] = newest;
    if (newest !== 0) entries[(newest << ENTRY_SHIFT) + ENTRY.ageNext] = slot;
    else words[MATCH.oldest] = slot;
    words[MATCH.newest] = slot;
    words[MATCH.size] += 1;
    return slot;
  }

  /** The request is open no more; its slot may be used again. */
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
    if (entries[at + ENTRY.cell] === 0) words[MATCH.uncelled] -= 1;
    entries[at + ENTRY.older] = words[MATCH.free];
    words[MATCH.free] = slot;
    words[MATCH.size] -= 1;
  }

  /** Spread the addresses over 2^`bits` heads: a few lie in the L1 cache, those of all addresses do not. */
  #spread(bits: number): void {
    const shift = 32 - Math.min(bits, this.#state.plan.hashBits);
    this.#words[MATCH.headsShift] = shift;
    this.#heads.fill(0);
    for (let address = 1; address <= this.#addressUsed; address++) {
      const at = address << ADDRESS_SHIFT;
      const [low, high, ctxLow, ctxHigh, pid] = this.addresses.subarray(at, at + ADDRESS.chain);
      const bucket = hash(low, high, pid, ctxLow, ctxHigh) >>> shift;
      this.addresses[at + ADDRESS.chain] = this.#heads[bucket];
      this.#heads[bucket] = address;
    }
  }

  /** Take an address that has nothing open and nothing early from the hash, the next one round. */
  #forget(): number {
    const words = this.addresses;
    this.#words[MATCH.forgot] = 1;
    for (;;) {
      this.#hand = (this.#hand % this.#addressMax) + 1;
      const at = this.#hand << ADDRESS_SHIFT;
      if (words[at + ADDRESS.open] === 0 && words[at + ADDRESS.early] === 0) break;
    }
    const gone = this.#hand;
    const at = gone << ADDRESS_SHIFT;
    const [low, high, ctxLow, ctxHigh, pid] = words.subarray(at, at + ADDRESS.chain);
    const bucket = hash(low, high, pid, ctxLow, ctxHigh) >>> this.#words[MATCH.headsShift];
    const chain = words[at + ADDRESS.chain];
    if (this.#heads[bucket] === gone) this.#heads[bucket] = chain;
    else {
      let before = this.#heads[bucket];
      while (words[(before << ADDRESS_SHIFT) + ADDRESS.chain] !== gone)
        before = words[(before << ADDRESS_SHIFT) + ADDRESS.chain];
      words[(before << ADDRESS_SHIFT) + ADDRESS.chain] = chain;
    }
    return gone;
  }
}
