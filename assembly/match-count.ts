import {
  ADDRESS_ORDER, CELL_BYTES, CELL_COUNT, CELL_ERRORS, CELL_FSYNCS, CELL_HISTOGRAM, CELL_MAX, CELL_MIN, CELL_OVERTAKEN_WRITES,
  CELL_OVERTAKING, CELL_SHORT, CELL_SUM_HIGH, CELL_SUM_LOW, CELL_WRITES, ENTRY_ADDRESS, ENTRY_CELL, ENTRY_FLAGS, ENTRY_NBYTES,
  ENTRY_OLDER, ENTRY_SEQ, ENTRY_TS_LOW, EXACT_DEPTHS, FLAG_LEFT, FLAG_NOWAIT, LATENCY_PARTS_BITS, MATCH_CLAMPED, MATCH_DEPTH,
  MATCH_DEPTHS, MATCH_DEPTH_MAX, MATCH_EOF, MATCH_ERRORS, MATCH_PARTIAL_READ, MATCH_PARTIAL_WRITE, MATCH_STAY_HIGH, MATCH_STAY_LOW,
  ORDER_COMPLETED, ORDER_IN_ORDER, ORDER_LATE, ORDER_DONE_BEFORE, ORDER_NEXT, ORDER_OLDEST, ORDER_RING, ORDER_SPAN_MAX, ORDER_WINDOW,
} from "./match-state";
import { addressAt, bump, cellAt, entryAt } from "./match-table";
import {
  EAGAIN, IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC, IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV, MAX_ERRNO, MAX_RW_COUNT,
} from "./rule";

/** Bits of the opcodes, all below 16, that move bytes, and of those that flush. */
const WRITES: u32 = 1 << IOCB_CMD_PWRITE | 1 << IOCB_CMD_PWRITEV;
const MOVES: u32 = WRITES | 1 << IOCB_CMD_PREAD | 1 << IOCB_CMD_PREADV;
const VECTORED: u32 = 1 << IOCB_CMD_PREADV | 1 << IOCB_CMD_PWRITEV;
const FLUSHES: u32 = 1 << IOCB_CMD_FSYNC | 1 << IOCB_CMD_FDSYNC;

@inline
function has(opcodes: u32, opcode: u32): bool { return ((opcodes >> opcode) & 1) != 0; }

/** One more of what is counted in a double. */
@inline
function bumpDouble(at: usize): void { store<f64>(at, load<f64>(at) + 1); }

@inline
function addLong(at: usize, value: i64): void { store<i64>(at, load<i64>(at) + value); }

/** The word of an order's ring that has the bit of a request. */
@inline
function ringWord(order: usize, seq: i64): usize { return order + ORDER_RING + ((<usize>seq >> 5 & (ORDER_WINDOW / 32 - 1)) << 2); }

/** Find the oldest in flight, or the place of the next to come. */
function advance(order: usize, oldest: i64): void {
  const next = load<i64>(order, ORDER_NEXT);
  let at = oldest + 1;
  while (at < next) {
    const word = load<u32>(ringWord(order, at)) >> <u32>(at & 31);
    if (word) {
      at += ctz(word);
      break;
    }
    at += 32 - (at & 31);
  }
  store<i64>(order, min(at, next), ORDER_OLDEST);
}

/** A request of an order is no longer in flight. */
@inline
function leaveOrder(order: usize, seq: i64, oldest: i64): void {
  if (seq < oldest) return;
  const word = ringWord(order, seq);
  store<u32>(word, load<u32>(word) & ~(1 << <u32>(seq & 31)));
  if (seq == oldest) advance(order, oldest);
}

/** A request completes. */
@inline
function closeOrder(order: usize, seq: i64): void {
  const oldest = load<i64>(order, ORDER_OLDEST), span = seq - oldest;
  addLong(order + ORDER_COMPLETED, 1);
  if (span <= 0) addLong(order + ORDER_IN_ORDER, 1);
  else if (span > load<i64>(order, ORDER_SPAN_MAX)) store<i64>(order, span, ORDER_SPAN_MAX);
  if (seq + 1 < load<i64>(order, ORDER_DONE_BEFORE)) addLong(order + ORDER_LATE, 1);
  else store<i64>(order, seq + 1, ORDER_DONE_BEFORE);
  leaveOrder(order, seq, oldest);
}

/** Whether one more request would push the oldest out of the ring. */
@inline
export function isFull(order: usize): bool {
  return load<i64>(order, ORDER_NEXT) - load<i64>(order, ORDER_OLDEST) >= <i64>ORDER_WINDOW;
}

