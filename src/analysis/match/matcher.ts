import { EarlyEvents } from './early-events.ts';
import { InFlight, type PairSink } from './in-flight.ts';
import type { Lane } from './lane.ts';
import { neverOpens } from './never-opens.ts';
import { ADDRESS, ADDRESS_STRIDE, ENTRY, ENTRY_SHIFT, OPEN_FLAGS } from './open-table.ts';
import { RequestColumns, ResultColumns } from './request-columns.ts';
import type { RowStore } from './row-store.ts';
import type { Tally } from './tally.ts';
import type { TimeCut } from './time-cut.ts';

const RWF_NOWAIT = 8;

/** How records are brought together. */
export interface MatchRules {
  /** By time; otherwise the k-th submission of a key belongs to its k-th completion. */
  readonly byTime: boolean;
  /** The key is the address of the iocb, or else its data. */
  readonly byAddress: boolean;
  /** Ascending indexes of submissions that were refused; undefined where it is not known which were. */
  readonly refused: Float64Array | undefined;
  readonly cut: TimeCut | undefined;
  /** Requests that may be open at once. */
  readonly openMax: number | undefined;
}

/** Brings the submissions of one stream and the completions of another together, record by record. */
export class Matcher {
  readonly tally: Tally;
  readonly early: EarlyEvents;
  readonly #flight: InFlight;
  readonly #submissions: Lane;
  readonly #completions: Lane;
  readonly #requests: RequestColumns;
  readonly #results: ResultColumns;
  readonly #rules: MatchRules;
  readonly #store: RowStore | null;
  readonly #neverOpens: (i: number) => boolean;
  /** Whether it is known which submissions were refused: then whatever is open is in flight. */
  readonly #isExact: boolean;
  #refusedAt = 0;

