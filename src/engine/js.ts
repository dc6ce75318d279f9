import { type RecordLayout, iocb, ioEvent } from '../abi/record.ts';
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import type { DecodeKernel, Engine, GatherKernel, Kernels, TallyKernel } from './kernel.ts';
import {
  ERRNO_SLOTS,
  LENGTH_BUCKETS,
  REQUEST_FDS,
  REQUEST_OPCODES,
  REQUEST_TABLES,
  RESULT_SLOTS,
  RESULT_TABLES,
  requests,
  SIZE_BUCKETS,
  tally,
} from './tally.ts';

const WORD = 2 ** 32;

/** The arena's memory as arrays of every width, all from address 0. */
class Heap {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;
  readonly view: DataView;

  constructor(buffer: ArrayBuffer) {
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u64 = new BigUint64Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.view = new DataView(buffer);
  }
}

/** Typed arrays read aligned addresses only; fields of an odd layout go through a DataView. */
function gatherKernels(heap: Heap): Pick<Kernels, 'gather_8' | 'gather_16' | 'gather_32' | 'gather_64' | 'gather_bytes'> {
  const { u8, u16, u32, view } = heap;
  return {
    gather_8(source, stride, count, target) {
      for (let i = 0; i < count; i++) u8[target + i] = u8[source + i * stride];
    },
    gather_16(source, stride, count, target) {
      let to = target >>> 1;
      const end = to + count;
      if (((source | stride) & 1) === 0) {
        for (let from = source >>> 1; to < end; from += stride >>> 1) u16[to++] = u16[from];
      } else {
        for (let from = source; to < end; from += stride) u16[to++] = view.getUint16(from, true);
      }
    },
    gather_32(source, stride, count, target) {
      let to = target >>> 2;
      const end = to + count;
      if (((source | stride) & 3) === 0) {
        for (let from = source >>> 2; to < end; from += stride >>> 2) u32[to++] = u32[from];
      } else {
        for (let from = source; to < end; from += stride) u32[to++] = view.getUint32(from, true);
      }
    },
    gather_64(source, stride, count, target) {
      let to = target >>> 2;
      const end = to + 2 * count;
      if (((source | stride) & 3) === 0) {
        for (let from = source >>> 2; to < end; from += stride >>> 2) {
          u32[to++] = u32[from];
          u32[to++] = u32[from + 1];
        }
      } else {
        for (let from = source; to < end; from += stride) {
          u32[to++] = view.getUint32(from, true);
          u32[to++] = view.getUint32(from + 4, true);
        }
      }
    },
    gather_bytes(source, stride, count, target, width) {
      for (let i = 0; i < count; i++) u8.copyWithin(target + i * width, source + i * stride, source + i * stride + width);
    },
  };
}

/** A struct is decoded field by field, as its table says. */
function decodeKernel(record: RecordLayout, gathers: Record<number, GatherKernel>): DecodeKernel {
  const fields = record.fields.map(({ offset, type }) => ({ offset, gather: gathers[SCALARS[type].byteLength] }));
  return (source, stride, count, target, rows) => {
    for (const { offset, gather } of fields) gather(source + offset, stride, count, target + offset * rows);
  };
}

