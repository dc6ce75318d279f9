import type { CompletionOrder } from './order.ts';

/** Requests that may be in flight at once: twice what fs.aio-max-nr lets a host have. */
const OPEN_MAX = 2 ** 17;
/** Requests that may be open at one address; to find one of them its `aio_data` is looked for among them. */
const OPEN_AT_ADDRESS_MAX = 4096;
/** Addresses that are remembered: every one with a request open or an early event, and as many more as have early events. */
const addressesOf = (openMax: number): number => openMax + Math.max(4, openMax >>> 2);
/** Early events that may wait. */
export const earlyMaxOf = (openMax: number): number => Math.max(2, openMax >>> 3);

/** Words of an open request. Links hold a slot or an address, and 0 for none: neither begins at 0. */
export const ENTRY = {
  dataLow: 0,
  dataHigh: 1,
  tsLow: 2,
  tsHigh: 3,
  address: 4,
  older: 5,
  newer: 6,
  ageNext: 7,
  agePrevious: 8,
  /** The opcode, and `OPEN_FLAGS`. */
  flags: 9,
  /** `aio_nbytes`, or 2^32 - 1 where it is more. */
  nbytes: 10,
  /** The early event that may be its completion. */
  early: 11,
} as const;
export const ENTRY_SHIFT = 4;

/** Bits above the opcode in an entry's flags. */
export const OPEN_FLAGS = {
  /** RWF_NOWAIT was asked. */
  nowait: 0x10000,
  /** Another request was submitted at its address while it was open. */
  superseded: 0x20000,
  /** Another with its data was: it is taken for refused, and no longer for in flight. */
  left: 0x40000,
} as const;

/** Words of an address. */
export const ADDRESS = { low: 0, high: 1, pid: 2, ctxLow: 3, ctxHigh: 4, chain: 5, newest: 6, open: 7, early: 8, oldest: 9 } as const;
export const ADDRESS_STRIDE = 10;

/** Columns of words that make an address one: the process too, and the context where it is known. Rows are named, since words as arguments may cost an allocation each. */
export interface Keys {
  readonly key: Uint32Array;
  readonly keyPid: Uint32Array;
  readonly ctx: Uint32Array;
}

