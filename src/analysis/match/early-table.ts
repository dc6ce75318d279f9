import { ADDRESS, ADDRESS_SHIFT } from '../../engine/match-state.ts';
import type { OpenTable } from './open-table.ts';

/** Words of an early event. */
export const EARLY = {
  dataLow: 0,
  dataHigh: 1,
  tsLow: 2,
  tsHigh: 3,
  resLow: 4,
  resHigh: 5,
  res2Low: 6,
  res2High: 7,
  tid: 8,
  address: 9,
  /** The other early events of its address. */
  older: 10,
  newer: 11,
  /** The open request that it may be the completion of. */
  candidate: 12,
  flags: 13,
} as const;
export const EARLY_SHIFT = 4;

/** What an early event is when nothing is found for it. */
export const EARLY_FLAGS = { waits: 1, mismatch: 2, begunBefore: 4 } as const;

/** Completions that came when nothing at their address was open for them: a ring, so that the oldest makes room. */
export class EarlyTable {
  readonly words: Uint32Array;
  readonly index: Float64Array;
  size = 0;
  readonly #max: number;
  readonly #table: OpenTable;
  #last = 0;

  constructor(max: number, table: OpenTable) {
    this.#max = max;
    this.#table = table;
    this.words = new Uint32Array((max + 1) << EARLY_SHIFT);
    this.index = new Float64Array(max + 1);
  }

  /** The place of the next event: whoever waits there has to be decided first. */
  get next(): number {
    return (this.#last % this.#max) + 1;
  }

  /** Go past the next place. */
  pass(): void {
    this.#last = this.next;
  }

  waits(early: number): boolean {
    return (this.words[(early << EARLY_SHIFT) + EARLY.flags] & EARLY_FLAGS.waits) !== 0;
  }

  /** Let an event wait at an address; the caller fills in what it is. */
  push(address: number): number {
    const early = this.next;
    const { words } = this;
    const { addresses } = this.#table;
    const at = early << EARLY_SHIFT;
    const home = (address << ADDRESS_SHIFT) + ADDRESS.early;
    const older = addresses[home];
    if (older !== 0) words[(older << EARLY_SHIFT) + EARLY.newer] = early;
    addresses[home] = early;
    words[at + EARLY.address] = address;
    words[at + EARLY.older] = older;
    words[at + EARLY.newer] = 0;
    words[at + EARLY.candidate] = 0;
    words[at + EARLY.flags] = EARLY_FLAGS.waits;
    this.#last = early;
    this.size += 1;
    return early;
  }

  /** The event waits no more. Its words stay until its place is taken. */
  remove(early: number): void {
    const { words } = this;
    const at = early << EARLY_SHIFT;
    const older = words[at + EARLY.older];
    const newer = words[at + EARLY.newer];
    if (older !== 0) words[(older << EARLY_SHIFT) + EARLY.newer] = newer;
    if (newer !== 0) words[(newer << EARLY_SHIFT) + EARLY.older] = older;
    else this.#table.addresses[(words[at + EARLY.address] << ADDRESS_SHIFT) + ADDRESS.early] = older;
    words[at + EARLY.flags] &= ~EARLY_FLAGS.waits;
    this.size -= 1;
  }
}
