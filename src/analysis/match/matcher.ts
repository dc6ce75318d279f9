import { RWF } from '../../abi/flag.ts';
import { ADDRESS, ADDRESS_SHIFT, ENTRY, ENTRY_SHIFT, LOOKED_AT_MAX, OPEN_FLAGS } from '../../engine/match-state.ts';
import { EarlyEvents } from './early-events.ts';
import { InFlight, type PairSink } from './in-flight.ts';
import type { IndexSet } from './index-set.ts';
import type { Lane } from './lane.ts';
import { MatchKernel } from './match-kernel.ts';
import type { MatchState } from './match-state.ts';
import { neverOpens } from './never-opens.ts';
import type { Keys } from './open-table.ts';
import { RequestColumns, ResultColumns } from './request-columns.ts';
import type { RowStore } from './row-store.ts';
import type { Tally } from './tally.ts';
import type { TimeCut } from './time-cut.ts';

/** How records are brought together. */
export interface MatchRules {
  /** By time; otherwise the k-th submission of a key belongs to its k-th completion. */
  readonly byTime: boolean;
  /** The key is the address of the iocb, or else its data. */
  readonly byAddress: boolean;
  /** Indexes of submissions that were refused; undefined where it is not known which were. */
  readonly refused: IndexSet | undefined;
  readonly cut: TimeCut | undefined;
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
  /** What takes the plain records; null where every record goes the general way. */
  #kernel: MatchKernel | null = null;

