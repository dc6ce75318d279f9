import {
  COMMON_SHIFT, COMMON_SIZES, COMPLETION_SIZES, COMPLETION_SLOTS, ERRNO_SLOTS, SIZE_BUCKETS,
} from "./record";

/**
 * The slot of a result: 2^(b-1) … 2^b - 1 in slot b, then one slot per errno, one for all below
 * -4095, and one per common size, 0 among them. A value that is not a multiple of a sector has
 * bits that rotate to the top.
 */
@inline
function slot(res: i64): usize {
  const failed = SIZE_BUCKETS - max<i64>(res, -<i64>ERRNO_SLOTS);
  const other = select<i64>(64 - clz(res), failed, res >= 0);
  const sectors = rotr<u64>(res, COMMON_SHIFT);
  return <usize>select<i64>(COMPLETION_SIZES + sectors, other, sectors < COMMON_SIZES);
}

@inline
export function count(table: usize, res: i64, n: u32): void {
  const at = table + (slot(res) << 2);
  store<u32>(at, load<u32>(at) + n);
}

/** Bytes of one table. */
const TABLE: usize = COMPLETION_SLOTS << 2;

/**
 * Counts results that are `stride` bytes apart. Consecutive ones often share a slot, and a load has
 * to wait for the previous store to the same address. Therefore results rotate over four
 * consecutive tables (2.2x on two alternating values); the counts are their sum.
 */
export function countEach(source: usize, stride: usize, rows: u32, tables: usize): void {
  for (let fours = rows >> 2; fours; fours--) {
    const s1 = source + stride, s2 = s1 + stride, s3 = s2 + stride;
    count(tables, load<i64>(source), 1);
    count(tables + TABLE, load<i64>(s1), 1);
    count(tables + TABLE * 2, load<i64>(s2), 1);
    count(tables + TABLE * 3, load<i64>(s3), 1);
    source = s3 + stride;
  }
  for (rows &= 3; rows; rows--) {
    count(tables, load<i64>(source), 1);
    source += stride;
  }
}

@inline
function increase(table: usize, slot: u32, n: u32): void {
  const at = table + (<usize>slot << 2);
  store<u32>(at, load<u32>(at) + n);
}

/** Adds `n` to each of four slots, one per table. */
@inline
export function countSlots(tables: usize, four: v128, n: u32): void {
  const two = v128.extract_lane<u64>(four, 0), next = v128.extract_lane<u64>(four, 1);
  increase(tables, <u32>two, n);
  increase(tables + TABLE, <u32>(two >> 32), n);
  increase(tables + TABLE * 2, <u32>next, n);
  increase(tables + TABLE * 3, <u32>(next >> 32), n);
}

/**
 * Counts a `res` column into tables of u32: 64 log2 buckets of successful results, then one slot
 * per errno, then the common sizes. If `varying` is 0, all values are equal, and the block is one
 * addition.
 */
export function count_completions(column: usize, rows: u32, tables: usize, varying: u32): void {
  if (rows == 0) return;
  if (varying) countEach(column, 8, rows, tables);
  else count(tables, load<i64>(column), rows);
}