function swapKernels({ u16, u32 }: Heap): Pick<Kernels, 'swap_16' | 'swap_32' | 'swap_64'> {
  const swapped = (v: number) => (v << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
  return {
    swap_16(column, count) {
      for (let i = column >>> 1, end = i + count; i < end; i++) u16[i] = (u16[i] << 8) | (u16[i] >>> 8);
    },
    swap_32(column, count) {
      for (let i = column >>> 2, end = i + count; i < end; i++) u32[i] = swapped(u32[i]);
    },
    swap_64(column, count) {
      for (let i = column >>> 2, end = i + 2 * count; i < end; i += 2) {
        const low = u32[i];
        u32[i] = swapped(u32[i + 1]);
        u32[i + 1] = swapped(low);
      }
    },
  };
}

/** Add one column's result to its tally: once a call, so bigint costs nothing here. */
function extend({ u64, i64 }: Heap, state: number, signed: boolean, min: bigint, max: bigint, low: number, high: number): void {
  const words = signed ? i64 : u64;
  const at = state >>> 3;
  const [atMin, atMax, atLow, atHigh] = tally.fields.map(({ offset }) => at + offset / 8);
  if (min < words[atMin]) words[atMin] = min;
  if (max > words[atMax]) words[atMax] = max;
  i64[atLow] += BigInt(low);
  i64[atHigh] += BigInt(high);
}

/** 64-bit values as pairs of words: a double holds the sum of 2^21 words exactly. */
function tallyLongs(heap: Heap, signed: boolean): TallyKernel {
  const { u32, i32 } = heap;
  const highs = signed ? i32 : u32;
  return (column, count, state) => {
    if (count === 0) return 0;
    const begin = column >>> 2;
    const end = begin + 2 * count;
    let minHigh = highs[begin + 1];
    let minLow = u32[begin];
    let maxHigh = minHigh;
    let maxLow = minLow;
    let sumLow = 0;
    let sumHigh = 0;
    for (let i = begin; i < end; i += 2) {
      const low = u32[i];
      const high = highs[i + 1];
      sumLow += low;
      sumHigh += high;
      if (high < minHigh || (high === minHigh && low < minLow)) {
        minHigh = high;
        minLow = low;
      }
      if (high > maxHigh || (high === maxHigh && low > maxLow)) {
        maxHigh = high;
        maxLow = low;
      }
    }
    const wide = (high: number, low: number) => (BigInt(high) << 32n) + BigInt(low);
    extend(heap, state, signed, wide(minHigh, minLow), wide(maxHigh, maxLow), sumLow, sumHigh);
    return Number(minHigh !== maxHigh || minLow !== maxLow);
  };
}

function tallyNumbers(heap: Heap, type: ScalarType): TallyKernel {
  const { byteLength, signed, array } = SCALARS[type];
  const values = new array(heap.u8.buffer as ArrayBuffer) as Uint32Array;
  return (column, count, state) => {
    if (count === 0) return 0;
    const begin = column / byteLength;
    let min = values[begin];
    let max = min;
    let sum = 0;
    for (let i = begin, end = begin + count; i < end; i++) {
      const value = values[i];
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    extend(heap, state, signed, BigInt(min), BigInt(max), sum, 0);
    return Number(min !== max);
  };
}

/** Where a result is counted: its log2 bucket, or the slot of its errno. */
function resultSlot(low: number, high: number): number {
  if (high > 0) return 64 - Math.clz32(high);
  if (high === 0) return 32 - Math.clz32(low);
  return SIZE_BUCKETS + (high === -1 && low >= WORD - ERRNO_SLOTS ? WORD - low : ERRNO_SLOTS);
}

function countResults({ u32, i32 }: Heap): Kernels['count_results'] {
  return (column, count, tables, varying) => {
    if (count === 0) return;
    const begin = column >>> 2;
    const at = tables >>> 2;
    if (varying === 0) {
      u32[at + resultSlot(u32[begin], i32[begin + 1])] += count;
      return;
    }
    const whole = count - (count % RESULT_TABLES);
    for (let i = 0; i < count; i++) {
      const table = i < whole ? (i % RESULT_TABLES) * RESULT_SLOTS : 0;
      u32[at + table + resultSlot(u32[begin + 2 * i], i32[begin + 2 * i + 1])] += 1;
    }
  };
}

function countRequests({ u16, u32 }: Heap): Kernels['count_requests'] {
  const words = requests.byteLength / 4;
  const [atCount, atLow, atHigh] = requests.fields.map(({ offset }) => offset / 4);
  /** Add to a 64-bit counter, word by word. */
  const add = (at: number, value: number) => {
    const sum = u32[at] + value;
    u32[at] = sum;
    if (sum >= WORD) u32[at + 1] += 1;
  };
  return (opcodes, fds, nbytes, begin, count, tables) => {
    const base = tables >>> 2;
    for (let i = begin; i < count; i++) {
      const opcode = u16[(opcodes >>> 1) + i];
      const fd = u32[(fds >>> 2) + i];
      if (opcode >= REQUEST_OPCODES || fd >= REQUEST_FDS) return i;
      const low = u32[(nbytes >>> 2) + 2 * i];
      const high = u32[(nbytes >>> 2) + 2 * i + 1];
      for (const row of [base + opcode * words, base + (REQUEST_TABLES.fds >>> 2) + fd * words]) {
        add(row + atCount, 1);
        add(row + atLow, low);
        add(row + atHigh, high);
      }
      const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
      u32[base + (REQUEST_TABLES.lengths >>> 2) + opcode * LENGTH_BUCKETS + bits] += 1;
    }
    return count;
  };
}

/** The kernels in plain JavaScript over `buffer`. They are the definition: every other engine must give the same bytes. */
export function jsKernels(buffer: ArrayBuffer): Kernels {
  const heap = new Heap(buffer);
  const gathers = gatherKernels(heap);
  const byWidth = { 1: gathers.gather_8, 2: gathers.gather_16, 4: gathers.gather_32, 8: gathers.gather_64 };
  return {
    ...gathers,
    ...swapKernels(heap),
    decode_io_event: decodeKernel(ioEvent, byWidth),
    decode_iocb: decodeKernel(iocb, byWidth),
    tally_u8: tallyNumbers(heap, 'u8'),
    tally_i8: tallyNumbers(heap, 'i8'),
    tally_u16: tallyNumbers(heap, 'u16'),
    tally_i16: tallyNumbers(heap, 'i16'),
    tally_u32: tallyNumbers(heap, 'u32'),
    tally_i32: tallyNumbers(heap, 'i32'),
    tally_u64: tallyLongs(heap, false),
    tally_i64: tallyLongs(heap, true),
    count_results: countResults(heap),
    count_requests: countRequests(heap),
  };
}

/** The reference engine. It runs everywhere. */
export const jsEngine = (reason: string | null): Engine => ({
  name: 'js',
  reason,
  allocate(byteLength) {
    const buffer = new ArrayBuffer(byteLength);
    return { buffer, kernels: jsKernels(buffer) };
  },
});
