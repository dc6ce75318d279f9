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
function count(table: usize, res: i64, n: u32): void {
  const at = table + (slot(res) << 2);
  store<u32>(at, load<u32>(at) + n);
}

/** Bytes of one table. */
const TABLE: usize = COMPLETION_SLOTS << 2;

/**
 * Counts a `res` column into tables of u32: 64 log2 buckets of successful results, then one slot
 * per errno, then the common sizes. If `varying` is 0, all values are equal, and the block is one
 * addition.
 *
 * Consecutive results often share a slot, and a load has to wait for the previous store to the same
 * address. Therefore results rotate over four consecutive tables (2.2x on a column of two
 * alternating values); the counts are their sum.
 */
export function count_completions(column: usize, rows: u32, tables: usize, varying: u32): void {
  if (rows == 0) return;
  if (!varying) {
    count(tables, load<i64>(column), rows);
    return;
  }
  const end = column + (<usize>rows << 3), unrolled = column + (<usize>(rows & ~3) << 3);
  for (; column < unrolled; column += 32) {
    count(tables, load<i64>(column), 1);
    count(tables + TABLE, load<i64>(column, 8), 1);
    count(tables + TABLE * 2, load<i64>(column, 16), 1);
    count(tables + TABLE * 3, load<i64>(column, 24), 1);
  }
  for (; column < end; column += 8) count(tables, load<i64>(column), 1);
}
