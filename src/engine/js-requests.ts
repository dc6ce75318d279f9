import { IOCB_FLAG_RESFD, RWF_APPEND } from '../abi/flag.ts';
import { MAX_RW_COUNT } from '../abi/limit.ts';
import type { Heap as IntegerHeap } from './js-heap.ts';
import { mapRequests, sampleRequests } from './js-places.ts';
import { followRequests } from './js-streams.ts';
import type { RequestKernels } from './request-kernels.ts';
import * as T from './request-tables.ts';
import { STREAM } from './stream-state.ts';

/** Memory, and its doubles. */
export type Heap = IntegerHeap & { readonly f64: Float64Array };

const [GROUP_PID, GROUP_FD, GROUP_KIND, GROUP_COUNT, GROUP_BEGIN, GROUP_END, GROUP_BYTES] =
  T.requestGroup.fields.map(({ offset }) => offset >>> 2);
const GROUP_WORDS = T.requestGroup.byteLength >>> 2;
const EMPTY = 0xffff;
const SPECIALS = T.requestCounters.fields.findIndex(({ name }) => name === 'specials');
const SPECIALS_WORD = T.requestCounters.fields[SPECIALS].offset >>> 2;

/** Trailing zero bits of a 64-bit value; 64 of 0. */
const zeros = (low: number, high: number): number =>
  low !== 0 ? 31 - Math.clz32(low & -low) : high !== 0 ? 63 - Math.clz32(high & -high) : 64;

/** Counts alignments: alternately into two tables, and the bits that were found into a mask. */
function zeroCounter(
  { u32 }: Heap,
  table: number,
  mask: number,
): (row: number, low: number, high: number, isCounted: boolean) => void {
  return (row, low, high, isCounted) => {
    const bits = isCounted ? zeros(low, high) : T.ZERO_BITS_SLOTS - 1;
    u32[table + (row % T.REQUEST_TABLES) * T.ZERO_BITS_SLOTS + bits] += 1;
    if (isCounted && bits < 64) u32[mask + (bits >>> 5)] |= 1 << (bits & 31);
  };
}

/** `measure_requests`. */
function measureRequests(heap: Heap): RequestKernels['measure_requests'] {
  const { u8, u16, u32, f64 } = heap;
  return (opcodes, bufs, nbytes, offsets, flags, rwFlags, count, state) => {
    const at = (part: number) => (state + part) >>> 2;
    u8.fill(0, state + T.AT_COUNTERS, state + T.COUNTERS_END);
    const counters = at(T.AT_COUNTERS);
    const [placeMask, bufferMask, eventfds, , vectored, appending] = T.requestCounters.fields.map(
      ({ offset }) => counters + (offset >>> 2),
    );
    const addPlace = zeroCounter(heap, at(T.AT_PLACE_BITS), placeMask);
    const addBuffer = zeroCounter(heap, at(T.AT_BUFFER_BITS), bufferMask);
    for (let i = 0; i < count; i++) {
      const opcode = Math.min(u16[(opcodes >>> 1) + i], T.REQUEST_OPCODES - 1);
      const kind = T.KIND_OF_OPCODE[opcode];
      const [low, high] = [u32[(nbytes >>> 2) + 2 * i], u32[(nbytes >>> 2) + 2 * i + 1]];
      const [from, fromHigh] = [u32[(offsets >>> 2) + 2 * i], u32[(offsets >>> 2) + 2 * i + 1]];
      const place = fromHigh * 2 ** 32 + from;
      const moves = kind <= T.WRITEV;
      const isPlain = kind <= T.WRITE;
      const isWrite = kind === T.WRITE || kind === T.WRITEV;
      const appends = isWrite && (u32[(rwFlags >>> 2) + i] & RWF_APPEND) !== 0;
      const strays = appends || (moves && place > T.OFFSET_MAX);
      u32[at(T.AT_OPCODES) + opcode] += 1;
      u8[state + T.AT_KINDS + i] = strays ? kind + T.STRAY : kind;
      const length = high !== 0 || low > MAX_RW_COUNT ? MAX_RW_COUNT : low;
      u32[at(T.AT_LENGTHS) + i] = isPlain ? length : 0;
      f64[((state + T.AT_PLACES) >>> 3) + i] = moves && !strays ? place : -1;
      // A row that has none is overwritten.
      u16[((state + T.AT_EVENTFDS) >>> 1) + u32[eventfds]] = i;
      if ((u32[(flags >>> 2) + i] & IOCB_FLAG_RESFD) !== 0) u32[eventfds] += 1;
      if (moves && !isPlain) u32[vectored] += 1;
      if (appends) u32[appending] += 1;
      addPlace(
        i,
        (appends ? 0 : from) | (isPlain ? low : 0),
        (appends ? 0 : fromHigh) | (isPlain ? high : 0),
        isPlain || (moves && !appends),
      );
      addBuffer(i, u32[(bufs >>> 2) + 2 * i], u32[(bufs >>> 2) + 2 * i + 1], isPlain);
    }
  };
}

