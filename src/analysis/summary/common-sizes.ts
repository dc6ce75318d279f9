// The sizes that programs use: multiples of a sector up to 1 MiB, each counted exactly.
import { COMMON_SHIFT, COMMON_SIZES } from '../../engine/tables.ts';
import { log2Bucket } from './section.ts';

/** The index of a size given as words; undefined if it is not a common one. */
export function commonIndex(low: number, high: number): number | undefined {
  const index = low >>> COMMON_SHIFT;
  return high === 0 && index < COMMON_SIZES && index << COMMON_SHIFT === low ? index : undefined;
}

/** The size in bytes at an index. */
export const commonSize = (index: number): number => index << COMMON_SHIFT;

/** Adds occurrences of a size below 4 GiB to a log2 histogram. */
export function addToBucket(histogram: Float64Array, size: number, count: number): void {
  histogram[log2Bucket(size, 0)] += count;
}

/** Returns what `make` returns for each size that one of the tables counts, ascending. */
export function listCommon<T>(
  tables: readonly ArrayLike<number>[],
  make: (size: number, counts: readonly number[]) => T,
): T[] {
  const list: T[] = [];
  for (let index = 0; index < COMMON_SIZES; index++) {
    const counts = tables.map((table) => table[index]);
    if (counts.some((count) => count > 0)) list.push(make(commonSize(index), counts));
  }
  return list;
}
