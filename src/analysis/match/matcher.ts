import { RWF_NOWAIT } from '../../abi/flag.ts';
import { AddressHistory } from './address-history.ts';
import { EarlyCompletions } from './early-completions.ts';
import type { InputStream } from './input-stream.ts';
import {
  ADDRESS,
  ADDRESS_SHIFT,
  ENTRY,
  ENTRY_FLAGS,
  ENTRY_SHIFT,
  LOOKED_AT_MAX,
} from './kernel-layout.ts';
import { CompletionColumns, neverOpens, SubmissionColumns } from './key-columns.ts';
import type { MatchRules } from './match-rules.ts';
import type { PairCounter } from './pair-counter.ts';
import { repeatsOneBefore } from './repeated-completion.ts';
import { requestHash } from './request-hash.ts';
import type { RowStore } from './row-store.ts';
import type { MatchState } from './state.ts';

/** Takes submissions and completions one by one, in order, and finds the pairs. */
export class Matcher {
  readonly early: EarlyCompletions;
  readonly #counter: PairCounter;
  readonly #submissions: InputStream;
  readonly #completions: InputStream;
  readonly #submitted: SubmissionColumns;
  readonly #completed: CompletionColumns;
  readonly #rules: MatchRules;
  readonly #store: RowStore | null;
  readonly #neverOpens: (i: number) => boolean;
  readonly #history: AddressHistory;

