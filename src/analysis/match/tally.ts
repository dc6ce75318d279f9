import { Depth } from './depth.ts';
import { GroupTable } from './group.ts';
import { Latency } from './latency.ts';
import { CompletionOrder } from './order.ts';
import { Outcomes } from './outcome.ts';
import { Reuse } from './reuse.ts';

/** So many contexts (processes, where contexts are not known) have an order of their own; any more share one. */
const ORDERS_MAX = 256;

/** What matching has counted. */
export class Tally {
  submissions = 0;
  completions = 0;
  refused = 0;
  /** Submissions that no kernel takes. */
  neverOpened = 0;
  matched = 0;
  unmatchedEvents = 0;
  begunBefore = 0;
  superseded = 0;
  dataMismatch = 0;
  ambiguous = 0;
  evicted = 0;
  /** Submissions that seem to have completed unseen. */
  lost = 0;
  readonly depth = new Depth();
  readonly outcomes = new Outcomes();
  readonly reuse = new Reuse();
  /** By (0, opcode), and by (pid, fd). */
  readonly opcodes = new GroupTable();
  readonly fds = new GroupTable();
  readonly #orders = new Map<string, CompletionOrder>();
  readonly #shared = new CompletionOrder();

  /** The order that requests of a context complete in. */
  orderOf(pid: number, ctxLow: number, ctxHigh: number): CompletionOrder {
    const key = `${pid}/${ctxHigh}/${ctxLow}`;
    const known = this.#orders.get(key);
    if (known !== undefined) return known;
    if (this.#orders.size >= ORDERS_MAX) return this.#shared;
    const order = new CompletionOrder();
    this.#orders.set(key, order);
    return order;
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
