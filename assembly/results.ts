import { ERRNO_SLOTS, RESULT_SLOTS, SIZE_BUCKETS } from "./record";

/** Where a result is counted: 0 in slot 0, 2^(b-1) … 2^b - 1 in slot b, an errno behind these, and all below -4095 last. */
@inline
function slot(res: i64): usize {
  return <usize>select<i64>(64 - clz(res), SIZE_BUCKETS - max<i64>(res, -<i64>ERRNO_SLOTS), res >= 0);
}

@inline
function count(table: usize, res: i64, n: u32): void {
  const at = table + (slot(res) << 2);
  store<u32>(at, load<u32>(at) + n);
}

/** Bytes of one table. */
const TABLE: usize = RESULT_SLOTS << 2;

/**
 * Count the results of a `res` column into tables of u32: 64 log2 buckets of what succeeded, then one slot an errno.
 * `varying` is what the tally said of the column: a block of one value is one addition.
 *
 * Neighbours mostly fall into the same slot, and a load waits for the store before it to the same address. So four
 * tables, one after the other at `tables`, take turns (2.2x on a column of two alternating values); their sum counts.
 */
export function count_results(column: usize, rows: u32, tables: usize, varying: u32): void {
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