function hash(low: number, high: number, pid: number, ctxLow: number, ctxHigh: number): number {
  const rest = Math.imul(high ^ Math.imul(pid, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(ctxLow ^ Math.imul(ctxHigh, 0xc2b2ae35), 0x27d4eb2f);
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
  /** By slot: the index of the submission, and its place in the order of its context. */
  readonly index: Float64Array;
  readonly seq: Float64Array;
  /** By address: the index of its last submission, or -1. */
  readonly lastIndex: Float64Array;
  readonly order: CompletionOrder[] = [];
  size = 0;
  /** Whether an address has been forgotten to make room. */
  forgot = false;
  /** The oldest open request. */
  oldest = 0;
  #newest = 0;
  #free = 0;
  #used = 0;
  readonly #heads: Uint32Array;
  readonly #shift: number;
  readonly #addressMax: number;
  #addressUsed = 0;
  #hand = 0;

  constructor(openMax: number = OPEN_MAX) {
    this.openMax = openMax;
    this.#addressMax = addressesOf(openMax);
    this.entries = new Uint32Array((openMax + 1) << ENTRY_SHIFT);
    this.index = new Float64Array(openMax + 1);
    this.seq = new Float64Array(openMax + 1);
    this.addresses = new Uint32Array((this.#addressMax + 1) * ADDRESS_STRIDE);
    this.lastIndex = new Float64Array(this.#addressMax + 1).fill(-1);
    const hashBits = 33 - Math.clz32(this.#addressMax);
    this.#heads = new Uint32Array(2 ** hashBits);
    this.#shift = 32 - hashBits;
  }

  /** The address of a row, or 0. */
  find({ key, keyPid, ctx }: Keys, row: number): number {
    const words = this.addresses;
    const low = key[2 * row];
    const high = key[2 * row + 1];
    const pid = keyPid[row];
    const ctxLow = ctx[2 * row];
    const ctxHigh = ctx[2 * row + 1];
    for (let address = this.#heads[hash(low, high, pid, ctxLow, ctxHigh) >>> this.#shift]; address !== 0; ) {
      const at = address * ADDRESS_STRIDE;
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
    const address = this.#addressUsed < this.#addressMax ? (this.#addressUsed += 1) : this.#forget();
    const at = address * ADDRESS_STRIDE;
    const [low, high, pid, ctxLow, ctxHigh] = [key[2 * row], key[2 * row + 1], keyPid[row], ctx[2 * row], ctx[2 * row + 1]];
    const bucket = hash(low, high, pid, ctxLow, ctxHigh) >>> this.#shift;
    this.addresses.set([low, high, pid, ctxLow, ctxHigh, this.#heads[bucket], 0, 0, 0, 0], at);
    this.#heads[bucket] = address;
    this.lastIndex[address] = -1;
    this.order[address] = order;
    return address;
  }

  /** Whether a request at this address would be one too many: the one to give up first, or 0. */
  surplus(address: number): number {
    const at = address * ADDRESS_STRIDE;
    if (this.addresses[at + ADDRESS.open] >= OPEN_AT_ADDRESS_MAX) return this.addresses[at + ADDRESS.oldest];
    return this.size >= this.openMax ? this.oldest : 0;
  }

  /** A slot for a request at an address, now its newest; there has to be room. The caller fills in what the request is. */
  push(address: number): number {
    const { entries, addresses } = this;
    const slot = this.#free === 0 ? (this.#used += 1) : this.#free;
    const at = slot << ENTRY_SHIFT;
    this.#free = this.#free === 0 ? 0 : entries[at + ENTRY.older];
    const home = address * ADDRESS_STRIDE;
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
    entries[at + ENTRY.agePrevious] = this.#newest;
    if (this.#newest !== 0) entries[(this.#newest << ENTRY_SHIFT) + ENTRY.ageNext] = slot;
    else this.oldest = slot;
    this.#newest = slot;
    this.size += 1;
    return slot;
  }

  /** The request is open no more; its slot may be used again. */
  remove(slot: number): void {
    const { entries, addresses } = this;
    const at = slot << ENTRY_SHIFT;
    const home = entries[at + ENTRY.address] * ADDRESS_STRIDE;
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
    else this.#newest = previous;
    if (previous !== 0) entries[(previous << ENTRY_SHIFT) + ENTRY.ageNext] = next;
    else this.oldest = next;
    entries[at + ENTRY.older] = this.#free;
    this.#free = slot;
    this.size -= 1;
  }

  /** Take an address that has nothing open and nothing early from the hash, the next one round. */
  #forget(): number {
    const words = this.addresses;
    this.forgot = true;
    for (;;) {
      this.#hand = (this.#hand % this.#addressMax) + 1;
      const at = this.#hand * ADDRESS_STRIDE;
      if (words[at + ADDRESS.open] === 0 && words[at + ADDRESS.early] === 0) break;
    }
    const gone = this.#hand;
    const at = gone * ADDRESS_STRIDE;
    const [low, high, pid, ctxLow, ctxHigh] = words.subarray(at, at + ADDRESS.chain);
    const bucket = hash(low, high, pid, ctxLow, ctxHigh) >>> this.#shift;
    const chain = words[at + ADDRESS.chain];
    if (this.#heads[bucket] === gone) this.#heads[bucket] = chain;
    else {
      let before = this.#heads[bucket];
      while (words[before * ADDRESS_STRIDE + ADDRESS.chain] !== gone) before = words[before * ADDRESS_STRIDE + ADDRESS.chain];
      words[before * ADDRESS_STRIDE + ADDRESS.chain] = chain;
    }
    return gone;
  }
}
