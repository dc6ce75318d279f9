import {
  Address, Counter, Entry, EXACT_DEPTHS, FLAG_NOWAIT, FLAG_SET_ASIDE, LATENCY_PARTS_BITS,
  MatchState, Order, ORDER_WINDOW,
} from "./match-state";
import { noteLeft } from "./match-events";
import { addressAt, bump, counterAt, entryAt, waitingPairAt } from "./match-table";
import {
  EAGAIN, IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC, IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV, MAX_ERRNO, MAX_RW_COUNT,
} from "./rule";

/** Sets of opcodes, all below 16: those that move bytes, and those that flush. */
const WRITES: u32 = 1 << IOCB_CMD_PWRITE | 1 << IOCB_CMD_PWRITEV;
const MOVES: u32 = WRITES | 1 << IOCB_CMD_PREAD | 1 << IOCB_CMD_PREADV;
const VECTORED: u32 = 1 << IOCB_CMD_PREADV | 1 << IOCB_CMD_PWRITEV;
const FLUSHES: u32 = 1 << IOCB_CMD_FSYNC | 1 << IOCB_CMD_FDSYNC;

@inline
function has(opcodes: u32, opcode: u32): bool { return ((opcodes >> opcode) & 1) != 0; }

/** Returns the word of an order's ring that has the bit of a position. */
@inline
function ringWord(order: Order, seq: i64): usize {
  const word = <usize>seq >> 5 & (ORDER_WINDOW / 32 - 1);
  return changetype<usize>(order) + offsetof<Order>() + (word << 2);
}

/** Moves `order.oldest` on to the next submission in flight, or to `order.next`. */
function advance(order: Order, oldest: i64): void {
  const next = order.next;
  let at = oldest + 1;
  while (at < next) {
    const word = load<u32>(ringWord(order, at)) >> <u32>(at & 31);
    if (word) {
      at += ctz(word);
      break;
    }
    at += 32 - (at & 31);
  }
  order.oldest = min(at, next);
}

/** Removes a submission from its order. */
@inline
function removeFromOrder(order: Order, seq: i64, oldest: i64): void {
  if (seq < oldest) return;
  const word = ringWord(order, seq);
  store<u32>(word, load<u32>(word) & ~(1 << <u32>(seq & 31)));
  if (seq == oldest) advance(order, oldest);
}

/** Counts a completion in its order. */
@inline
function completeInOrder(order: Order, seq: i64): void {
  const oldest = order.oldest, span = seq - oldest;
  order.completed++;
  if (span <= 0) order.inOrder++;
  else if (span > order.spanMax) order.spanMax = span;
  if (seq + 1 < order.doneBefore) order.late++;
  else order.doneBefore = seq + 1;
  removeFromOrder(order, seq, oldest);
}

/** Whether one more submission would overwrite the bit of the oldest. */
@inline
export function isFull(order: Order): bool {
  return order.next - order.oldest >= <i64>ORDER_WINDOW;
}

/** Raises the highest depths to that of a submission, if it is one: `depth`, itself included. */
function raiseDepths(state: MatchState, depth: u32, opcode: u32): void {
  if (depth > state.depthMax) state.depthMax = depth;
  const ioDepth = depth - state.othersInFlight - u32(!has(MOVES, opcode));
  if (ioDepth > state.ioDepthMax) state.ioDepthMax = ioDepth;
}

/** Counts a submission. A flush does not cover the writes then in flight on its descriptor. */
@inline
export function enter(
  state: MatchState, entry: Entry, address: Address, counter: Counter, opcode: u32,
): void {
  const order = changetype<Order>(address.order), seq = order.next;
  order.next = seq + 1;
  const word = ringWord(order, seq);
  store<u32>(word, load<u32>(word) | 1 << <u32>(seq & 31));
  entry.seq = seq;
  const depth = state.depth + 1;
  state.depth = depth;
  if (depth > state.ioDepthMax) raiseDepths(state, depth, opcode);
  const bucket = depth <= EXACT_DEPTHS ? depth : EXACT_DEPTHS + 32 - clz(depth);
  const depths = state.depths + (<usize>bucket << 3);
  store<f64>(depths, load<f64>(depths) + 1);
  const writes = counter.writes;
  if (has(WRITES, opcode)) bump(writes);
  else if (!has(MOVES, opcode)) {
    state.othersInFlight++;
    if (!has(FLUSHES, opcode)) return;
    const found = load<u32>(writes);
    counter.fsyncs++;
    if (!found) return;
    counter.overtaking++;
    counter.overtakenWrites += found;
  }
}

