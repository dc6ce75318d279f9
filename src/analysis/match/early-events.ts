import { earlyMaxOf, type OpenTable } from './in-flight-table.ts';
import type { ResultColumns } from './input-stream.ts';
import { ADDRESS, ADDRESS_SHIFT, ENTRY, ENTRY_SHIFT } from './kernel-layout.ts';
import type { InFlight } from './pair-counter.ts';

/** A completion that is this much older than the submission after it may still be its own: clocks and tracers are that far off (ns). */
const EARLY_NS_MAX = 10_000_000;
/** So many early events of one address are looked through. */
const LOOKED_AT_MAX = 64;

/**
 * Completions that came before anything was open for them. A submission that is not later takes one at once. One that is
 * a little later is only its candidate: its own completion may still come, and the event then belongs to a request from
 * before the capture. It is decided when another request takes the address, when room is needed, or at the end.
 */
export class EarlyEvents {
  readonly #flight: InFlight;
  readonly #waiting: EarlyTable;
  readonly #results: ResultColumns;
  /** One event as columns of one row. */
  readonly #row = { ts: new Uint32Array(2), res: new Uint32Array(2) };

  constructor(flight: InFlight, results: ResultColumns) {
    this.#flight = flight;
    this.#waiting = new EarlyTable(earlyMaxOf(flight.table.openMax), flight.table);
    this.#results = results;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Decide the event whose place the next one takes; gives the request that it took, or 0. */
  makeRoom(): number {
    const next = this.#waiting.next;
    if (!this.#waiting.waits(next)) return 0;
    const candidate = this.#waiting.words[(next << EARLY_SHIFT) + EARLY.candidate];
    this.decide(next);
    return candidate;
  }

  /** Let row `j` wait, completion `index`; `isOther` says that what is open at its address has other data, `later` is a request of a later time that has its own. */
  keep(j: number, index: number, address: number, isOther: boolean, later: number): void {
    const { table } = this.#flight;
    const early = this.#waiting.push(address);
    const { words } = this.#waiting;
    const at = early << EARLY_SHIFT;
    const { data, ts, res, res2, tid } = this.#results;
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
    if (isOther) words[at + EARLY.flags] |= EARLY_FLAGS.mismatch;
    if (table.lastIndexOf(address) < 0 && !table.forgot)
      words[at + EARLY.flags] |= EARLY_FLAGS.begunBefore;
    if (later !== 0) this.#suit(later, early);
  }

  /** A request comes to an address where events wait: the oldest that is not before it is its own, the newest that is only a little before it may be. */
  claim(slot: number, address: number): void {
    const { words } = this.#waiting;
    const { entries, addresses } = this.#flight.table;
    const at = slot << ENTRY_SHIFT;
    let own = 0;
    let near = 0;
    let early = addresses[(address << ADDRESS_SHIFT) + ADDRESS.early];
    for (let looked = 0; early !== 0 && looked < LOOKED_AT_MAX; looked++) {
      const from = early << EARLY_SHIFT;
      const isFree = words[from + EARLY.candidate] === 0;
      if (
        isFree &&
        words[from] === entries[at] &&
        words[from + EARLY.dataHigh] === entries[at + ENTRY.dataHigh]
      ) {
        if (this.#lead(early, slot) <= 0) own = early;
        else if (near === 0) near = early;
      }
      early = words[from + EARLY.older];
    }
    if (own !== 0) this.#take(slot, own);
    else if (near !== 0) this.#suit(slot, near);
  }

  /** An event waits no longer: it is the completion of its candidate, or nothing's. */
  decide(early: number): void {
    const { tally } = this.#flight;
    const { words } = this.#waiting;
    const at = early << EARLY_SHIFT;
    if (words[at + EARLY.candidate] !== 0) {
      this.#take(words[at + EARLY.candidate], early);
      return;
    }
    tally.unmatchedCompletions += 1;
    if ((words[at + EARLY.flags] & EARLY_FLAGS.mismatch) !== 0) tally.dataMismatch += 1;
    if ((words[at + EARLY.flags] & EARLY_FLAGS.begunBefore) !== 0) tally.begunBefore += 1;
    this.#waiting.remove(early);
  }

  /** The candidate of an event has got a completion of its own. */
  disappoint(early: number): void {
    this.#waiting.words[(early << EARLY_SHIFT) + EARLY.candidate] = 0;
    this.decide(early);
  }

  /** Decide up to `count` of the events, the oldest first. */
  flush(count: number): void {
    for (let decided = 0; decided < count && this.#waiting.size > 0; this.#waiting.pass()) {
      const early = this.#waiting.next;
      if (!this.#waiting.waits(early)) continue;
      this.decide(early);
      decided += 1;
    }
  }

  /** How long before a request an event is (ns); of far ones only the sign is exact. */
  #lead(early: number, slot: number): number {
    const { words } = this.#waiting;
    const { entries } = this.#flight.table;
    const [from, at] = [early << EARLY_SHIFT, slot << ENTRY_SHIFT];
    const high = entries[at + ENTRY.tsHigh] - words[from + EARLY.tsHigh];
    return high * 2 ** 32 + (entries[at + ENTRY.tsLow] - words[from + EARLY.tsLow]);
  }

  /** Make a request the candidate of an event, unless it is too late for that. */
  #suit(slot: number, early: number): void {
    const { entries } = this.#flight.table;
    const at = slot << ENTRY_SHIFT;
    if (this.#lead(early, slot) > EARLY_NS_MAX) this.decide(early);
    else if (entries[at + ENTRY.early] === 0) {
      this.#waiting.words[(early << EARLY_SHIFT) + EARLY.candidate] = slot;
      entries[at + ENTRY.early] = early;
    }
  }

  /** A request and an event are a pair. */
  #take(slot: number, early: number): void {
    const { words, index } = this.#waiting;
    const { entries } = this.#flight.table;
    const { completion } = this.#flight;
    const at = early << EARLY_SHIFT;
    this.#waiting.remove(early);
    entries[(slot << ENTRY_SHIFT) + ENTRY.early] = 0;
    const word = (name: keyof typeof EARLY) => words[at + EARLY[name]];
    completion.index = index[early];
    for (const name of [
      'tsLow',
      'tsHigh',
      'resLow',
      'resHigh',
      'res2Low',
      'res2High',
      'tid',
    ] as const)
      completion[name] = word(name);
    this.#row.ts.set([word('tsLow'), word('tsHigh')]);
    this.#row.res.set([word('resLow'), word('resHigh')]);
    this.#flight.settle(slot, this.#row, 0);
  }
}

/** Words of an early event. */
const EARLY = {
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
const EARLY_SHIFT = 4;

/** What an early event is when nothing is found for it. */
const EARLY_FLAGS = { waits: 1, mismatch: 2, begunBefore: 4 } as const;

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
    else
      this.#table.addresses[(words[at + EARLY.address] << ADDRESS_SHIFT) + ADDRESS.early] = older;
    words[at + EARLY.flags] &= ~EARLY_FLAGS.waits;
    this.size -= 1;
  }
}
