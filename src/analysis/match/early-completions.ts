import { EARLY, EARLY_FLAGS, EARLY_SHIFT, EarlyTable } from './early-table.ts';
import { ADDRESS, ADDRESS_SHIFT, ENTRY, ENTRY_SHIFT, LOOKED_AT_MAX } from './kernel-layout.ts';
import type { CompletionColumns } from './key-columns.ts';
import type { PairCounter } from './pair-counter.ts';
import { earlyMaxOf } from './state.ts';

/**
 * How much earlier than its submission a completion may be timestamped (ns), as of threads that
 * share a stream. No capture needs more; 10 ms make 0.3 % of the pairs false where 5 % of the
 * records are lost.
 */
const EARLY_NS_MAX = 20_000;

/**
 * Completions that came before any submission they could belong to. A submission that is not later
 * takes such a completion at once. One that is up to 20 µs later only becomes its candidate: its
 * own completion may still come, and then the early one has no captured submission. An early
 * completion is decided when the address is used again, when room is needed, or
 * at the end.
 */
export class EarlyCompletions {
  readonly #counter: PairCounter;
  readonly #waiting: EarlyTable;
  readonly #completions: CompletionColumns;
  /** An early completion as columns with one row. */
  readonly #row = {
    ts: new Uint32Array(2),
    res: new Uint32Array(2),
    res2: new Uint32Array(2),
    tid: new Uint32Array(1),
    first: 0,
  };

  constructor(counter: PairCounter, completions: CompletionColumns) {
    this.#counter = counter;
    this.#waiting = new EarlyTable(earlyMaxOf(counter.table.openMax), counter.table);
    this.#completions = completions;
  }

  /** The number of completions that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Decides the completion whose place the next one takes. Returns the entry it got, or 0. */
  makeRoom(): number {
    const next = this.#waiting.next;
    if (!this.#waiting.waits(next)) return 0;
    const candidate = this.#waiting.words[(next << EARLY_SHIFT) + EARLY.candidate];
    this.decide(next);
    return candidate;
  }

  /**
   * Adds row `j`, completion `index`. `isMismatch`: all entries at its address have other data.
   * `later`: an entry with its data and a later time, or 0.
   */
  add(j: number, index: number, address: number, isMismatch: boolean, later: number): void {
    const { table } = this.#counter;
    const early = this.#waiting.push(address);
    const { words } = this.#waiting;
    const at = early << EARLY_SHIFT;
    const { data, ts, res, res2, tid } = this.#completions;
    this.#waiting.index[early] = index;
    words[at + EARLY.dataLow] = data[2 * j];
    words[at + EARLY.dataHigh] = data[2 * j + 1];
    words[at + EARLY.tsLow] = ts[2 * j];
    words[at + EARLY.tsHigh] = ts[2 * j + 1];
    words[at + EARLY.resLow] = res[2 * j];
    words[at + EARLY.resHigh] = res[2 * j + 1];
    words[at + EARLY.res2Low] = res2[2 * j];
    words[at + EARLY.res2High] = res2[2 * j + 1];
    words[at + EARLY.tid] = tid[j];
    if (isMismatch) words[at + EARLY.flags] |= EARLY_FLAGS.mismatch;
    if (table.lastIndexOf(address) < 0 && !table.hasForgotten)
      words[at + EARLY.flags] |= EARLY_FLAGS.begunBefore;
    if (later !== 0) this.#setCandidate(later, early);
  }

  /**
   * Pairs a new entry with the oldest waiting completion that is not before it. If all are before
   * it, the entry becomes the candidate of the newest one, unless that is decided as too early.
   */
  take(slot: number, address: number): void {
    const { words } = this.#waiting;
    const { entries, addresses } = this.#counter.table;
    const at = slot << ENTRY_SHIFT;
    let own = 0;
    let near = 0;
    let early = addresses[(address << ADDRESS_SHIFT) + ADDRESS.early];
    for (let looked = 0; early !== 0 && looked < LOOKED_AT_MAX; looked++) {
      const from = early << EARLY_SHIFT;
      if (
        words[from + EARLY.candidate] === 0 &&
        words[from + EARLY.dataLow] === entries[at + ENTRY.dataLow] &&
        words[from + EARLY.dataHigh] === entries[at + ENTRY.dataHigh]
      ) {
        if (this.#leadNs(early, slot) <= 0) own = early;
        else if (near === 0) near = early;
      }
      early = words[from + EARLY.older];
    }
    if (own !== 0) this.#settle(slot, own);
    else if (near !== 0) this.#setCandidate(slot, near);
  }

  /** Pairs a completion with its candidate, or counts it as unmatched if it has none. */
  decide(early: number): void {
    const { totals } = this.#counter;
    const { words } = this.#waiting;
    const at = early << EARLY_SHIFT;
    if (words[at + EARLY.candidate] !== 0) {
      this.#settle(words[at + EARLY.candidate], early);
      return;
    }
    totals.unmatchedCompletions += 1;
    if ((words[at + EARLY.flags] & EARLY_FLAGS.mismatch) !== 0) totals.dataMismatch += 1;
    if ((words[at + EARLY.flags] & EARLY_FLAGS.begunBefore) !== 0) totals.begunBefore += 1;
    else totals.orphans += 1;
    this.#waiting.remove(early);
  }

  /** Decides a completion whose candidate was paired with another. */
  unlink(early: number): void {
    this.#waiting.words[(early << EARLY_SHIFT) + EARLY.candidate] = 0;
    this.decide(early);
  }

  /** Decides up to `count` completions, oldest first. */
  flush(count: number): void {
    for (let decided = 0; decided < count && this.#waiting.size > 0; this.#waiting.advance()) {
      const early = this.#waiting.next;
      if (!this.#waiting.waits(early)) continue;
      this.decide(early);
      decided += 1;
    }
  }

  /** Whether a completion at a time may be that of an entry that is later; false for no entry. */
  isNear(slot: number, tsLow: number, tsHigh: number): boolean {
    const { entries } = this.#counter.table;
    const at = slot << ENTRY_SHIFT;
    const high = entries[at + ENTRY.tsHigh] - tsHigh;
    return (
      slot !== 0 && this.#mayBeEarly(slot, high * 2 ** 32 + (entries[at + ENTRY.tsLow] - tsLow))
    );
  }

  /**
   * Whether an entry may have completed that long before its time. Once submissions are known to be
   * missing, data of 0 does not tell it from another.
   */
  #mayBeEarly(slot: number, leadNs: number): boolean {
    const { table, totals } = this.#counter;
    const at = slot << ENTRY_SHIFT;
    const { entries } = table;
    const isTagged = (entries[at + ENTRY.dataLow] | entries[at + ENTRY.dataHigh]) !== 0;
    return leadNs <= EARLY_NS_MAX && (isTagged || totals.orphans === 0);
  }

  /** Returns how long before an entry a completion is (ns). Above 2^53 only the sign is exact. */
  #leadNs(early: number, slot: number): number {
    const { words } = this.#waiting;
    const { entries } = this.#counter.table;
    const [from, at] = [early << EARLY_SHIFT, slot << ENTRY_SHIFT];
    const high = entries[at + ENTRY.tsHigh] - words[from + EARLY.tsHigh];
    return high * 2 ** 32 + (entries[at + ENTRY.tsLow] - words[from + EARLY.tsLow]);
  }

  /** Makes an entry the candidate of a completion. If it is too late, decides the completion. */
  #setCandidate(slot: number, early: number): void {
    const { entries } = this.#counter.table;
    const at = slot << ENTRY_SHIFT;
    if (!this.#mayBeEarly(slot, this.#leadNs(early, slot))) this.decide(early);
    else if (entries[at + ENTRY.early] === 0) {
      this.#waiting.words[(early << EARLY_SHIFT) + EARLY.candidate] = slot;
      entries[at + ENTRY.early] = early;
    }
  }

  #settle(slot: number, early: number): void {
    const { words, index } = this.#waiting;
    const { ts, res, res2, tid } = this.#row;
    const at = early << EARLY_SHIFT;
    this.#waiting.remove(early);
    this.#counter.table.entries[(slot << ENTRY_SHIFT) + ENTRY.early] = 0;
    ts.set([words[at + EARLY.tsLow], words[at + EARLY.tsHigh]]);
    res.set([words[at + EARLY.resLow], words[at + EARLY.resHigh]]);
    res2.set([words[at + EARLY.res2Low], words[at + EARLY.res2High]]);
    tid[0] = words[at + EARLY.tid];
    this.#row.first = index[early];
    this.#counter.completion.read(this.#row, 0, index[early]);
    this.#counter.settle(slot, this.#row, 0, false);
  }
}