  constructor(submissions: Lane, completions: Lane, rules: MatchRules, sinks: readonly PairSink[], store: RowStore | null) {
    this.#submissions = submissions;
    this.#completions = completions;
    this.#rules = rules;
    this.#store = store;
    const joinsContext = submissions.has('ctx') && completions.has('ctx');
    const joinsProcess = submissions.has('pid') && completions.has('pid');
    this.#requests = new RequestColumns(submissions, rules.byAddress ? 'addr' : 'aio_data', joinsProcess, joinsContext);
    this.#results = new ResultColumns(completions, rules.byAddress ? 'obj' : 'data', joinsProcess, joinsContext);
    this.#neverOpens = neverOpens(submissions);
    this.#isExact = rules.refused !== undefined || this.#requests.hasRet || !rules.byTime;
    this.#flight = new InFlight(rules.openMax, sinks);
    this.tally = this.#flight.tally;
    this.early = new EarlyEvents(this.#flight, this.#results);
  }

  /** Go through the blocks of both streams by time until one is used up. Of one time, the submission goes first. */
  merge(): void {
    const [requests, results] = [this.#submissions, this.#completions];
    const { from, count: requestsEnd } = requests;
    const { ts, count: resultsEnd } = results;
    const { byTime } = this.#rules;
    let i = requests.at;
    let j = results.at;
    while (i < requestsEnd && j < resultsEnd) {
      const high = from[2 * i + 1];
      const thanHigh = ts[2 * j + 1];
      const isFirst = byTime
        ? high < thanHigh || (high === thanHigh && from[2 * i] <= ts[2 * j])
        : requests.first + i <= results.first + j;
      if (isFirst) this.#submit(i++);
      else this.#complete(j++);
    }
    if (results.ended) while (i < requestsEnd) this.#submit(i++);
    if (requests.ended) while (j < resultsEnd) this.#complete(j++);
    requests.at = i;
    results.at = j;
  }

  /** Whether addresses had to be forgotten, and what is known of their use is an estimate. */
  get forgot(): boolean {
    return this.#flight.table.forgot;
  }

  /** Whether it is known which submissions were refused. */
  get knowsRefused(): boolean {
    return this.#rules.refused !== undefined || this.#requests.hasRet;
  }

  /** What is open when the streams have ended, at the latest time of both. */
  finish(end: bigint): void {
    this.#flight.finish(Number(end & 0xffffffffn), Number(end >> 32n));
  }

  #submit(i: number): void {
    const { tally } = this;
    const requests = this.#requests;
    const index = this.#submissions.first + i;
    const { refused, cut } = this.#rules;
    const isRefused = refused !== undefined && refused[this.#refusedAt] === index;
    if (isRefused) this.#refusedAt += 1;
    if (cut !== undefined && !cut.has(requests.ts[2 * i], requests.ts[2 * i + 1])) return;
    if (isRefused || requests.isRefused(i)) {
      tally.refused += 1;
      return;
    }
    tally.submissions += 1;
    if (this.#neverOpens(i)) tally.neverOpened += 1;
    else this.#open(i, index, this.#addressOf(i, index));
  }

  /** The address of a submission, new or known; it counts how addresses are used again. */
  #addressOf(i: number, index: number): number {
    const { table } = this.#flight;
    const { reuse } = this.tally;
    const { key, keyPid, ctx, data } = this.#requests;
    const [low, high, pid, ctxLow, ctxHigh] = [key[2 * i], key[2 * i + 1], keyPid[i], ctx[2 * i], ctx[2 * i + 1]];
    const found = table.find(pid, low, high, ctxLow, ctxHigh);
    const address = found === 0 ? this.#addAddress(pid, low, high, ctxLow, ctxHigh) : found;
    const last = table.lastIndex[address];
    table.lastIndex[address] = index;
    if (last < 0) reuse.first(pid, low, high, ctxLow, ctxHigh);
    else reuse.again(index - last);
    if ((data[2 * i] | data[2 * i + 1]) === 0) reuse.dataZero += 1;
    else if (data[2 * i] === low && data[2 * i + 1] === high) reuse.dataIsAddress += 1;
    return address;
  }

  #addAddress(pid: number, low: number, high: number, ctxLow: number, ctxHigh: number): number {
    return this.#flight.table.addAddress({ pid, low, high, ctxLow, ctxHigh }, this.tally.orderOf(pid, ctxLow, ctxHigh));
  }

  /** Submission `index`, row `i`, is open at an address. */
  #open(i: number, index: number, address: number): void {
    const { table } = this.#flight;
    const { ts, data, opcode, rwFlags, nbytes, pid, fd } = this.#requests;
    const home = address * ADDRESS_STRIDE;
    const [low, high] = [2 * i, 2 * i + 1];
    if (table.addresses[home + ADDRESS.open] > 0) this.#supersede(home, data[low], data[high], ts[low], ts[high]);
    for (let surplus = table.surplus(address); surplus !== 0; surplus = table.surplus(address)) this.#evict(surplus, ts[low], ts[high]);
    const slot = table.push(address);
    const at = slot << ENTRY_SHIFT;
    const { entries } = table;
    entries[at + ENTRY.dataLow] = data[low];
    entries[at + ENTRY.dataHigh] = data[high];
    entries[at + ENTRY.tsLow] = ts[low];
    entries[at + ENTRY.tsHigh] = ts[high];
    entries[at + ENTRY.flags] = (rwFlags[i] & RWF_NOWAIT) === 0 ? opcode[i] : opcode[i] | OPEN_FLAGS.nowait;
    entries[at + ENTRY.nbytes] = nbytes[high] === 0 ? nbytes[low] : 0xffffffff;
    table.index[slot] = index;
    this.#store?.keep(slot, i);
    this.#flight.enter(slot, address, pid[i], fd[i], opcode[i]);
    if (table.addresses[home + ADDRESS.early] !== 0) this.early.claim(slot, address);
  }

