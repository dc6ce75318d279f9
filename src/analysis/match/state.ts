import { align } from '../../engine/arena.ts';
import type { Arena } from '../../engine/kernel.ts';
import {
  ADDRESS_SHIFT,
  CELL_HISTOGRAMS,
  CELL_OPCODES,
  CELL_PLACES,
  CELL_SHIFT,
  CELLS_MAX,
  DEPTH_COUNTS,
  ENTRY_SHIFT,
  ERROR_KINDS,
  LATENCY_BUCKETS,
  MATCH_WORDS,
  ORDER_BYTES,
  ORDERS_MAX,
} from './kernel-layout.ts';
import { CompletionOrder } from './order.ts';

/** Where the parts of a match's state lie in an arena. */
export interface MatchPlan {
  readonly openMax: number;
  readonly addressMax: number;
  readonly hashBits: number;
  readonly state: number;
  readonly heads: number;
  readonly cellPlaces: number;
  readonly errors: number;
  readonly depths: number;
  /** What lies from `state` to here has to be zeros in the beginning. */
  readonly zeros: number;
  /** A column of zeros, a column of row numbers, and room for one more of each stream. */
  readonly noColumn: number;
  readonly rows: number;
  readonly requestRows: number;
  readonly resultRows: number;
  readonly requestAddresses: number;
  readonly requestCells: number;
  readonly resultAddresses: number;
  readonly cells: number;
  readonly writes: number;
  readonly histograms: number;
  readonly orders: number;
  readonly entries: number;
  readonly addresses: number;
  readonly end: number;
}

/** Plan the state of a match from `state` on: blocks of `rows`, `openMax` requests and `addressMax` addresses. */
export function planMatch(
  state: number,
  rows: number,
  openMax: number,
  addressMax: number,
): MatchPlan {
  let end = state;
  const take = (bytes: number): number => {
    const at = end;
    end += align(bytes);
    return at;
  };
  take(4 * MATCH_WORDS);
  const hashBits = 33 - Math.clz32(addressMax);
  const [heads, cellPlaces, errors] = [4 * 2 ** hashBits, 4 * CELL_PLACES, 4 * ERROR_KINDS].map(
    take,
  );
  const [depths, noColumn] = [8 * DEPTH_COUNTS, 8 * rows].map(take);
  const zeros = end;
  const [steady, requestRows, resultRows] = [4 * rows, 4 * rows, 4 * rows].map(take);
  const [requestAddresses, requestCells, resultAddresses] = [4 * rows, 4 * rows, 4 * rows].map(
    take,
  );
  const [cells, writes] = [(CELLS_MAX + 1) << (CELL_SHIFT + 2), 4 * (CELLS_MAX + 1)].map(take);
  const histograms = take(4 * LATENCY_BUCKETS * (CELL_HISTOGRAMS + CELL_OPCODES));
  const orders = take(ORDER_BYTES * (ORDERS_MAX + 1));
  const entries = take((openMax + 1) << (ENTRY_SHIFT + 2));
  const addresses = take((addressMax + 1) << (ADDRESS_SHIFT + 2));
  return {
    ...{
      openMax,
      addressMax,
      hashBits,
      state,
      heads,
      cellPlaces,
      errors,
      depths,
      zeros,
      noColumn,
      rows: steady,
      requestRows,
      resultRows,
    },
    ...{
      requestAddresses,
      requestCells,
      resultAddresses,
      cells,
      writes,
      histograms,
      orders,
      entries,
      addresses,
      end,
    },
  };
}

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
    const order = new CompletionOrder(
      this.arena.buffer,
      this.plan.orders + this.#orders * ORDER_BYTES,
    );
    this.#orders += 1;
    return order;
  }
}
