import { align } from '../../engine/arena.ts';
import type { Arena } from '../../engine/kernel.ts';
import {
  ADDRESS_SHIFT,
  COUNTER_HISTOGRAMS,
  COUNTER_OPCODES,
  COUNTER_SHIFT,
  COUNTER_SLOTS,
  COUNTERS_MAX,
  DEPTH_COUNTS,
  ENTRY_SHIFT,
  ERROR_KINDS,
  EVENTS_BYTES,
  INTERVALS,
  LATENCY_BUCKETS,
  ORDER_BYTES,
  ORDERS_MAX,
  REFUSED_CALL_SHIFT,
  REFUSED_CALLS,
  STRUCTS,
  WAITING_PAIR_SHIFT,
  WAITING_PAIRS,
} from './kernel-layout.ts';
import { CompletionOrder } from './order.ts';

const STATE_BYTES = STRUCTS.MatchState.byteLength;

/** Entries a match may have: twice the default of fs.aio-max-nr, the limit of a host. */
export const OPEN_MAX = 2 ** 17;
/** Addresses a match remembers: one per entry, and two per early completion. */
export const addressesOf = (openMax: number): number => openMax + Math.max(4, openMax >>> 2);
/** Early completions that may wait. */
export const earlyMaxOf = (openMax: number): number => Math.max(2, openMax >>> 3);

/** Where the parts of a match's state begin in an arena, in bytes. */
export type MatchPlan = ReturnType<typeof planMatch>;

/**
 * Plans the state of a match from byte `begin` of an arena, for blocks of `rows` rows, `openMax`
 * entries and `addressMax` addresses.
 */
export function planMatch(begin: number, rows: number, openMax: number, addressMax: number) {
  let end = begin;
  const take = (bytes: number): number => {
    const at = end;
    end += align(bytes);
    return at;
  };
  const hashBits = 33 - Math.clz32(addressMax);
  const plan = {
    openMax,
    addressMax,
    hashBits,
    state: take(STATE_BYTES + 4 * INTERVALS),
    heads: take(4 * 2 ** hashBits),
    counterSlots: take(4 * COUNTER_SLOTS),
    errors: take(4 * ERROR_KINDS),
    depths: take(8 * DEPTH_COUNTS),
    refusedCalls: take(REFUSED_CALLS << (REFUSED_CALL_SHIFT + 2)),
    /** Replaces a column that the records lack. */
    zeroColumn: take(8 * rows),
    /** Everything from `state` up to here has to be zero at the start. */
    zerosEnd: take(0),
    /** The row numbers in ascending order, and room for those of each block in order of time. */
    rows: take(4 * rows),
    submissionRows: take(4 * rows),
    completionRows: take(4 * rows),
    submissionAddresses: take(4 * rows),
    submissionCounters: take(4 * rows),
    completionAddresses: take(4 * rows),
    counters: take((COUNTERS_MAX + 1) << (COUNTER_SHIFT + 2)),
    writes: take(4 * (COUNTERS_MAX + 1)),
    histograms: take(4 * LATENCY_BUCKETS * (COUNTER_HISTOGRAMS + 2 * COUNTER_OPCODES)),
    waiting: take(WAITING_PAIRS << (WAITING_PAIR_SHIFT + 2)),
    events: take(EVENTS_BYTES),
    orders: take(ORDER_BYTES * (ORDERS_MAX + 1)),
    entries: take((openMax + 1) << (ENTRY_SHIFT + 2)),
    addresses: take((addressMax + 1) << (ADDRESS_SHIFT + 2)),
  };
  return { ...plan, end };
}

/**
 * The state of a match, in memory that JavaScript and the kernel share:
 *
 *     a record: process, context, address
 *         │ hash
 *         ▼
 *     heads[ ] ───► Address ──chain──► Address ──► …            same hash
 *                    │  │ │
 *                    │  │ └─early────► early completions, which wait for their submission
 *                    │  └───order────► Order                    one per context: a ring of bits,
 *                    │                                          one bit per submission in flight
 *                    └──────newest─┐
 *                                  ▼
 *     oldest ◄──agePrevious──── Entry ────ageNext──► newest     all submissions in flight, by age
 *                               │  │ │
 *                               │  │ └─early────► the early completion that may be its own
 *                               │  └───counter──► Counter       one per pid, descriptor and opcode,
 *                               │                   ├─histogram──► latencies
 *                               │                   └─writes─────► writes in flight there
 *                               └──────older─┐
 *                                            ▼
 *                                          Entry ──older──► …   same address
 *
 * Entries and addresses refer to each other by number; 0 refers to nothing.
 */
export class MatchState {
  readonly plan: MatchPlan;
  readonly arena: Arena;
  /** The state itself, as words and as 64-bit values. */
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly longs: BigInt64Array;
  readonly intervals: Uint32Array;
  readonly depths: Float64Array;
  readonly errors: Uint32Array;
  readonly heads: Uint32Array;
  readonly refusedCalls: Uint32Array;
  readonly waiting: Uint32Array;
  readonly entries: Uint32Array;
  readonly addresses: Uint32Array;
  readonly addressDoubles: Float64Array;
  #orders = 0;

  constructor(arena: Arena, plan: MatchPlan) {
    const { buffer } = arena;
    this.arena = arena;
    this.plan = plan;
    new Uint8Array(buffer, plan.state, plan.zerosEnd - plan.state).fill(0);
    const rows = new Uint32Array(buffer, plan.rows, (plan.submissionRows - plan.rows) / 4);
    for (let i = 0; i < rows.length; i++) rows[i] = i;
    const entryWords = (plan.openMax + 1) << ENTRY_SHIFT;
    const addressWords = (plan.addressMax + 1) << ADDRESS_SHIFT;
    this.words = new Uint32Array(buffer, plan.state, STATE_BYTES / 4);
    this.doubles = new Float64Array(buffer, plan.state, STATE_BYTES / 8);
    this.longs = new BigInt64Array(buffer, plan.state, STATE_BYTES / 8);
    this.intervals = new Uint32Array(buffer, plan.state + STATE_BYTES, INTERVALS);
    this.depths = new Float64Array(buffer, plan.depths, DEPTH_COUNTS);
    this.errors = new Uint32Array(buffer, plan.errors, ERROR_KINDS);
    this.waiting = new Uint32Array(buffer, plan.waiting, WAITING_PAIRS << WAITING_PAIR_SHIFT);
    this.refusedCalls = new Uint32Array(
      buffer,
      plan.refusedCalls,
      REFUSED_CALLS << REFUSED_CALL_SHIFT,
    );
    this.heads = new Uint32Array(buffer, plan.heads, 2 ** plan.hashBits);
    this.entries = new Uint32Array(buffer, plan.entries, entryWords);
    this.addresses = new Uint32Array(buffer, plan.addresses, addressWords);
    this.addressDoubles = new Float64Array(buffer, plan.addresses, addressWords / 2);
  }

  /** Returns the order of one more context: at most `ORDERS_MAX`, and one that all others share. */
  addOrder(): CompletionOrder {
    const at = this.plan.orders + this.#orders * ORDER_BYTES;
    this.#orders += 1;
    return new CompletionOrder(this.arena.buffer, at);
  }
}
