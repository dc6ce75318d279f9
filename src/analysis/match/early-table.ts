import type { InFlightTable } from './in-flight-table.ts';
import { ADDRESS, ADDRESS_SHIFT } from './kernel-layout.ts';
import { struct, words as wordsOf } from './struct.ts';

/** A completion that waits for its submission. */
export const EARLY = wordsOf(
  struct({
    data: 'u64',
    ts: 'u64',
    res: 'i64',
    res2: 'i64',
    tid: 'u32',
    address: 'u32', // The address it waits at.
    older: 'u32', // The next older one at its address.
    newer: 'u32', // The next newer one at its address.
    candidate: 'u32', // The slot of the entry it may belong to.
    flags: 'u32', // `EARLY_FLAGS`.
  }),
);
/** log2 of the words from one completion to the next. */
export const EARLY_SHIFT = 4;

/** `waits`, and what a completion without a submission counts as besides unmatched. */
export const EARLY_FLAGS = { waits: 1, mismatch: 2, begunBefore: 4 } as const;

/** Early completions: a ring, so that the oldest one makes room. Numbers begin at 1. */
export class EarlyTable {
  readonly words: Uint32Array;
  readonly index: Float64Array;
  size = 0;
  readonly #max: number;
  readonly #addresses: Uint32Array;
  #last = 0;

  constructor(max: number, { addresses }: InFlightTable) {
    this.#max = max;
    this.#addresses = addresses;
    this.words = new Uint32Array((max + 1) << EARLY_SHIFT);
    this.index = new Float64Array(max + 1);
  }

  /** The place of the next completion. One that waits there has to be decided first. */
  get next(): number {
    return (this.#last % this.#max) + 1;
  }

  /** Moves on by one place. */
  advance(): void {
    this.#last = this.next;
  }

  waits(early: number): boolean {
    return (this.words[(early << EARLY_SHIFT) + EARLY.flags] & EARLY_FLAGS.waits) !== 0;
  }

  /** Adds a completion at an address and returns its number. The caller fills in its columns. */
  push(address: number): number {
    const early = this.next;
    const { words } = this;
    const at = early << EARLY_SHIFT;
    const home = (address << ADDRESS_SHIFT) + ADDRESS.early;
    const older = this.#addresses[home];
    if (older !== 0) words[(older << EARLY_SHIFT) + EARLY.newer] = early;
    this.#addresses[home] = early;
    words[at + EARLY.address] = address;
    words[at + EARLY.older] = older;
    words[at + EARLY.newer] = 0;
    words[at + EARLY.candidate] = 0;
    words[at + EARLY.flags] = EARLY_FLAGS.waits;
    this.#last = early;
    this.size += 1;
    return early;
  }

  /** Removes a completion. Its words stay valid until its place is taken. */
  remove(early: number): void {
    const { words } = this;
    const at = early << EARLY_SHIFT;
    const older = words[at + EARLY.older];
    const newer = words[at + EARLY.newer];
    if (older !== 0) words[(older << EARLY_SHIFT) + EARLY.newer] = newer;
    if (newer !== 0) words[(newer << EARLY_SHIFT) + EARLY.older] = older;
    else this.#addresses[(words[at + EARLY.address] << ADDRESS_SHIFT) + ADDRESS.early] = older;
    words[at + EARLY.flags] &= ~EARLY_FLAGS.waits;
    this.size -= 1;
  }
}