  constructor(
    state: MatchState,
    counter: PairCounter,
    [submissions, completions]: readonly [InputStream, InputStream],
    rules: MatchRules,
    store: RowStore | null,
  ) {
    const { byAddress, joinsProcess, joinsContext } = rules;
    this.#counter = counter;
    this.#submissions = submissions;
    this.#completions = completions;
    this.#rules = rules;
    this.#store = store;
    this.#submitted = new SubmissionColumns(
      submissions,
      byAddress ? 'addr' : 'aio_data',
      joinsProcess,
      joinsContext,
    );
    this.#completed = new CompletionColumns(
      completions,
      byAddress ? 'obj' : 'data',
      joinsProcess,
      joinsContext,
    );
    this.#neverOpens = neverOpens(submissions);
    this.early = new EarlyCompletions(counter, this.#completed);
    this.#history = new AddressHistory(state, counter, this.#submitted, this.#completed);
  }

  /** Takes row `i` of the submissions. */
  submit(i: number): void {
    const { totals } = this.#counter;
    const { ts } = this.#submitted;
    const index = this.#submissions.first + i;
    const { refused, cut, repeats } = this.#rules;
    if (cut !== undefined && !cut.has(ts[2 * i], ts[2 * i + 1])) return;
    if (repeats?.dropSubmission(this.#submitted, i, totals)) return;
    totals.silences.observe(ts, i);
    if (this.#submitted.isRefused(i) || refused?.has(index)) {
      totals.refused += 1;
      return;
    }
    totals.submissions += 1;
    if (this.#neverOpens(i)) {
      totals.refusedByRules += 1;
      this.#history.refuse(i);
    } else this.#admit(i, index);
  }

  /**
   * Takes row `j` of the completions. Among the entries at its address with equal data, it belongs
   * to the newest one that is not later; by counting, to the oldest. Older ones are then set aside:
   * had they completed, their completions would have come. A completion that finds only an entry
   * that was set aside makes a second pair.
   */
  complete(j: number): void {
    const { table, totals } = this.#counter;
    const { data, ts } = this.#completed;
    const { cut, byTime, repeats } = this.#rules;
    const [tsLow, tsHigh] = [ts[2 * j], ts[2 * j + 1]];
    if (cut !== undefined && !cut.has(tsLow, tsHigh)) return;
    if (repeats?.dropCompletion(this.#completed, j, totals)) {
      totals.completions += 1;
      totals.dropped += 1;
      return;
    }
    totals.silences.observe(ts, j);
    totals.completions += 1;
    const [dataLow, dataHigh] = [data[2 * j], data[2 * j + 1]];
    const address = table.find(this.#completed, j);
    if (address !== 0) this.#history.complete(j, address);
    const { entries, addresses } = table;
    const next = byTime ? ENTRY.older : ENTRY.newer;
    const first = (address << ADDRESS_SHIFT) + (byTime ? ADDRESS.newest : ADDRESS.oldest);
    let slot = address === 0 ? 0 : addresses[first];
    let [equal, found, later, aside] = [0, 0, 0, 0];
    for (; slot !== 0 && (equal < 2 || found === 0); slot = entries[(slot << ENTRY_SHIFT) + next]) {
      const at = slot << ENTRY_SHIFT;
      if (entries[at + ENTRY.dataLow] !== dataLow || entries[at + ENTRY.dataHigh] !== dataHigh)
        continue;
      const high = entries[at + ENTRY.tsHigh];
      const isLater = high > tsHigh || (high === tsHigh && entries[at + ENTRY.tsLow] > tsLow);
      if ((entries[at + ENTRY.flags] & ENTRY_FLAGS.setAside) !== 0) {
        if (!isLater && aside === 0) aside = slot;
        continue;
      }
      equal += 1;
      if (isLater) later = slot;
      else if (found === 0) found = slot;
    }
    if (this.#counter.hasSinks)
      this.#counter.completion.read(this.#completed, j, this.#completions.first + j);
    if (found === 0 && aside !== 0 && !this.early.isNear(later, tsLow, tsHigh)) {
      this.#counter.settle(aside, this.#completed, j, true);
      return;
    }
    if (found === 0) {
      if (byTime && repeatsOneBefore(this.#completed, j)) totals.repeated.completions += 1;
      else this.#wait(j, address, equal === 0 && aside === 0, later);
      return;
    }
    if (equal > 1) totals.ambiguous += 1;
    const older = entries[(found << ENTRY_SHIFT) + ENTRY.older];
    if (older !== 0 && byTime) this.#setAside(older, dataLow, dataHigh, j);
    const early = this.#counter.settle(found, this.#completed, j, false);
    if (early !== 0) this.early.unlink(early);
  }

  /** Sets aside the entries from `slot` on, older ones, that have equal data. */
  #setAside(slot: number, dataLow: number, dataHigh: number, j: number): void {
    const { entries } = this.#counter.table;
    for (let next = slot; next !== 0; ) {
      const at = next << ENTRY_SHIFT;
      const current = next;
      next = entries[at + ENTRY.older];
      if (entries[at + ENTRY.dataLow] !== dataLow || entries[at + ENTRY.dataHigh] !== dataHigh)
        continue;
      if ((entries[at + ENTRY.flags] & ENTRY_FLAGS.setAside) !== 0) continue;
      const early = entries[at + ENTRY.early];
      if (early !== 0) this.early.decide(early);
      else this.#counter.setAside(current, this.#completed.ts, j);
    }
  }

  /**
   * Decides what is left when both streams have ended, at `end`; null without times. Returns the
   * slots of the submissions in flight.
   */
  finish(end: bigint | null): number[] {
    this.early.flush(Number.POSITIVE_INFINITY);
    this.#counter.takeOver();
    this.#counter.totals.decide();
    return this.#counter.finish(end);
  }

  /** Adds submission `index`, row `i`, to the table, and takes its completion if it came early. */
  #admit(i: number, index: number): void {
    const { table } = this.#counter;
    const request = requestHash(this.#submitted, i);
    const address = this.#history.submit(i, index, request);
    const { ts, data, opcode, rwFlags, nbytes, pid, fd } = this.#submitted;
    const home = address << ADDRESS_SHIFT;
    const [low, high] = [2 * i, 2 * i + 1];
    if (table.addresses[home + ADDRESS.open] > 0) this.#supersede(home, i, request);
    for (let surplus = table.surplus(address); surplus !== 0; surplus = table.surplus(address))
      this.#evict(surplus, i);
    const slot = table.push(address);
    const at = slot << ENTRY_SHIFT;
    const { entries } = table;
    entries[at + ENTRY.dataLow] = data[low];
    entries[at + ENTRY.dataHigh] = data[high];
    entries[at + ENTRY.tsLow] = ts[low];
    entries[at + ENTRY.tsHigh] = ts[high];
    entries[at + ENTRY.flags] =
      opcode[i] |
      ((rwFlags[i] & RWF_NOWAIT) === 0 ? 0 : ENTRY_FLAGS.nowait) |
      (this.#history.isWithCall(i) ? ENTRY_FLAGS.withCall : 0);
    entries[at + ENTRY.request] = request;
    entries[at + ENTRY.nbytes] = nbytes[high] === 0 ? nbytes[low] : 0xffffffff;
    table.index[slot] = index;
    const depth = this.#counter.enter(slot, address, pid[i], fd[i], opcode[i], i);
    this.#store?.keep(slot, i, depth);
    if (table.addresses[home + ADDRESS.early] !== 0) this.early.take(slot, address);
  }

  /**
   * Marks the newest entry at an address as superseded. Those with equal data that were set aside
   * end without a completion; the early completion of one that was not is decided.
   */
  #supersede(home: number, i: number, request: number): void {
    const { data } = this.#submitted;
    const { entries, addresses } = this.#counter.table;
    const newest = addresses[home + ADDRESS.newest];
    this.#counter.totals.reuse.concurrent += 1;
    const last = newest << ENTRY_SHIFT;
    if ((entries[last + ENTRY.flags] & ENTRY_FLAGS.superseded) === 0)
      entries[last + ENTRY.flags] |=
        entries[last + ENTRY.request] === request
          ? ENTRY_FLAGS.superseded | ENTRY_FLAGS.retried
          : ENTRY_FLAGS.superseded;
    const [low, high] = [data[2 * i], data[2 * i + 1]];
    let isFirst = true;
    for (let slot = newest, looked = 0; slot !== 0 && looked < LOOKED_AT_MAX; looked++) {
      const at = slot << ENTRY_SHIFT;
      const current = slot;
      slot = entries[at + ENTRY.older];
      if (entries[at + ENTRY.dataLow] !== low || entries[at + ENTRY.dataHigh] !== high) continue;
      const early = entries[at + ENTRY.early];
      if ((entries[at + ENTRY.flags] & ENTRY_FLAGS.setAside) !== 0) this.#counter.drop(current);
      else if (early !== 0 && isFirst) this.early.decide(early);
      isFirst = false;
    }
  }

  /** Makes room: decides the early completion of an entry, or evicts it. */
  #evict(slot: number, i: number): void {
    const early = this.#counter.table.entries[(slot << ENTRY_SHIFT) + ENTRY.early];
    if (early !== 0) this.early.decide(early);
    else this.#counter.evict(slot, this.#submitted.ts, i);
  }

  /** Adds a completion to the early ones. A later entry may become its candidate. */
  #wait(j: number, found: number, hasNoEqual: boolean, later: number): void {
    const { table } = this.#counter;
    const home = found << ADDRESS_SHIFT;
    const isMismatch = hasNoEqual && found !== 0 && table.addresses[home + ADDRESS.open] > 0;
    const taken = this.early.makeRoom();
    const address = found === 0 ? this.#counter.addAddress(this.#completed, j) : found;
    if (found === 0) this.#history.completeFirst(j, address);
    const index = this.#completions.first + j;
    this.early.add(j, index, address, isMismatch, later === taken ? 0 : later);
  }
}
