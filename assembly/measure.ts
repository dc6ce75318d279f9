import {
  AT_BUFFER_BITS, AT_COUNTERS, AT_EVENTFDS, AT_KINDS, AT_LENGTHS, AT_OPCODES, AT_PLACES,
  AT_PLACE_BITS, COUNTERS_END, KINDS_OF_OPCODES, OFFSET_MAX, request_counters,
  REQUEST_OPCODES, STRAY, WRITE, WRITEV, ZERO_BITS_SLOTS,
} from "./request";
import { IOCB_FLAG_RESFD, MAX_RW_COUNT, RWF_APPEND } from "./rule";

/** Slots of one table of trailing zeros, and the last one, of what is not counted. */
const TABLE: usize = <usize>ZERO_BITS_SLOTS << 2;
const NONE: u64 = ZERO_BITS_SLOTS - 1;

/**
 * All bits if it holds, otherwise none. V8 makes branches of `select`, and programs mix kinds: they
 * would often be mispredicted.
 */
@inline
function all(holds: bool): u64 { return -u64(holds); }

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
    const counter = state + (<usize>opcode << 2);
    store<u32>(counter, load<u32>(counter, AT_OPCODES) + 1, AT_OPCODES);
    store<u8>(state + i, <u8>(kind | u32(strays) * STRAY), AT_KINDS);
    const clamped = <u32>(min<u64>(length, MAX_RW_COUNT) & all(plain));
    store<u32>(state + (i << 2), clamped, AT_LENGTHS);
    const place = <f64><i64>(offset | all(!moves | strays));
    store<f64>(state + (i << 3), place, AT_PLACES);
    store<u16>(state + (<usize>eventfds << 1), <u16>i, AT_EVENTFDS);
    eventfds += u32((load<u32>(flags + (i << 2)) & IOCB_FLAG_RESFD) != 0);
    vectored += u32(vectors);
    appending += u32(appends);

    // An ignored offset counts as 0; a buffer of iovecs and their number not at all.
    const value = (offset & all(!appends)) | (length & all(plain));
    const placed = all(plain | (vectors & !appends));
    const table = state + (i & 1) * TABLE;
    placeBits |= value & -value & placed;
    const places = table + (<usize>((ctz(value) & placed) | (NONE & ~placed)) << 2);
    store<u32>(places, load<u32>(places, AT_PLACE_BITS) + 1, AT_PLACE_BITS);
    bufferBits |= buf & -buf & all(plain);
    const buffers = table + (<usize>((ctz(buf) & all(plain)) | (NONE & all(!plain))) << 2);
    store<u32>(buffers, load<u32>(buffers, AT_BUFFER_BITS) + 1, AT_BUFFER_BITS);
  }
  const counters = state + AT_COUNTERS;
  store<u64>(counters, placeBits, offsetof<request_counters>("placeBits"));
  store<u64>(counters, bufferBits, offsetof<request_counters>("bufferBits"));
  store<u32>(counters, eventfds, offsetof<request_counters>("eventfds"));
  store<u32>(counters, vectored, offsetof<request_counters>("vectored"));
  store<u32>(counters, appending, offsetof<request_counters>("appending"));
}