/** Finds the slot of a group in the hash table: its own, or the empty one where it belongs. */
function slotOf(heap: Heap, state: number, pid: number, fd: number, kind: number): number {
  const { u16, u32 } = heap;
  const slots = (state + T.AT_GROUP_SLOTS) >>> 1;
  const key = ((fd << 4) | kind) ^ Math.imul(pid, 0x9e3779b1);
  let slot = Math.imul(key, 0x85ebca6b) >>> (32 - Math.log2(T.GROUP_SLOTS));
  for (;;) {
    const number = u16[slots + slot];
    if (number === EMPTY) break;
    const group = ((state + T.AT_GROUPS) >>> 2) + number * GROUP_WORDS;
    const isSame =
      u32[group + GROUP_FD] === fd &&
      u32[group + GROUP_KIND] === kind &&
      u32[group + GROUP_PID] === pid;
    if (isSame) break;
    slot = (slot + 1) & (T.GROUP_SLOTS - 1);
  }
  return slots + slot;
}

/** Moves the rows into the order of their groups. */
function sortRows(heap: Heap, count: number, groups: number, state: number): void {
  const { u16, u32, f64 } = heap;
  const first = (state + T.AT_GROUPS) >>> 2;
  let begin = 0;
  for (let number = 0; number < groups; number++) {
    const group = first + number * GROUP_WORDS;
    u32[group + GROUP_BEGIN] = u32[group + GROUP_END] = begin;
    begin += u32[group + GROUP_COUNT];
  }
  const [groupOf, order] = [(state + T.AT_GROUP_OF) >>> 1, (state + T.AT_ORDER) >>> 1];
  const [places, lengths] = [(state + T.AT_PLACES) >>> 3, (state + T.AT_LENGTHS) >>> 2];
  const groupedPlaces = (state + T.AT_GROUPED_PLACES) >>> 3;
  const groupedLengths = (state + T.AT_GROUPED_LENGTHS) >>> 2;
  for (let i = 0; i < count; i++) {
    const to = u32[first + u16[groupOf + i] * GROUP_WORDS + GROUP_END]++;
    u16[order + to] = i;
    f64[groupedPlaces + to] = f64[places + i];
    u32[groupedLengths + to] = u32[lengths + i];
  }
}

/** `group_requests`. */
function groupRequests(heap: Heap): RequestKernels['group_requests'] {
  const { u8, u16, u32 } = heap;
  return (fds, pids, count, state) => {
    const slots = state + T.AT_GROUP_SLOTS;
    u8.fill(0xff, slots, slots + 2 * T.GROUP_SLOTS);
    let groups = 0;
    let specials = 0;
    for (let i = 0; i < count; i++) {
      const fd = u32[(fds >>> 2) + i];
      const pid = pids === 0 ? 0 : u32[(pids >>> 2) + i];
      const kind = u8[state + T.AT_KINDS + i];
      u16[((state + T.AT_SPECIALS) >>> 1) + specials] = i;
      if (kind === T.FLUSH || kind > T.OTHER) specials += 1;
      const slot = slotOf(heap, state, pid, fd, kind);
      const isNew = u16[slot] === EMPTY;
      if (isNew) u16[slot] = groups++;
      const group = ((state + T.AT_GROUPS) >>> 2) + u16[slot] * GROUP_WORDS;
      if (isNew) {
        u32[group + GROUP_PID] = pid;
        u32[group + GROUP_FD] = fd;
        u32[group + GROUP_KIND] = kind;
        u32[group + GROUP_COUNT] = u32[group + GROUP_BYTES] = u32[group + GROUP_BYTES + 1] = 0;
      }
      u16[((state + T.AT_GROUP_OF) >>> 1) + i] = u16[slot];
      u32[group + GROUP_COUNT] += 1;
      const bytes = u32[group + GROUP_BYTES] + u32[((state + T.AT_LENGTHS) >>> 2) + i];
      u32[group + GROUP_BYTES] = bytes;
      if (bytes >= 2 ** 32) u32[group + GROUP_BYTES + 1] += 1;
    }
    u32[((state + T.AT_COUNTERS) >>> 2) + SPECIALS_WORD] = specials;
    sortRows(heap, count, groups, state);
    return groups;
  };
}

/** `follow_requests`. */
function followKernel({ u32, f64 }: Heap): RequestKernels['follow_requests'] {
  return (begin, end, hasLengths, stream, state) => {
    const places = f64.subarray((state + T.AT_GROUPED_PLACES) >>> 3);
    const lengths = u32.subarray((state + T.AT_GROUPED_LENGTHS) >>> 2);
    const s = f64.subarray(stream >>> 3, (stream >>> 3) + STREAM.end);
    followRequests(s, places, lengths, begin, end, hasLengths !== 0);
  };
}

/** The kernels of a report of submissions. */
export function jsRequestKernels(memory: IntegerHeap): RequestKernels {
  const heap = { ...memory, f64: new Float64Array(memory.u8.buffer) };
  return {
    measure_requests: measureRequests(heap),
    group_requests: groupRequests(heap),
    map_requests: mapRequests(heap),
    sample_requests: sampleRequests(heap),
    follow_requests: followKernel(heap),
  };
}
