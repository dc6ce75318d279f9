import { MATCHING } from '../../engine/sets.ts';
import type { EventLog } from './event-log.ts';
import type { InputStream } from './input-stream.ts';
import { MATCH, MATCH_LONGS, WAITING_PAIRS } from './kernel-layout.ts';
import type { MatchRules } from './match-rules.ts';
import { Matcher } from './matcher.ts';
import { PairCounter } from './pair-counter.ts';
import type { PairObserver, PairSink } from './pair-sink.ts';
import type { RowStore } from './row-store.ts';
import type { MatchState } from './state.ts';

type Streams = readonly [submissions: InputStream, completions: InputStream];

/** Hands the records of two streams to a kernel and a matcher in order. */
export class Merge {
  readonly counter: PairCounter;
  readonly matcher: Matcher;
  readonly #streams: Streams;
  readonly #byTime: boolean;
  readonly #log: EventLog | undefined;
  /** Takes simple records; null if the matcher takes all. */
  #kernel: MatchKernel | null;

  constructor(
    state: MatchState,
    streams: Streams,
    rules: MatchRules,
    sinks: readonly PairSink[],
    store: RowStore | null,
    observer: PairObserver | undefined,
  ) {
    const { byTime, refused, cut, repeats } = rules;
    const isSimple = byTime && refused === undefined && cut === undefined && repeats === undefined;
    this.#streams = streams;
    this.#byTime = byTime;
    this.#log = observer?.logOf(state, streams);
    this.#kernel = isSimple && store === null ? MatchKernel.over(state, streams, rules) : null;
    for (const stream of streams) stream.widensLater = this.#kernel !== null;
    this.counter = new PairCounter(state, this.#kernel !== null, sinks, this.#log);
    this.matcher = new Matcher(state, this.counter, streams, rules, store);
  }

  /** Matches the blocks of both streams until one is used up. */
  step(): void {
    if (this.#kernel === null) this.#stepAll();
    else this.#stepSimple(this.#kernel);
    this.#log?.flush();
  }

  /** Decides what is left when both streams have ended: see `Matcher.finish`. */
  finish(end: bigint | null): number[] {
    const left = this.matcher.finish(end);
    this.#log?.flush();
    return left;
  }

  /** The kernel takes simple records, the matcher the others. With too many descriptors, all. */
  #stepSimple(kernel: MatchKernel): void {
    const [submissions, completions] = this.#streams;
    if (kernel.isFull) this.counter.takeOver();
    kernel.begin();
    this.#beginSilences();
    for (let next = kernel.step(); next !== 0; next = kernel.step()) {
      if (next === READ_FIRST) {
        this.#log?.flush();
        continue;
      }
      submissions.widen();
      completions.widen();
      if (next === 1) this.#submit(submissions.rows[submissions.at++]);
      else this.#complete(completions.rows[completions.at++]);
      if (!this.counter.totals.fds.isFull) continue;
      this.#kernel = null;
      for (const stream of this.#streams) stream.widensLater = false;
      this.#stepAll();
      return;
    }
  }

  #submit(row: number): void {
    this.matcher.submit(row);
    this.#log?.passed(0, row);
  }

  #complete(row: number): void {
    this.matcher.complete(row);
    this.#log?.passed(1, row);
  }

  #beginSilences(): void {
    const ahead = this.#streams.map(({ at, count }) => count - at);
    this.counter.totals.silences.begin(ahead[0] + ahead[1]);
  }

  /** The matcher takes all records, by time or by counting; submissions first at equal times. */
  #stepAll(): void {
    const byTime = this.#byTime;
    const [submissions, completions] = this.#streams;
    const { ts, rows, count } = submissions;
    const { ts: otherTs, rows: otherRows, count: otherCount } = completions;
    let [i, j] = [submissions.at, completions.at];
    this.#beginSilences();
    while (i < count && j < otherCount) {
      const row = rows[i];
      const other = otherRows[j];
      const high = ts[2 * row + 1];
      const otherHigh = otherTs[2 * other + 1];
      const isFirst = byTime
        ? high < otherHigh || (high === otherHigh && ts[2 * row] <= otherTs[2 * other])
        : submissions.first + i <= completions.first + j;
      if (isFirst) {
        this.#submit(row);
        i += 1;
      } else {
        this.#complete(other);
        j += 1;
      }
    }
    for (; completions.ended && i < count; i++) this.#submit(rows[i]);
    for (; submissions.ended && j < otherCount; j++) this.#complete(otherRows[j]);
    submissions.at = i;
    completions.at = j;
  }
}

/** What the kernel returns when the events have to be read before it can go on. */
const READ_FIRST = 3;

/** Arrays that the kernel works in, by the name that both `MATCH` and the plan have for them. */
const ARRAYS = [
  ...(['entries', 'addresses', 'heads', 'counters', 'counterSlots', 'depths', 'errors'] as const),
  ...(['refusedCalls', 'waiting'] as const),
  ...(['submissionAddresses', 'submissionCounters', 'completionAddresses'] as const),
];

/** The kernel `match_records` over the blocks of two streams. It takes simple records only. */
export class MatchKernel {
  readonly #state: MatchState;
  readonly #streams: Streams;
  readonly #match: (state: number) => number;

