import { EarlyEvents } from './early-events.ts';
import type { Lane } from './input-stream.ts';
import { neverOpens, RequestColumns, ResultColumns } from './input-stream.ts';
import { ADDRESS, ADDRESS_SHIFT, ENTRY, ENTRY_SHIFT } from './kernel-layout.ts';
import { MatchKernel } from './match-kernel.ts';
import type { Tally } from './match-totals.ts';
import { Opener } from './opener.ts';
import type { IndexSet, TimeCut } from './options.ts';
import type { RowStore } from './pair-batch.ts';
import { InFlight, type PairObserver, type PairSink } from './pair-counter.ts';
import type { MatchState } from './state.ts';

/** How records are brought together. */
export interface MatchRules {
  /** By time; otherwise the k-th submission of a key belongs to its k-th completion. */
  readonly byTime: boolean;
  /** The key is the address of the iocb, or else its data. */
  readonly byAddress: boolean;
  /** Indexes of submissions that were refused; undefined where it is not known which were. */
  readonly refused: IndexSet | undefined;
  readonly cut: TimeCut | undefined;
  readonly watch: PairObserver | undefined;
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
  readonly #opener: Opener;
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
    const joinsContext = submissions.has('ctx') && completions.has('ctx');
    const joinsProcess = submissions.has('pid') && completions.has('pid');
    this.#requests = new RequestColumns(
      submissions,
      rules.byAddress ? 'addr' : 'aio_data',
      joinsProcess,
      joinsContext,
    );
    this.#results = new ResultColumns(
      completions,
      rules.byAddress ? 'obj' : 'data',
      joinsProcess,
      joinsContext,
    );
    this.#neverOpens = neverOpens(submissions);
    this.#isExact = rules.refused !== undefined || this.#requests.hasRet || !rules.byTime;
    const { byAddress, byTime, refused, cut, watch } = rules;
    if (
      byTime &&
      refused === undefined &&
      cut === undefined &&
      sinks.length === 0 &&
      watch === undefined
    ) {
      const keys = { byAddress, joinsProcess, joinsContext, isExact: this.#isExact };
      this.#kernel = MatchKernel.over(state, [submissions, completions], keys);
    }
    this.#flight = new InFlight(state, this.#kernel !== null, sinks, watch);
    this.tally = this.#flight.tally;
    this.early = new EarlyEvents(this.#flight, this.#results);
    this.#opener = new Opener(this.#flight, this.early, this.#requests, store, this.#isExact);
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
    else this.#opener.open(i, index);
  }

  /** Of what is open at its address with equal data, a completion belongs to the newest that is not later than it; by counting, to the oldest. */
  #complete(j: number): void {
    const { table } = this.#flight;
    const { data, ts } = this.#results;
    const { cut, byTime } = this.#rules;
    const [tsLow, tsHigh] = [ts[2 * j], ts[2 * j + 1]];
    if (cut !== undefined && !cut.has(tsLow, tsHigh)) return;
    this.tally.completions += 1;
    const dataLow = data[2 * j];
    const dataHigh = data[2 * j + 1];
    const address = table.find(this.#results, j);
    const { entries, addresses } = table;
    const step = byTime ? ENTRY.older : ENTRY.newer;
    let slot =
      address === 0
        ? 0
        : addresses[(address << ADDRESS_SHIFT) + (byTime ? ADDRESS.newest : ADDRESS.oldest)];
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
    const isOther =
      hasNoEqual && found !== 0 && table.addresses[(found << ADDRESS_SHIFT) + ADDRESS.open] > 0;
    const taken = this.early.makeRoom();
    const address = found === 0 ? this.#flight.addAddress(this.#results, j) : found;
    this.early.keep(j, this.#completions.first + j, address, isOther, later === taken ? 0 : later);
  }
}
