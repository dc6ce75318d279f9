import {
  AT_BUFFER_BITS, AT_COUNTERS, AT_EVENTFDS, AT_KINDS, AT_LENGTHS, AT_OPCODES, AT_PLACES,
  AT_PLACE_BITS, COUNTERS_END, KINDS_OF_OPCODES, OFFSET_MAX, request_counters,
  REQUEST_OPCODES, STRAY, WRITE, WRITEV, ZERO_BITS_SLOTS,
} from "./request";
import { IOCB_FLAG_RESFD, MAX_RW_COUNT, RWF_APPEND } from "./rule";

/** Slots of one table of trailing zeros, and the last one, of what is not counted. */
const TABLE: usize = <usize>ZERO_BITS_SLOTS << 2;
const NONE: u64 = ZERO_BITS_SLOTS - 1;

@inline
function addOne(at: usize): void { store<u32>(at, load<u32>(at) + 1); }

/**
 * Finds the kind, length and place of `count` submissions, lists those with an eventfd,
 * and counts all by opcode and alignment: into the state, whose counters are those of this call.
 *
 * Consecutive records often share a counter, and a load has to wait for the previous store to the
 * same address. Therefore records alternate between two tables.
 */
export function measure_requests(
  opcodes: usize, bufs: usize, nbytes: usize, offsets: usize, flags: usize, rwFlags: usize,
  count: u32, state: usize
): void {
  memory.fill(state + AT_COUNTERS, 0, COUNTERS_END - AT_COUNTERS);
  let placeBits: u64 = 0, bufferBits: u64 = 0;
  let eventfds: u32 = 0, vectored: u32 = 0, appending: u32 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const opcode = min<u32>(load<u16>(opcodes + (i << 1)), REQUEST_OPCODES - 1);
    const kind = <u32>(KINDS_OF_OPCODES >> (<u64>opcode << 2)) & 15;
    const length = load<u64>(nbytes + (i << 3)), offset = load<u64>(offsets + (i << 3));
    const buf = load<u64>(bufs + (i << 3));
    const moves = kind <= WRITEV, plain = kind <= WRITE, vectors = moves & !plain;
    const appends = ((kind == WRITE) | (kind == WRITEV))
      & ((load<u32>(rwFlags + (i << 2)) & RWF_APPEND) != 0);
    const strays = appends | (moves & (offset > OFFSET_MAX));
    addOne(state + AT_OPCODES + (<usize>opcode << 2));
    store<u8>(state + AT_KINDS + i, <u8>select<u32>(kind + STRAY, kind, strays));
    store<u32>(
      state + AT_LENGTHS + (i << 2),
      select<u32>(<u32>min<u64>(length, MAX_RW_COUNT), 0, plain),
    );
    store<f64>(
      state + AT_PLACES + (i << 3),
      select<f64>(<f64><i64>offset, -1, moves & !strays),
    );
    store<u16>(state + AT_EVENTFDS + (<usize>eventfds << 1), <u16>i);
    eventfds += u32((load<u32>(flags + (i << 2)) & IOCB_FLAG_RESFD) != 0);
    vectored += u32(vectors);
    appending += u32(appends);

    // An ignored offset counts as 0; a buffer of iovecs and their number not at all.
    const value = select<u64>(0, offset, appends) | select<u64>(length, 0, plain);
    const isPlaced = plain | (vectors & !appends);
    const table = (i & 1) * TABLE;
    placeBits |= select<u64>(value & -value, 0, isPlaced);
    addOne(state + AT_PLACE_BITS + table + (<usize>select<u64>(ctz(value), NONE, isPlaced) << 2));
    bufferBits |= select<u64>(buf & -buf, 0, plain);
    addOne(state + AT_BUFFER_BITS + table + (<usize>select<u64>(ctz(buf), NONE, plain) << 2));
  }
  const counters = state + AT_COUNTERS;
  store<u64>(counters, placeBits, offsetof<request_counters>("placeBits"));
  store<u64>(counters, bufferBits, offsetof<request_counters>("bufferBits"));
  store<u32>(counters, eventfds, offsetof<request_counters>("eventfds"));
  store<u32>(counters, vectored, offsetof<request_counters>("vectored"));
  store<u32>(counters, appending, offsetof<request_counters>("appending"));
}
