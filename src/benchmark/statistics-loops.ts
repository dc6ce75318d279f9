// Exact minimum, maximum and sum of every column in plain JavaScript, directly from records,
// without columns.
import { SCALARS } from '../abi/scalar.ts';
import type { ColumnState } from '../analysis/summary/column-stats.ts';
import type { Schema } from '../layout/schema.ts';

/**
 * Returns the statistics of one column over `count` bare little-endian records at byte `source` of
 * `buffer`.
 */
export type StatisticsLoop = (
  buffer: ArrayBuffer,
  source: number,
  count: number,
  column: Schema['columns'][number],
) => ColumnState;

type Numbers = Uint16Array | Int16Array | Uint32Array | Int32Array;
type Longs = BigInt64Array | BigUint64Array;

/** The values of a column among the records, and the distance between two of them in elements. */
function strided(
  buffer: ArrayBuffer,
  source: number,
  count: number,
  column: Schema['columns'][number],
  stride: number,
) {
  const { type, byteLength, sourceOffset } = column;
  const { array, signed } = SCALARS[type === 'char' ? 'u8' : type];
  const elements = count * (stride / byteLength) - sourceOffset / byteLength;
  return {
    values: new array(buffer, source + sourceOffset, elements),
    step: stride / byteLength,
    signed,
  };
}

function narrowStats(values: Numbers, step: number): ColumnState {
  let min = values[0];
  let max = min;
  let sum = 0;
  for (let i = 0; i < values.length; i += step) {
    const value = values[i];
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min: BigInt(min), max: BigInt(max), sum: BigInt(sum) };
}

function bigintStats(values: Longs, step: number): ColumnState {
  let min = values[0];
  let max = min;
  let sum = 0n;
  for (let i = 0; i < values.length; i += step) {
    const value = values[i];
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max, sum };
}

/** A double holds the sum of 2^21 words exactly, so bigint is needed only once per block. */
function pairStats(lows: Uint32Array, highs: Uint32Array | Int32Array, step: number): ColumnState {
  let minHigh = highs[1];
  let minLow = lows[0];
  let maxHigh = minHigh;
  let maxLow = minLow;
  let sumLow = 0;
  let sumHigh = 0;
  for (let i = 0; i < lows.length; i += step) {
    const low = lows[i];
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
  return { min: wide(minHigh, minLow), max: wide(maxHigh, maxLow), sum: wide(sumHigh, sumLow) };
}

/** 64-bit values as bigint. */
export const statisticsLongs =
  (stride: number): StatisticsLoop =>
  (buffer, source, count, column) => {
    const { values, step } = strided(buffer, source, count, column, stride);
    return column.byteLength === 8
      ? bigintStats(values as Longs, step)
      : narrowStats(values as Numbers, step);
  };

/** 64-bit values as two words. */
export const statisticsWords =
  (stride: number): StatisticsLoop =>
  (buffer, source, count, column) => {
    const { values, step, signed } = strided(buffer, source, count, column, stride);
    if (column.byteLength < 8) return narrowStats(values as Numbers, step);
    const lows = new Uint32Array(buffer, values.byteOffset, 2 * values.length);
    return pairStats(
      lows,
      signed ? new Int32Array(buffer, values.byteOffset, 2 * values.length) : lows,
      2 * step,
    );
  };