  constructor(
    state: MatchState,
    [submissions, completions]: readonly [Lane, Lane],
    rules: MatchRules,
    sinks: readonly PairSink[],
    store: RowStore | null,
  ) {
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
    const { byAddress, byTime, refused, cut } = rules;
    if (byTime && refused === undefined && cut === undefined && sinks.length === 0) {
      const keys = { byAddress, joinsProcess, joinsContext, isExact: this.#isExact };
      this.#kernel = MatchKernel.over(state, [submissions, completions], keys);
    }
    this.#flight = new InFlight(state, this.#kernel !== null, sinks);
    this.tally = this.#flight.tally;
    this.early = new EarlyEvents(this.#flight, this.#results);
  }

  /** Go through the blocks of both streams until one is used up. */
  merge(): void {
    if (this.#kernel === null) this.#mergeAll();
    else this.#mergePlain(this.#kernel);
  }

  /** The kernel takes what is plain, and the general way takes the rest: once there are too many groups it takes all. */
  #mergePlain(kernel: MatchKernel): void {
    if (kernel.isFull) this.#flight.takeOver();
    kernel.begin();
    for (let whose = kernel.step(); whose !== 0; whose = kernel.step()) {
      const lane = whose === 1 ? this.#submissions : this.#completions;
      if (whose === 1) this.#submit(lane.rows[lane.at]);
      else this.#complete(lane.rows[lane.at]);
      lane.at += 1;
      if (!this.tally.fds.isFull) continue;
      this.#kernel = null;
      this.#mergeAll();
      return;
    }
  }

  /** The general way: by time; of one time, the submission goes first. */
  #mergeAll(): void {
    const [requests, results] = [this.#submissions, this.#completions];
    const { ts: from, rows, count: requestsEnd } = requests;
    const { ts, rows: resultRows, count: resultsEnd } = results;
    const { byTime } = this.#rules;
    let [i, j] = [requests.at, results.at];
    while (i < requestsEnd && j < resultsEnd) {
      const row = rows[i];
      const other = resultRows[j];
      const high = from[2 * row + 1];
      const thanHigh = ts[2 * other + 1];
      const isFirst = byTime
        ? high < thanHigh || (high === thanHigh && from[2 * row] <= ts[2 * other])
        : requests.first + i <= results.first + j;
      if (isFirst) {
        this.#submit(row);
        i += 1;
      } else {
        this.#complete(other);
        j += 1;
      }
    }
    if (results.ended) for (; i < requestsEnd; i++) this.#submit(rows[i]);
    if (requests.ended) for (; j < resultsEnd; j++) this.#complete(resultRows[j]);
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

  /** What is open when the streams have ended, at the latest time of both; null where there is no time. */
  finish(end: bigint | null): void {
    this.early.flush(Number.POSITIVE_INFINITY);
    this.#flight.takeOver();
    if (end !== null) this.#flight.finish(end);
  }

  #submit(i: number): void {
    const { tally } = this;
    const requests = this.#requests;
    const index = this.#submissions.first + i;
    const { refused, cut } = this.#rules;
    if (cut !== undefined && !cut.has(requests.ts[2 * i], requests.ts[2 * i + 1])) return;
    if (requests.isRefused(i) || refused?.has(index)) {
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
    const requests = this.#requests;
    const { key, data } = requests;
    const found = table.find(requests, i);
    const address = found === 0 ? this.#addAddress(requests, i) : found;
    const last = table.lastIndexOf(address);
    table.setLastIndex(address, index);
    if (last < 0) reuse.first(requests, i);
    else reuse.again(index - last);
    if ((data[2 * i] | data[2 * i + 1]) === 0) reuse.dataZero += 1;
    else if (data[2 * i] === key[2 * i] && data[2 * i + 1] === key[2 * i + 1]) reuse.dataIsAddress += 1;
    return address;
  }

  #addAddress(keys: Keys, row: number): number {
    return this.#flight.table.addAddress(keys, row, this.tally.orderOf(keys.keyPid[row], keys.ctx[2 * row], keys.ctx[2 * row + 1]));
  }

  /** Submission `index`, row `i`, is open at an address. */
  #open(i: number, index: number, address: number): void {
    const { table } = this.#flight;
    const { ts, data, opcode, rwFlags, nbytes, pid, fd } = this.#requests;
    const home = address << ADDRESS_SHIFT;
    const low = 2 * i;
    const high = low + 1;
    if (table.addresses[home + ADDRESS.open] > 0) this.#supersede(home, i);
    for (let surplus = table.surplus(address); surplus !== 0; surplus = table.surplus(address)) this.#evict(surplus, i);
    const slot = table.push(address);
    const at = slot << ENTRY_SHIFT;
    const { entries } = table;
    entries[at + ENTRY.dataLow] = data[low];
    entries[at + ENTRY.dataHigh] = data[high];
    entries[at + ENTRY.tsLow] = ts[low];
    entries[at + ENTRY.tsHigh] = ts[high];
    entries[at + ENTRY.flags] = (rwFlags[i] & RWF.RWF_NOWAIT) === 0 ? opcode[i] : opcode[i] | OPEN_FLAGS.nowait;
    entries[at + ENTRY.nbytes] = nbytes[high] === 0 ? nbytes[low] : 0xffffffff;
    table.index[slot] = index;
    this.#store?.keep(slot, i);
    this.#flight.enter(slot, address, pid[i], fd[i], opcode[i]);
    if (table.addresses[home + ADDRESS.early] !== 0) this.early.claim(slot, address);
  }

  /** A request comes to an address where others are open: the newest is superseded, and one with its data is taken for refused. */
  #supersede(home: number, i: number): void {
    const { data, ts } = this.#requests;
    const { entries, addresses } = this.#flight.table;
    const newest = addresses[home + ADDRESS.newest];
    this.tally.reuse.concurrent += 1;
    entries[(newest << ENTRY_SHIFT) + ENTRY.flags] |= OPEN_FLAGS.superseded;
    if (this.#isExact && addresses[home + ADDRESS.early] === 0) return;
    let looked = 0;
    for (let slot = newest; slot !== 0 && looked < LOOKED_AT_MAX; slot = entries[(slot << ENTRY_SHIFT) + ENTRY.older]) {
      looked += 1;
      const at = slot << ENTRY_SHIFT;
      if (entries[at + ENTRY.dataLow] !== data[2 * i] || entries[at + ENTRY.dataHigh] !== data[2 * i + 1]) continue;
      const early = entries[at + ENTRY.early];
      if (early !== 0) this.early.decide(early);
      else if (!this.#isExact) this.#flight.leaveOlder(slot, ts, i);
      return;
    }
  }

  /** Make room: the oldest request is given up, unless an early event is its completion. */
  #evict(slot: number, i: number): void {
    const early = this.#flight.table.entries[(slot << ENTRY_SHIFT) + ENTRY.early];
    if (early !== 0) this.early.decide(early);
    else this.#flight.evict(slot, this.#requests.ts, i);
  }

  /** Of what is open at its address with equal data, a completion belongs to the newest that is not later than it; by counting, to the oldest. */
  #complete(j: number): void {
    const { table } = this.#flight;
    const { data, ts } = this.#results;
    const { cut, byTime } = this.#rules;
    const tsLow = ts[2 * j];
    const tsHigh = ts[2 * j + 1];
    if (cut !== undefined && !cut.has(tsLow, tsHigh)) return;
    this.tally.completions += 1;
    const dataLow = data[2 * j];
    const dataHigh = data[2 * j + 1];
    const address = table.find(this.#results, j);
    const { entries, addresses } = table;
    const step = byTime ? ENTRY.older : ENTRY.newer;
    let slot = address === 0 ? 0 : addresses[(address << ADDRESS_SHIFT) + (byTime ? ADDRESS.newest : ADDRESS.oldest)];
    let [equal, found, later] = [0, 0, 0];
    for (; slot !== 0 && (equal < 2 || found === 0); slot = entries[(slot << ENTRY_SHIFT) + step]) {
      const at = slot << ENTRY_SHIFT;
      if (entries[at] !== dataLow || entries[at + ENTRY.dataHigh] !== dataHigh) continue;
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
    const older = entries[(found << ENTRY_SHIFT) + ENTRY.older];
    if (older !== 0 && !this.#isExact) this.#flight.leaveOlder(older, ts, j);
    if (this.#flight.tells) this.#name(j);
    const early = this.#flight.settle(found, this.#results, j);
    if (early !== 0) this.early.disappoint(early);
  }

  /** Fill in what sinks are told of a completion. */
  #name(j: number): void {
    const { ts, res, res2, tid } = this.#results;
    const { completion } = this.#flight;
    completion.index = this.#completions.first + j;
    completion.tsLow = ts[2 * j];
    completion.tsHigh = ts[2 * j + 1];
    completion.resLow = res[2 * j];
    completion.resHigh = res[2 * j + 1];
    completion.res2Low = res2[2 * j];
    completion.res2High = res2[2 * j + 1];
    completion.tid = tid[j];
  }

  /** Nothing is open for a completion; a request of a later time may be its own all the same. */
  #wait(j: number, found: number, hasNoEqual: boolean, later: number): void {
    const { table } = this.#flight;
    const isOther = hasNoEqual && found !== 0 && table.addresses[(found << ADDRESS_SHIFT) + ADDRESS.open] > 0;
    const taken = this.early.makeRoom();
    const address = found === 0 ? this.#addAddress(this.#results, j) : found;
    this.early.keep(j, this.#completions.first + j, address, isOther, later === taken ? 0 : later);
  }
}