  /** A request comes to an address where others are open: the newest is superseded, and one with its data is taken for refused. */
  #supersede(home: number, dataLow: number, dataHigh: number, tsLow: number, tsHigh: number): void {
    const { entries, addresses } = this.#flight.table;
    const newest = addresses[home + ADDRESS.newest];
    this.tally.reuse.concurrent += 1;
    entries[(newest << ENTRY_SHIFT) + ENTRY.flags] |= OPEN_FLAGS.superseded;
    if (this.#isExact && addresses[home + ADDRESS.early] === 0) return;
    for (let slot = newest; slot !== 0; slot = entries[(slot << ENTRY_SHIFT) + ENTRY.older]) {
      const at = slot << ENTRY_SHIFT;
      if (entries[at + ENTRY.dataLow] !== dataLow || entries[at + ENTRY.dataHigh] !== dataHigh) continue;
      const early = entries[at + ENTRY.early];
      if (early !== 0) this.early.decide(early);
      else if (!this.#isExact) this.#flight.leave(slot, tsLow, tsHigh);
      return;
    }
  }

  /** Make room: the oldest request is given up, unless an early event is its completion. */
  #evict(slot: number, tsLow: number, tsHigh: number): void {
    const early = this.#flight.table.entries[(slot << ENTRY_SHIFT) + ENTRY.early];
    if (early !== 0) this.early.decide(early);
    else this.#flight.evict(slot, tsLow, tsHigh);
  }

  /** Of what is open at its address with equal data, a completion belongs to the newest that is not later than it; by counting, to the oldest. */
  #complete(j: number): void {
    const { table } = this.#flight;
    const { key, keyPid, ctx, data, ts, res, res2, tid } = this.#results;
    const { cut, byTime } = this.#rules;
    const [tsLow, tsHigh] = [ts[2 * j], ts[2 * j + 1]];
    if (cut !== undefined && !cut.has(tsLow, tsHigh)) return;
    this.tally.completions += 1;
    const [dataLow, dataHigh] = [data[2 * j], data[2 * j + 1]];
    const address = table.find(keyPid[j], key[2 * j], key[2 * j + 1], ctx[2 * j], ctx[2 * j + 1]);
    const { entries, addresses } = table;
    const step = byTime ? ENTRY.older : ENTRY.newer;
    let slot = address === 0 ? 0 : addresses[address * ADDRESS_STRIDE + (byTime ? ADDRESS.newest : ADDRESS.oldest)];
    let [equal, found, later] = [0, 0, 0];
    for (; slot !== 0 && (equal < 2 || found === 0); slot = entries[(slot << ENTRY_SHIFT) + step]) {
      const at = slot << ENTRY_SHIFT;
      if (entries[at + ENTRY.dataLow] !== dataLow || entries[at + ENTRY.dataHigh] !== dataHigh) continue;
      equal += 1;
      const high = entries[at + ENTRY.tsHigh];
      if (high > tsHigh || (high === tsHigh && entries[at + ENTRY.tsLow] > tsLow)) later = slot;
      else if (found === 0) found = slot;
    }
    if (found === 0) {
      this.#wait(j, address, equal === 0, later);
      return;
    }
    if (equal > 1) this.tally.ambiguous += 1;
    if (this.#flight.tells) {
      const { completion } = this.#flight;
      completion.index = this.#completions.first + j;
      completion.res2Low = res2[2 * j];
      completion.res2High = res2[2 * j + 1];
      completion.tid = tid[j];
    }
    const early = this.#flight.settle(found, tsLow, tsHigh, res[2 * j], res[2 * j + 1]);
    if (early !== 0) this.early.disappoint(early);
  }

  /** Nothing is open for a completion; a request of a later time may be its own all the same. */
  #wait(j: number, found: number, hasNoEqual: boolean, later: number): void {
    const { table } = this.#flight;
    const { key, keyPid, ctx } = this.#results;
    const isOther = hasNoEqual && found !== 0 && table.addresses[found * ADDRESS_STRIDE + ADDRESS.open] > 0;
    const taken = this.early.makeRoom();
    const address = found === 0 ? this.#addAddress(keyPid[j], key[2 * j], key[2 * j + 1], ctx[2 * j], ctx[2 * j + 1]) : found;
    this.early.keep(j, this.#completions.first + j, address, isOther, later === taken ? 0 : later);
  }
}
