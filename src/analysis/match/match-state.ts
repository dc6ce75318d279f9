import type { Arena } from '../../engine/kernel.ts';
import type { MatchPlan } from '../../engine/match-plan.ts';
import { ADDRESS_SHIFT, DEPTH_COUNTS, ENTRY_SHIFT, ERROR_KINDS, MATCH_WORDS, ORDER_BYTES } from '../../engine/match-state.ts';
import { CompletionOrder } from './order.ts';

/** What a match keeps, in the memory of its kernel: views of its parts. */
export class MatchState {
  readonly plan: MatchPlan;
  readonly arena: Arena;
  /** The state itself, as words, doubles and longs. */
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly longs: BigInt64Array;
  readonly depths: Float64Array;
  readonly errors: Uint32Array;
  readonly heads: Uint32Array;
  readonly entries: Uint32Array;
  readonly addresses: Uint32Array;
  readonly addressDoubles: Float64Array;
  #orders = 0;

  constructor(arena: Arena, plan: MatchPlan) {
    const { buffer } = arena;
    this.arena = arena;
    this.plan = plan;
    new Uint8Array(buffer, plan.state, plan.zeros - plan.state).fill(0);
    const rows = new Uint32Array(buffer, plan.rows, (plan.requestRows - plan.rows) / 4);
    for (let i = 0; i < rows.length; i++) rows[i] = i;
    const entryWords = (plan.openMax + 1) << ENTRY_SHIFT;
    const addressWords = (plan.addressMax + 1) << ADDRESS_SHIFT;
    this.words = new Uint32Array(buffer, plan.state, MATCH_WORDS);
    this.doubles = new Float64Array(buffer, plan.state, MATCH_WORDS / 2);
    this.longs = new BigInt64Array(buffer, plan.state, MATCH_WORDS / 2);
    this.depths = new Float64Array(buffer, plan.depths, DEPTH_COUNTS);
    this.errors = new Uint32Array(buffer, plan.errors, ERROR_KINDS);
    this.heads = new Uint32Array(buffer, plan.heads, 2 ** plan.hashBits);
    this.entries = new Uint32Array(buffer, plan.entries, entryWords);
    this.addresses = new Uint32Array(buffer, plan.addresses, addressWords);
    this.addressDoubles = new Float64Array(buffer, plan.addresses, addressWords / 2);
  }

  /** The order of one more context: up to `ORDERS_MAX`, and one that others share. */
  addOrder(): CompletionOrder {
    const order = new CompletionOrder(this.arena.buffer, this.plan.orders + this.#orders * ORDER_BYTES);
    this.#orders += 1;
    return order;
  }
}