/** A request goes on its way. Writes that a flush finds in flight at its descriptor are not covered by it. */
@inline
export function enter(state: usize, entry: usize, home: usize, cell: usize, opcode: u32): void {
  const order = <usize>load<u32>(home, ADDRESS_ORDER), seq = load<i64>(order, ORDER_NEXT);
  store<i64>(order, seq + 1, ORDER_NEXT);
  const word = ringWord(order, seq);
  store<u32>(word, load<u32>(word) | 1 << <u32>(seq & 31));
  store<i64>(entry, seq, ENTRY_SEQ);
  const depth = load<u32>(state, MATCH_DEPTH) + 1;
  store<u32>(state, depth, MATCH_DEPTH);
  if (depth > load<u32>(state, MATCH_DEPTH_MAX)) store<u32>(state, depth, MATCH_DEPTH_MAX);
  bumpDouble(<usize>load<u32>(state, MATCH_DEPTHS) + (<usize>(depth <= EXACT_DEPTHS ? depth : EXACT_DEPTHS + 32 - clz(depth)) << 3));
  const writes = <usize>load<u32>(cell, CELL_WRITES);
  if (has(WRITES, opcode)) bump(writes);
  else if (has(FLUSHES, opcode)) {
    const found = load<u32>(writes);
    bump(cell + CELL_FSYNCS);
    if (!found) return;
    bump(cell + CELL_OVERTAKING);
    addLong(cell + CELL_OVERTAKEN_WRITES, found);
  }
}

/** A request is no longer in flight at `ts`, whether it completed or not. */
@inline
function exit(state: usize, entry: usize, ts: u64, opcode: u32): void {
  const stay = <i64>(ts - load<u64>(entry, ENTRY_TS_LOW));
  addLong(state + MATCH_STAY_LOW, stay & 0xffffffff);
  addLong(state + MATCH_STAY_HIGH, stay >> 32);
  bump(state + MATCH_DEPTH, -1);
  if (has(WRITES, opcode)) bump(<usize>load<u32>(cellAt(state, load<u32>(entry, ENTRY_CELL)), CELL_WRITES), -1);
}

/** A request, and what was submitted before it at its address, is taken for refused. What is older than one that has left has left. */
export function leaveOlder(state: usize, slot: u32, ts: u64): void {
  while (slot) {
    const entry = entryAt(state, slot), flags = load<u32>(entry, ENTRY_FLAGS);
    if (flags & FLAG_LEFT) return;
    store<u32>(entry, flags | FLAG_LEFT, ENTRY_FLAGS);
    const order = <usize>load<u32>(addressAt(state, load<u32>(entry, ENTRY_ADDRESS)), ADDRESS_ORDER);
    leaveOrder(order, load<i64>(entry, ENTRY_SEQ), load<i64>(order, ORDER_OLDEST));
    exit(state, entry, ts, flags & 0xffff);
    slot = load<u32>(entry, ENTRY_OLDER);
  }
}

/** The place of a latency of 0 and more in a histogram. */
@inline
function bucketOf(latency: u64): usize {
  if (latency < 1 << LATENCY_PARTS_BITS) return <usize>latency;
  const shift = 63 - clz(latency) - LATENCY_PARTS_BITS;
  return <usize>((shift << LATENCY_PARTS_BITS) + (latency >> shift));
}

/** A read or a write of `nbytes` bytes, or iovecs, moved `moved`: whether that is short, by its kind. */
@inline
function move(state: usize, cell: usize, opcode: u32, nbytes: u32, moved: u32): void {
  addLong(cell + CELL_BYTES, moved);
  const isVectored = has(VECTORED, opcode);
  if (moved >= min(nbytes, isVectored ? 1 : MAX_RW_COUNT)) {
    if (!isVectored && nbytes > MAX_RW_COUNT && moved == MAX_RW_COUNT) bump(state + MATCH_CLAMPED);
    return;
  }
  bump(state + (has(WRITES, opcode) ? MATCH_PARTIAL_WRITE : moved ? MATCH_PARTIAL_READ : MATCH_EOF));
  bump(cell + CELL_SHORT);
}

/** A request, which has a cell, and its completion at `ts`, no earlier, are a pair. */
@inline
export function settle(state: usize, entry: usize, home: usize, ts: u64, res: i64): void {
  const flags = load<u32>(entry, ENTRY_FLAGS), opcode = flags & 0xffff;
  const cell = cellAt(state, load<u32>(entry, ENTRY_CELL)), latency = <i64>(ts - load<u64>(entry, ENTRY_TS_LOW));
  bump(cell + CELL_COUNT);
  addLong(cell + CELL_SUM_LOW, latency & 0xffffffff);
  addLong(cell + CELL_SUM_HIGH, latency >> 32);
  if (latency < load<i64>(cell, CELL_MIN)) store<i64>(cell, latency, CELL_MIN);
  if (latency > load<i64>(cell, CELL_MAX)) store<i64>(cell, latency, CELL_MAX);
  bump(<usize>load<u32>(cell, CELL_HISTOGRAM) + (bucketOf(latency) << 2));
  if (res < 0) {
    const errno: u32 = res >= -<i64>MAX_ERRNO ? <u32>-res : MAX_ERRNO + 1;
    const isNormal = u32((errno == EAGAIN) & ((flags & FLAG_NOWAIT) != 0));
    bump(<usize>load<u32>(state, MATCH_ERRORS) + (<usize>((opcode << 13 | errno) << 1 | isNormal) << 2));
    bump(cell + CELL_ERRORS);
  } else if (has(MOVES, opcode)) move(state, cell, opcode, load<u32>(entry, ENTRY_NBYTES), <u32>res);
  if (!(flags & FLAG_LEFT)) exit(state, entry, ts, opcode);
  closeOrder(<usize>load<u32>(home, ADDRESS_ORDER), load<i64>(entry, ENTRY_SEQ));
}
