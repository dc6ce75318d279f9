import { ioEvent } from '../abi/record.ts';
import type { Heap } from './js-heap.ts';
import { resultSlot } from './js-statistics.ts';
import type { CountingKernels } from './kernel.ts';
import { COMPLETION_SLOTS, COMPLETION_TABLES, columnTally } from './tables.ts';

type PackedKernels = Pick<
  CountingKernels,
  'tally_pair_u64' | 'tally_pair_u32' | 'summarize_io_event'
>;

const [DATA, , RES, RES2] = ioEvent.fields.map(({ offset }) => offset);

/**
 * The kernels of records without columns, value by value: a definition. The js engine is faster
 * with columns, and does not use them.
 */
export function packedKernels({ view, u32, i64, u64 }: Heap): PackedKernels {
  type Read = (at: number) => bigint;
  const fields = {
    u32: (at: number) => BigInt(view.getUint32(at, true)),
    u64: (at: number) => view.getBigUint64(at, true),
    i64: (at: number) => view.getBigInt64(at, true),
  };
  const valuesOf = (read: Read, source: number, stride: number, count: number) =>
    Array.from({ length: count }, (_, i) => read(source + i * stride));
  const tally = (
    words: BigInt64Array | BigUint64Array,
    values: readonly bigint[],
    state: number,
  ) => {
    const [min, max, low, high] = columnTally.fields.map(({ offset }) => (state + offset) / 8);
    let sum = (i64[high] << 32n) + i64[low];
    for (const value of values) {
      if (value < words[min]) words[min] = value;
      if (value > words[max]) words[max] = value;
      sum += value;
    }
    i64[low] = sum & 0xffffffffn;
    i64[high] = sum >> 32n;
  };
  const tallyPair =
    (read: Read, byteLength: number): PackedKernels['tally_pair_u64'] =>
    (source, stride, count, state) => {
      if (count === 0) return;
      tally(u64, valuesOf(read, source, stride, count), state);
      const others = valuesOf(read, source + byteLength, stride, count);
      tally(u64, others, state + columnTally.byteLength);
    };
  const countResults = (results: readonly bigint[], tables: number) => {
    const whole = results.length - (results.length % COMPLETION_TABLES);
    results.forEach((value, i) => {
      const table = i < whole ? i % COMPLETION_TABLES : 0;
      const slot = resultSlot(Number(BigInt.asUintN(32, value)), Number(value >> 32n));
      u32[tables / 4 + table * COMPLETION_SLOTS + slot] += 1;
    });
  };
  const tallyLongs = tallyPair(fields.u64, 8);
  return {
    tally_pair_u64: tallyLongs,
    tally_pair_u32: tallyPair(fields.u32, 4),
    summarize_io_event(source, stride, count, tallies, tables) {
      if (count === 0) return 0;
      tallyLongs(source + DATA, stride, count, tallies);
      const results = valuesOf(fields.i64, source + RES, stride, count);
      const others = valuesOf(fields.i64, source + RES2, stride, count);
      tally(i64, results, tallies + 2 * columnTally.byteLength);
      tally(i64, others, tallies + 3 * columnTally.byteLength);
      countResults(results, tables);
      return others.filter((value) => value !== 0n).length;
    },
  };
}
