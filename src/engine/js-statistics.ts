import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import type { Heap } from './js-heap.ts';
import type { CountingKernels, TallyKernel } from './kernel.ts';
import {
  COMMON_SHIFT,
  COMMON_SIZES,
  COMPLETION_SIZES,
  COMPLETION_SLOTS,
  COMPLETION_TABLES,
  columnTally,
  ERRNO_SLOTS,
  LENGTH_BUCKETS,
  SIZE_BUCKETS,
  SIZED_OPCODES,
  SUBMISSION_FDS,
  SUBMISSION_OPCODES,
  SUBMISSION_SIZES,
  SUBMISSION_TABLE_BYTES,
  SUBMISSION_TABLES,
  submissions,
  VALUE_CLASS_SHIFT,
  VALUE_CLASS_SLOTS,
  VALUE_SLOTS,
} from './tables.ts';

const WORD = 2 ** 32;

/**
 * Adds one column's statistics to its tally. Called once per block, so bigint costs nothing here.
 */
function extend(
  { u64, i64 }: Heap,
  state: number,
  signed: boolean,
  min: bigint,
  max: bigint,
  low: number,
  high: number,
): void {
  const words = signed ? i64 : u64;
  const at = state >>> 3;
  const [atMin, atMax, atLow, atHigh] = columnTally.fields.map(({ offset }) => at + offset / 8);
  if (min < words[atMin]) words[atMin] = min;
  if (max > words[atMax]) words[atMax] = max;
  i64[atLow] += BigInt(low);
  i64[atHigh] += BigInt(high);
}

/** 64-bit values as pairs of words. A double holds the sum of 2^21 words exactly. */
export function tallyLongs(heap: Heap, signed: boolean): TallyKernel {
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

/** Narrower values fit a double. */
export function tallyNumbers(heap: Heap, type: ScalarType): TallyKernel {
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

/** A multiple of a sector up to 1 MiB in sectors; of other values a number that is larger. */
const sectorsOf = (low: number, high: number): number =>
  high === 0 ? ((low >>> COMMON_SHIFT) | (low << (32 - COMMON_SHIFT))) >>> 0 : WORD;

/** The slot of a result: its common size, its log2 bucket, or the slot of its errno. */
export function resultSlot(low: number, high: number): number {
  const sectors = sectorsOf(low, high);
  if (sectors < COMMON_SIZES) return COMPLETION_SIZES + sectors;
  if (high > 0) return 64 - Math.clz32(high);
  if (high === 0) return 32 - Math.clz32(low);
  return SIZE_BUCKETS + (high === -1 && low >= WORD - ERRNO_SLOTS ? WORD - low : ERRNO_SLOTS);
}

/** `count_completions`. */
export function countCompletions({ u32, i32 }: Heap): CountingKernels['count_completions'] {
  return (column, count, tables, varying) => {
    if (count === 0) return;
    const begin = column >>> 2;
    const at = tables >>> 2;
    if (varying === 0) {
      u32[at + resultSlot(u32[begin], i32[begin + 1])] += count;
      return;
    }
    const whole = count - (count % COMPLETION_TABLES);
    for (let i = 0; i < count; i++) {
      const table = i < whole ? (i % COMPLETION_TABLES) * COMPLETION_SLOTS : 0;
      u32[at + table + resultSlot(u32[begin + 2 * i], i32[begin + 2 * i + 1])] += 1;
    }
  };
}

/**
 * `count_values_32` counts small values and -1; `count_values_16` counts priority classes with
 * their levels.
 */
export function countValues({
  u16,
  u32,
}: Heap): Pick<CountingKernels, 'count_values_32' | 'count_values_16'> {
  const counting =
    (
      values: Uint32Array | Uint16Array,
      slotOf: (value: number) => number,
    ): CountingKernels['count_values_32'] =>
    (column, count, tables) => {
      const begin = column / values.BYTES_PER_ELEMENT;
      for (let i = 0; i < count; i++) {
        const slot = slotOf(values[begin + i]);
        if (slot >= VALUE_SLOTS) return i;
        u32[(tables >>> 2) + slot] += 1;
      }
      return count;
    };
  const level = (1 << VALUE_CLASS_SHIFT) - 1;
  return {
    count_values_32: counting(u32, (value) => (value + 1) >>> 0),
    count_values_16: counting(u16, (value) => {
      const low = value & level;
      return low < VALUE_CLASS_SLOTS
        ? (value >>> VALUE_CLASS_SHIFT) * VALUE_CLASS_SLOTS + low
        : VALUE_SLOTS;
    }),
  };
}

/** `count_submissions`, with 64-bit counters as pairs of words. */
export function countSubmissions({ u16, u32 }: Heap): CountingKernels['count_submissions'] {
  const words = submissions.byteLength / 4;
  const [atCount, atLow] = submissions.fields.map(({ offset }) => offset / 4);
  const tableWords = SUBMISSION_TABLE_BYTES / 4;
  /** Adds to a 64-bit counter, word by word. */
  const add = (at: number, value: number) => {
    const sum = u32[at] + value;
    u32[at] = sum;
    if (sum >= WORD) u32[at + 1] += 1;
  };
  return (opcodes, fds, nbytes, begin, count, tables) => {
    const highs = (tables >>> 2) + SUBMISSION_TABLES * tableWords;
    for (let i = begin; i < count; i++) {
      const opcode = u16[(opcodes >>> 1) + i];
      const fd = u32[(fds >>> 2) + i];
      if (opcode >= SUBMISSION_OPCODES || fd >= SUBMISSION_FDS) return i;
      const low = u32[(nbytes >>> 2) + 2 * i];
      const high = u32[(nbytes >>> 2) + 2 * i + 1];
      const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
      const sectors = sectorsOf(low, high);
      const isCommon = opcode < SIZED_OPCODES && sectors < COMMON_SIZES;
      const table = (tables >>> 2) + (i % SUBMISSION_TABLES) * tableWords;
      for (const key of [
        isCommon
          ? SUBMISSION_SIZES + opcode * COMMON_SIZES + sectors
          : opcode * LENGTH_BUCKETS + bits,
        SUBMISSION_OPCODES * LENGTH_BUCKETS + fd,
      ]) {
        add(table + key * words + atCount, 1);
        add(table + key * words + atLow, low);
      }
      add(highs + 2 * opcode, high);
      add(highs + 2 * (SUBMISSION_OPCODES + fd), high);
    }
    return count;
  };
}
