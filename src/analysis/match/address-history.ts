// What followed what at each address: how addresses are reused, and what contradicts itself.

import {
  ADDRESS,
  ADDRESS_SHIFT,
  MATCH,
  REFUSED_CALL,
  REFUSED_CALL_SHIFT,
  REFUSED_CALLS,
  SAME_CALL_NS,
} from './kernel-layout.ts';
import type { CompletionColumns, SubmissionColumns } from './key-columns.ts';
import type { PairCounter } from './pair-counter.ts';
import type { MatchState } from './state.ts';

/** Keeps the last record of each address, and the last refused submission of each thread. */
export class AddressHistory {
  readonly #state: MatchState;
  readonly #counter: PairCounter;
  readonly #submitted: SubmissionColumns;
  readonly #completed: CompletionColumns;

  constructor(
    state: MatchState,
    counter: PairCounter,
    submitted: SubmissionColumns,
    completed: CompletionColumns,
  ) {
    this.#state = state;
    this.#counter = counter;
    this.#submitted = submitted;
    this.#completed = completed;
  }

  /**
   * Returns the address of submission `index`, row `i`, a new one if need be. Counts how it is
   * reused, and what the submission, of this hash, follows there.
   */
  submit(i: number, index: number, request: number): number {
    const { table, totals } = this.#counter;
    const { reuse } = totals;
    const { key, data, ts } = this.#submitted;
    const found = table.find(this.#submitted, i);
    const address = found === 0 ? this.#counter.addAddress(this.#submitted, i) : found;
    const last = table.lastIndexOf(address);
    table.setLastIndex(address, index);
    if (last < 0) reuse.first(this.#submitted, i);
    else reuse.again(index - last);
    if ((data[2 * i] | data[2 * i + 1]) === 0) reuse.dataZero += 1;
    else if (data[2 * i] === key[2 * i] && data[2 * i + 1] === key[2 * i + 1])
      reuse.dataIsAddress += 1;
    const { addresses } = table;
    const at = address << ADDRESS_SHIFT;
    const before = addresses[at + ADDRESS.request];
    if (last >= 0 && (before & 1) !== 0) {
      totals.followed += 1;
      if (before >>> 1 === request >>> 1) totals.followedEqual += 1;
    } else if (last >= 0 && before >>> 1 !== request >>> 1) {
      totals.submittedAgain += 1;
      this.#follow(at, 'contradictions');
    }
    addresses[at + ADDRESS.request] = request & ~1;
    this.#setLastTs(at, ts, i);
    return address;
  }

  /** Counts what completion `j` follows at its address, which has been used before. */
  complete(j: number, address: number): void {
    const { totals, table } = this.#counter;
    const at = address << ADDRESS_SHIFT;
    if ((table.addresses[at + ADDRESS.request] & 1) === 0) this.#follow(at, 'pairs');
    else {
      totals.completedAgain += 1;
      this.#follow(at, 'contradictions');
    }
    this.#hasCompleted(at, j);
  }

  /** Notes that completion `j` is the first record at an address. */
  completeFirst(j: number, address: number): void {
    this.#counter.totals.unasked += 1;
    this.#hasCompleted(address << ADDRESS_SHIFT, j);
  }

  /** Notes that Linux refused row `i` of the submissions. */
  refuse(i: number): void {
    const { tid, ts } = this.#submitted;
    if (tid === null) return;
    const { refusedCalls, words } = this.#state;
    const at = (tid[i] & (REFUSED_CALLS - 1)) << REFUSED_CALL_SHIFT;
    refusedCalls[at + REFUSED_CALL.tid] = tid[i];
    refusedCalls[at + REFUSED_CALL.isSet] = 1;
    refusedCalls[at + REFUSED_CALL.tsLow] = ts[2 * i];
    refusedCalls[at + REFUSED_CALL.tsHigh] = ts[2 * i + 1];
    words[MATCH.hasRefusedCalls] = 1;
  }

  /** Whether row `i` of the submissions is of the call of one that was refused just before. */
  isWithCall(i: number): boolean {
    const { tid, ts } = this.#submitted;
    if (tid === null || this.#state.words[MATCH.hasRefusedCalls] === 0) return false;
    const { refusedCalls } = this.#state;
    const at = (tid[i] & (REFUSED_CALLS - 1)) << REFUSED_CALL_SHIFT;
    const high = ts[2 * i + 1] - refusedCalls[at + REFUSED_CALL.tsHigh];
    const ns = high * 2 ** 32 + (ts[2 * i] - refusedCalls[at + REFUSED_CALL.tsLow]);
    const isOfThread =
      refusedCalls[at + REFUSED_CALL.isSet] !== 0 && refusedCalls[at + REFUSED_CALL.tid] === tid[i];
    return isOfThread && ns >= 0 && ns <= SAME_CALL_NS;
  }

  #follow(at: number, what: 'pairs' | 'contradictions'): void {
    const { addresses } = this.#counter.table;
    const [low, high] = [addresses[at + ADDRESS.lastTsLow], addresses[at + ADDRESS.lastTsHigh]];
    this.#counter.totals.silences.follow(low, high, what);
  }

  #hasCompleted(at: number, j: number): void {
    this.#counter.table.addresses[at + ADDRESS.request] |= 1;
    this.#setLastTs(at, this.#completed.ts, j);
  }

  #setLastTs(at: number, ts: Uint32Array, row: number): void {
    const { addresses } = this.#counter.table;
    addresses[at + ADDRESS.lastTsLow] = ts[2 * row];
    addresses[at + ADDRESS.lastTsHigh] = ts[2 * row + 1];
  }
}