  private constructor(state: MatchState, streams: Streams, match: (state: number) => number) {
    this.#state = state;
    this.#streams = streams;
    this.#match = match;
  }

  /** Returns the kernel, or null if the engine has none or a column has an unusual width. */
  static over(state: MatchState, streams: Streams, rules: MatchRules): MatchKernel | null {
    const { match_records } = state.arena.kernels(MATCHING);
    if (match_records === undefined) return null;
    const { words, plan } = state;
    const columns = kernelColumns(streams, rules);
    for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
      const address = columns[name];
      if (address === undefined) return null;
      words[MATCH[name]] = address ?? plan.zeroColumn;
    }
    words[MATCH.openMax] = plan.openMax;
    // The last one is left to JavaScript, which then makes room.
    words[MATCH.waitingMax] = WAITING_PAIRS - 1;
    for (const name of ARRAYS) words[MATCH[name]] = plan[name];
    return new MatchKernel(state, streams, match_records);
  }

  /** Begins with the blocks that the streams have now. */
  begin(): void {
    const { words, doubles, plan } = this.#state;
    const [submissions, completions] = this.#streams;
    doubles[MATCH_LONGS.submissionsFirst] = submissions.first;
    words[MATCH.submissionsCount] = submissions.count;
    words[MATCH.submissionsEnded] = Number(submissions.ended);
    words[MATCH.submissionRows] = this.#rowsOf(submissions, plan.submissionRows);
    words[MATCH.completionsCount] = completions.count;
    words[MATCH.completionsEnded] = Number(completions.ended);
    words[MATCH.completionRows] = this.#rowsOf(completions, plan.completionRows);
    if (submissions.at === 0) words[MATCH.submissionsLocated] = 0;
    if (completions.at === 0) words[MATCH.completionsLocated] = 0;
  }

  /**
   * Takes records of these blocks and advances the streams. Returns 0 when one block is used up, 1
   * or 2 if the next submission or completion is not simple, or `READ_FIRST`.
   */
  step(): number {
    const { words, plan } = this.#state;
    const [submissions, completions] = this.#streams;
    words[MATCH.submissionsAt] = submissions.at;
    words[MATCH.completionsAt] = completions.at;
    const next = this.#match(plan.state);
    submissions.at = words[MATCH.submissionsAt];
    completions.at = words[MATCH.completionsAt];
    return next;
  }

  /** Whether its counts have to be added to the totals before words overflow. */
  get isFull(): boolean {
    const { words } = this.#state;
    const counts = [MATCH.submissions, MATCH.completions, MATCH.refused];
    return counts.some((count) => words[count] >= 2 ** 30);
  }

  #rowsOf(stream: InputStream, place: number): number {
    if (stream.isInOrder) return this.#state.plan.rows;
    new Uint32Array(this.#state.arena.buffer, place, stream.rows.length).set(stream.rows);
    return place;
  }
}

/** Returns where columns begin: null to read zeros, undefined if the width is unusual. */
function kernelColumns([submissions, completions]: Streams, rules: MatchRules) {
  const { byAddress, joinsProcess, joinsContext } = rules;
  const hasRefusals = submissions.has('firstRefusal');
  return {
    submissionTs: submissions.addressOf('ts', 8),
    submissionKey: submissions.addressOf(byAddress ? 'addr' : 'aio_data', 8),
    submissionKeyPid: joinsProcess ? submissions.addressOf('pid', 4) : null,
    submissionCtx: joinsContext ? submissions.addressOf('ctx', 8) : null,
    pid: submissions.has('pid') ? submissions.addressOf('pid', 4) : null,
    data: submissions.addressOf('aio_data', 8),
    opcode: submissions.addressOf('aio_lio_opcode', 2),
    rwFlags: submissions.addressOf('aio_rw_flags', 4),
    fd: submissions.addressOf('aio_fildes', 4),
    nbytes: submissions.addressOf('aio_nbytes', 8),
    buf: submissions.addressOf('aio_buf', 8),
    offset: submissions.addressOf('aio_offset', 8),
    tid: submissions.has('tid') ? submissions.addressOf('tid', 4) : 0,
    refusal: hasRefusals ? submissions.addressOf('firstRefusal', 1) : 0,
    ...retColumn(submissions),
    completionTs: completions.addressOf('ts', 8),
    completionKey: completions.addressOf(byAddress ? 'obj' : 'data', 8),
    completionKeyPid: joinsProcess ? completions.addressOf('pid', 4) : null,
    completionCtx: joinsContext ? completions.addressOf('ctx', 8) : null,
    completionData: completions.addressOf('data', 8),
    res: completions.addressOf('res', 8),
  };
}

/** Returns the word of `ret` that has its sign, or 0 if it is missing or u32, and its shift. */
function retColumn(stream: InputStream): { ret: number | undefined; retShift: number } {
  if (!stream.has('ret')) return { ret: 0, retShift: 0 };
  const [narrow, wide] = [stream.addressOf('ret', 4), stream.addressOf('ret', 8)];
  if (narrow !== undefined) return { ret: stream.isSigned('ret') ? narrow : 0, retShift: 2 };
  return { ret: wide === undefined ? undefined : wide + 4, retShift: 3 };
}
