import { MATCH, ORDERS_MAX } from './kernel-layout.ts';
import { Latency } from './latency.ts';
import { GroupTable } from './opcode-stats.ts';
import type { CompletionOrder } from './order.ts';
import { Depth, Outcomes, Reuse } from './outcome.ts';
import type { MatchState } from './state.ts';

/** What matching has counted. */
export class Tally {
  submissions = 0;
  completions = 0;
  refused = 0;
  /** Submissions that no kernel takes. */
  neverOpened = 0;
  matched = 0;
  unmatchedCompletions = 0;
  begunBefore = 0;
  superseded = 0;
  dataMismatch = 0;
  ambiguous = 0;
  evicted = 0;
  /** Submissions that seem to have completed unseen. */
  lost = 0;
  readonly depth: Depth;
  readonly outcomes = new Outcomes();
  readonly reuse = new Reuse();
  /** By (0, opcode), and by (pid, fd). */
  readonly opcodes = new GroupTable();
  readonly fds = new GroupTable();
  readonly #orders = new Map<string, CompletionOrder>();
  readonly #shared: CompletionOrder;
  readonly #state: MatchState;

  constructor(state: MatchState) {
    this.#state = state;
    this.depth = new Depth(state);
    this.#shared = state.addOrder();
  }

  /** The order that requests of a context complete in: `ORDERS_MAX` contexts (processes, where contexts are not known) have one each. */
  orderOf(pid: number, ctxLow: number, ctxHigh: number): CompletionOrder {
    const key = `${pid}/${ctxHigh}/${ctxLow}`;
    const known = this.#orders.get(key);
    if (known !== undefined) return known;
    if (this.#orders.size >= ORDERS_MAX) return this.#shared;
    const order = this.#state.addOrder();
    this.#orders.set(key, order);
    return order;
  }

  /** Take over what the kernel has counted, but for what cells have. */
  settle(): void {
    const { words, longs, errors } = this.#state;
    const take = (name: keyof typeof MATCH): number => {
      const count = words[MATCH[name]];
      words[MATCH[name]] = 0;
      return count;
    };
    const takeLong = (name: keyof typeof MATCH): bigint => {
      const sum = longs[MATCH[name] / 2];
      longs[MATCH[name] / 2] = 0n;
      return sum;
    };
    for (const name of [
      'submissions',
      'completions',
      'refused',
      'neverOpened',
      'matched',
      'ambiguous',
    ] as const)
      this[name] += take(name);
    for (const name of ['concurrent', 'dataZero', 'dataIsAddress'] as const)
      this.reuse[name] += take(name);
    this.reuse.absorb(words.subarray(MATCH.intervals));
    this.depth.inFlightNs.addWide((takeLong('stayHigh') << 32n) + takeLong('stayLow'));
    const [eof, partialRead, partialWrite, clamped] = (
      ['eof', 'partialRead', 'partialWrite', 'clamped'] as const
    ).map(take);
    this.outcomes.absorb(errors, { eof, partialRead, partialWrite, clamped });
    errors.fill(0);
  }

  /** The latencies of all pairs. */
  latency(): Latency {
    const all = new Latency();
    for (const group of this.opcodes.groups()) all.merge(group.latency);
    if (this.opcodes.other.latency.count > 0) all.merge(this.opcodes.other.latency);
    return all;
  }

  get orders(): CompletionOrder[] {
    return [...this.#orders.values(), this.#shared];
  }

  /** Whether contexts had to share an order. */
  get ordersShared(): boolean {
    return this.#orders.size >= ORDERS_MAX && this.#shared.completed > 0;
  }
}
