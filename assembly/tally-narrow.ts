import { add, extend, lanes } from "./tally";

// Tallies of columns of at most 32 bits.

/** The smallest or largest of the lanes of 32 or 16 bits. */
@inline
function extreme<T>(v: v128, largest: bool): T {
  if (sizeof<T>() == 2) {
    const swapped = v128.shuffle<u64>(v, v, 1, 0);
    v = largest ? v128.max<T>(v, swapped) : v128.min<T>(v, swapped);
  }
  const a = v128.extract_lane<T>(v, 0), b = v128.extract_lane<T>(v, 1),
    c = v128.extract_lane<T>(v, 2), d = v128.extract_lane<T>(v, 3);
  return largest ? max<T>(max<T>(a, b), max<T>(c, d)) : min<T>(min<T>(a, b), min<T>(c, d));
}

/** Four 32-bit lanes with the sum of a vector's values, if none overflows. */
@inline
function quarters<T>(v: v128): v128 {
  return sizeof<T>() == 2 ? v128.extadd_pairwise<T>(v) : v;
}

/** Two 64-bit lanes with the sum of four 32-bit lanes. */
@inline
function halves<T>(v: v128): v128 {
  return isSigned<T>()
    ? i64x2.add(v128.extend_low<i32>(v), v128.extend_high<i32>(v))
    : i64x2.add(v128.extend_low<u32>(v), v128.extend_high<u32>(v));
}

/** The sum of the vectors from `column` to `end`, for any values. */
function total<T>(column: usize, end: usize): i64 {
  let sum = i64x2.splat(0);
  for (; column < end; column += 16) {
    sum = i64x2.add(sum, halves<T>(quarters<T>(v128.load(column))));
  }
  return lanes(sum);
}

/**
 * 32-bit lanes can sum a block of small values. If the extremes are too large for that, the sum is
 * computed again.
 */
@inline
function tallyNarrow<T>(column: usize, count: u32, state: usize): u32 {
  if (count == 0) return 0;
  const tail = column + <usize>count * sizeof<T>(), end = column + ((tail - column) & ~15),
    unrolled = column + ((tail - column) & ~31);
  let min0 = v128.splat<T>(load<T>(column)), max0 = min0, min1 = min0, max1 = min0,
    sum0 = i64x2.splat(0), sum1 = sum0;
  let at = column;
  for (; at < unrolled; at += 32) {
    const a = v128.load(at), b = v128.load(at, 16);
    min0 = v128.min<T>(min0, a);
    min1 = v128.min<T>(min1, b);
    max0 = v128.max<T>(max0, a);
    max1 = v128.max<T>(max1, b);
    sum0 = i32x4.add(sum0, quarters<T>(a));
    sum1 = i32x4.add(sum1, quarters<T>(b));
  }
  if (at < end) {
    const a = v128.load(at);
    min0 = v128.min<T>(min0, a);
    max0 = v128.max<T>(max0, a);
    sum0 = i32x4.add(sum0, quarters<T>(a));
  }
  let least = extreme<T>(v128.min<T>(min0, min1), false),
    most = extreme<T>(v128.max<T>(max0, max1), true);
  const largest = max<i64>(<i64>most, -<i64>least) * <i64>(4 / sizeof<T>());
  const isExact = <i64>((end - column) >> 4) * largest < 1 << (isSigned<T>() ? 31 : 32);
  let sum = isExact ? lanes(halves<T>(i32x4.add(sum0, sum1))) : total<T>(column, end);
  for (column = end; column < tail; column += sizeof<T>()) {
    const value = load<T>(column);
    least = min<T>(least, value);
    most = max<T>(most, value);
    sum += <i64>value;
  }
  return settle<T>(state, least, most, sum);
}

@inline
function tallySmall<T>(column: usize, count: u32, state: usize): u32 {
  if (count == 0) return 0;
  let least = load<T>(column), most = least, sum: i64 = 0;
  const end = column + <usize>count * sizeof<T>();
  for (; column < end; column += sizeof<T>()) {
    const value = load<T>(column);
    least = min<T>(least, value);
    most = max<T>(most, value);
    sum += <i64>value;
  }
  return settle<T>(state, least, most, sum);
}

/** Widens the statistics of a narrow column to the 64-bit words of the tally. */
@inline
function settle<T>(state: usize, least: T, most: T, sum: i64): u32 {
  if (isSigned<T>()) extend<i64>(state, <i64>least, <i64>most);
  else extend<u64>(state, <u64>least, <u64>most);
  add(state, sum, 0);
  return u32(least != most);
}

/**
 * Adds a column of u32 to the tally at `state`. Returns 1 if its values differ, 0 if they are all
 * equal.
 */
export function tally_u32(column: usize, count: u32, state: usize): u32 {
  return tallyNarrow<u32>(column, count, state);
}
export function tally_i32(column: usize, count: u32, state: usize): u32 {
  return tallyNarrow<i32>(column, count, state);
}
export function tally_u16(column: usize, count: u32, state: usize): u32 {
  return tallyNarrow<u16>(column, count, state);
}
export function tally_i16(column: usize, count: u32, state: usize): u32 {
  return tallyNarrow<i16>(column, count, state);
}
export function tally_u8(column: usize, count: u32, state: usize): u32 {
  return tallySmall<u8>(column, count, state);
}
export function tally_i8(column: usize, count: u32, state: usize): u32 {
  return tallySmall<i8>(column, count, state);
}