/** Stops counting an entry as in flight, as of `ts`. */
@inline
function leaveFlight(state: MatchState, entry: Entry, ts: u64, opcode: u32): void {
  const inFlightNs = <i64>(ts - entry.ts);
  state.inFlightNsLow += inFlightNs & 0xffffffff;
  state.inFlightNsHigh += inFlightNs >> 32;
  state.depth--;
  if (has(WRITES, opcode)) bump(counterAt(state, entry.counter).writes, -1);
  else if (!has(MOVES, opcode)) state.othersInFlight--;
}

/** Sets aside the entries with `data` from `slot` on, older ones: a newer one has completed. */
export function setAside(state: MatchState, slot: u32, data: u64, ts: u64): void {
  while (slot) {
    const current = slot, entry = entryAt(state, slot), flags = entry.flags;
    slot = entry.older;
    if (entry.data != data || flags & FLAG_SET_ASIDE) continue;
    entry.flags = flags | FLAG_SET_ASIDE;
    const order = changetype<Order>(addressAt(state, entry.address).order);
    removeFromOrder(order, entry.seq, order.oldest);
    noteLeft(state, current);
    leaveFlight(state, entry, ts, flags & 0xffff);
  }
}

/** Returns the bucket of a latency that is not negative. */
@inline
function bucketOf(latency: u64): usize {
  if (latency < 1 << LATENCY_PARTS_BITS) return <usize>latency;
  const shift = 63 - clz(latency) - LATENCY_PARTS_BITS;
  return <usize>((shift << LATENCY_PARTS_BITS) + (latency >> shift));
}

/** Counts what a read or write of `nbytes` bytes (or iovecs) moved, and whether it was short. */
@inline
function countMove(
  state: MatchState, counter: Counter, opcode: u32, nbytes: u32, moved: u32,
): void {
  counter.bytes += moved;
  const isVectored = has(VECTORED, opcode);
  if (moved >= min(nbytes, isVectored ? 1 : MAX_RW_COUNT)) {
    if (!isVectored && nbytes > MAX_RW_COUNT && moved == MAX_RW_COUNT) state.clamped++;
    return;
  }
  if (has(WRITES, opcode)) state.partialWrite++;
  else if (moved) state.partialRead++;
  else state.eof++;
  counter.short++;
}

/** Leaves the latency of a pair across the last silence to JavaScript. */
function wait(state: MatchState, entry: Entry, counter: u32, ts: u64): void {
  const pair = waitingPairAt(state, state.waitingCount++);
  pair.from = entry.ts;
  pair.to = ts;
  pair.counter = counter;
}

/** Counts a pair, an entry and its completion at `ts` and not before it, in counter `number`. */
@inline
export function settle(
  state: MatchState, entry: Entry, address: Address, number: u32, ts: u64, res: i64,
  isAcross: bool,
): void {
  const flags = entry.flags, opcode = flags & 0xffff;
  const counter = counterAt(state, number);
  if (isAcross) wait(state, entry, number, ts);
  else {
    const latency = <i64>(ts - entry.ts);
    counter.count++;
    counter.sumLow += latency & 0xffffffff;
    counter.sumHigh += latency >> 32;
    if (latency < counter.min) counter.min = latency;
    if (latency > counter.max) counter.max = latency;
    bump(counter.histogram + (bucketOf(latency) << 2));
  }
  if (res < 0) {
    const errno: u32 = res >= -<i64>MAX_ERRNO ? <u32>-res : MAX_ERRNO + 1;
    const isNowait = u32((errno == EAGAIN) & ((flags & FLAG_NOWAIT) != 0));
    bump(state.errors + (<usize>((opcode << 13 | errno) << 1 | isNowait) << 2));
    counter.errors++;
  } else if (has(MOVES, opcode)) countMove(state, counter, opcode, entry.nbytes, <u32>res);
  leaveFlight(state, entry, ts, opcode);
  completeInOrder(changetype<Order>(address.order), entry.seq);
}
