import { MATCH, MATCH_LONGS, ORDERS_MAX } from './kernel-layout.ts';
import type { CompletionOrder } from './order.ts';
import { Depth, Reuse } from './outcome.ts';
import { PairTotals } from './pair-totals.ts';
import { Silences } from './silences.ts';
import type { MatchState } from './state.ts';
import { Unmatched } from './unmatched.ts';

/** Second pairs per orphan from which on they are pairs. */
const SECOND_PER_ORPHAN = 4;

/** Counts that a kernel has too, under the same names. */
const COUNTED = [
  ...(['submissions', 'completions', 'refused', 'refusedByRules', 'matched'] as const),
  ...(['ambiguous', 'submittedAgain', 'completedAgain', 'followed', 'followedEqual'] as const),
];

/** Everything that a match counts. */
export class MatchTotals extends PairTotals {
  submissions = 0;
  completions = 0;
  /** Records that repeat the one before them at their address; they are not matched. */
  readonly repeated = { submissions: 0, completions: 0 };
  refused = 0;
  /** Submissions that Linux always refuses. */
  refusedByRules = 0;
  unmatchedCompletions = 0;
  begunBefore = 0;
  /** Completions dropped since they repeat the one before: the option `dedupe`. */
  dropped = 0;
  dataMismatch = 0;
  ambiguous = 0;
  evicted = 0;
  /** Submissions right after a different one at their address. */
  submittedAgain = 0;
  /** Completions right after another one at their address. */
  completedAgain = 0;
  /** Completions at an address with no record before. */
  unasked = 0;
  /** Submissions right after a completion at their address, and those that request the same. */
  followed = 0;
  followedEqual = 0;
  readonly unmatched = new Unmatched();
  /** Completions at an address that was submitted at before, without a submission. */
  orphans = 0;
  /** Second pairs: see `Doubt`. They are pairs in the end, or their records have no counterpart. */
  secondPairs = 0;
  readonly second = new PairTotals();
  readonly depth: Depth;
  readonly reuse = new Reuse();
  readonly #orders = new Map<string, CompletionOrder>();
  readonly #shared: CompletionOrder;
  readonly #state: MatchState;
  readonly silences: Silences;

  constructor(state: MatchState) {
    super();
    this.#state = state;
    this.depth = new Depth(state);
    this.#shared = state.addOrder();
    this.silences = new Silences(state, () => this.#records);
  }

  /** Returns the order of a context, or of a process where contexts are unknown. */
  orderOf(pid: number, ctxLow: number, ctxHigh: number): CompletionOrder {
    const key = `${pid}/${ctxHigh}/${ctxLow}`;
    const known = this.#orders.get(key);
    if (known !== undefined) return known;
    if (this.#orders.size >= ORDERS_MAX) return this.#shared;
    const order = this.#state.addOrder();
    this.#orders.set(key, order);
    return order;
  }

  /** Adds what the kernel has counted outside of counters, and resets it. */
  settle(): void {
    const { words, longs, errors, intervals } = this.#state;
    const take = (name: keyof typeof MATCH): number => {
      const count = words[MATCH[name]];
      words[MATCH[name]] = 0;
      return count;
    };
    const takeLong = (name: 'inFlightNsLow' | 'inFlightNsHigh'): bigint => {
      const sum = longs[MATCH_LONGS[name]];
      longs[MATCH_LONGS[name]] = 0n;
      return sum;
    };
    for (const name of COUNTED) this[name] += take(name);
    for (const name of ['concurrent', 'dataZero', 'dataIsAddress'] as const)
      this.reuse[name] += take(name);
    this.reuse.absorb(intervals);
    this.depth.inFlightNs.addWide((takeLong('inFlightNsHigh') << 32n) + takeLong('inFlightNsLow'));
    const names = ['eof', 'partialRead', 'partialWrite', 'clamped'] as const;
    const [eof, partialRead, partialWrite, clamped] = names.map(take);
    this.outcomes.absorb(errors, { eof, partialRead, partialWrite, clamped });
    errors.fill(0);
  }

  /** The number of records so far. */
  get #records(): number {
    const { words } = this.#state;
    const inKernel = words[MATCH.submissions] + words[MATCH.completions] + words[MATCH.refused];
    return this.submissions + this.completions - this.dropped + this.refused + inKernel;
  }

  /** Decides what is known only at the end: second pairs, and silences that lost records. */
  decide(): void {
    this.#decideSecond();
    const { submittedAgain, completedAgain, completions, unasked } = this;
    const answered = completions - unasked - completedAgain;
    this.silences.decide({ contradictions: submittedAgain + completedAgain, answered });
  }

  /** Whether second pairs are pairs: requests were in flight twice, and nothing was lost. */
  get countsSecond(): boolean {
    return this.secondPairs > SECOND_PER_ORPHAN * this.orphans;
  }

  /** Adds second pairs to the others, or their completions to those without a submission. */
  #decideSecond(): void {
    const { matched } = this.second;
    this.secondPairs = matched;
    if (!this.countsSecond) {
      this.unmatchedCompletions += matched;
      this.unmatched.ended.merge(this.unmatched.second);
      return;
    }
    this.addPairs(this.second);
  }

  get orders(): CompletionOrder[] {
    return [...this.#orders.values(), this.#shared];
  }

  /** Whether contexts had to share an order. */
  get ordersShared(): boolean {
    return this.#orders.size >= ORDERS_MAX && this.#shared.completed > 0;
  }
}
