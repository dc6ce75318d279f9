import { column_tally } from "./record";

// Adds the exact minimum, maximum and sum of a column to the tally at `state`. The sum has two
// words, `high * 2^32 + low`. Neither overflows within 2^31 values, and the caller settles it
// earlier.
//
// Most blocks of real columns hold a single value or moderate ones. If the first and last values
// are equal, the block is scanned for differences (the OR of every value XOR the first), and a
// single value costs nothing more. Otherwise values are assumed moderate; only blocks that are not
// pay for 64-bit comparisons, which take three WebAssembly instructions each.

const MIN = offsetof<column_tally>("min"), MAX = offsetof<column_tally>("max");
const LOW = offsetof<column_tally>("low"), HIGH = offsetof<column_tally>("high");

@inline
export function extend<T>(state: usize, min: T, max: T): void {
  if (min < load<T>(state, MIN)) store<T>(state, min, MIN);
  if (max > load<T>(state, MAX)) store<T>(state, max, MAX);
}

@inline
export function add(state: usize, low: i64, high: i64): void {
  store<i64>(state, load<i64>(state, LOW) + low, LOW);
  store<i64>(state, load<i64>(state, HIGH) + high, HIGH);
}

@inline
export function lanes(v: v128): i64 {
  return v128.extract_lane<i64>(v, 0) + v128.extract_lane<i64>(v, 1);
}

/** The bits in which the 16-byte vectors from `column` to `end` differ from `first`. */
@inline
function differences(column: usize, end: usize, first: v128): v128 {
  let d0 = i64x2.splat(0), d1 = d0, d2 = d0, d3 = d0;
  const unrolled = column + ((end - column) & ~63);
  for (; column < unrolled; column += 64) {
    d0 = v128.or(d0, v128.xor(v128.load(column), first));
    d1 = v128.or(d1, v128.xor(v128.load(column, 16), first));
    d2 = v128.or(d2, v128.xor(v128.load(column, 32), first));
    d3 = v128.or(d3, v128.xor(v128.load(column, 48), first));
  }
  for (; column < end; column += 16) d0 = v128.or(d0, v128.xor(v128.load(column), first));
  return v128.or(v128.or(d0, d1), v128.or(d2, d3));
}

/**
 * Added to a value from -2^61 to 2^61 - 1, it makes the bits of a positive double, so that one
 * instruction compares.
 */
export const BIAS: i64 = 1 << 61;
/** Smaller bits are denormal doubles, which a thread may flush to zero. */
export const DENORMAL: i64 = 1 << 52;

/**
 * Handles values from -2^61 + 2^52 (unsigned: 0) to 2^61 - 1 if they are
 * close enough for the sums of their high words to fit 32 bits; otherwise it returns false and
 * adds nothing.
 * Positive doubles sort like their bits, and have SIMD minimum and
 * maximum, which 64-bit integers lack. The sum follows from two others: of the values modulo 2^64,
 * and of their high words modulo 2^32 per lane, which the extremes make exact. 0.24 ns per value,
 * where 64-bit comparisons take 0.76 (EPYC, V8 11.3).
 */
@inline
function moderate<T>(column: usize, end: usize, state: usize, first: T): bool {
  const rows = (end - column) >> 3, bias = i64x2.splat(BIAS);
  let min0 = i64x2.splat(<i64>first + BIAS), max0 = min0, min1 = min0, max1 = min0, bits0 = min0,
    bits1 = min0;
  let sum0 = i64x2.splat(0), sum1 = sum0, high0 = sum0, high1 = sum0;
  const unrolled = column + ((end - column) & ~31);
  for (; column < unrolled; column += 32) {
    const a = i64x2.add(v128.load(column), bias), b = i64x2.add(v128.load(column, 16), bias);
    bits0 = v128.or(bits0, a);
    bits1 = v128.or(bits1, b);
    min0 = f64x2.pmin(min0, a);
    min1 = f64x2.pmin(min1, b);
    max0 = f64x2.pmax(max0, a);
    max1 = f64x2.pmax(max1, b);
    sum0 = i64x2.add(sum0, a);
    sum1 = i64x2.add(sum1, b);
    high0 = i32x4.add(high0, a);
    high1 = i32x4.add(high1, b);
  }
  if (column < end) {
    const a = i64x2.add(v128.load(column), bias);
    bits0 = v128.or(bits0, a);
    min0 = f64x2.pmin(min0, a);
    max0 = f64x2.pmax(max0, a);
    sum0 = i64x2.add(sum0, a);
    high0 = i32x4.add(high0, a);
  }
  if (v128.any_true(v128.and(v128.or(bits0, bits1), i64x2.splat(3 << 62)))) return false;
  min0 = f64x2.pmin(min0, min1);
  max0 = f64x2.pmax(max0, max1);
  const least = min(v128.extract_lane<i64>(min0, 0), v128.extract_lane<i64>(min0, 1));
  const most = max(v128.extract_lane<i64>(max0, 0), v128.extract_lane<i64>(max0, 1));
  const base = least >> 32;
  if (least < (isSigned<T>() ? DENORMAL : BIAS)) return false;
  if (<u64>((most >> 32) - base) * (rows >> 1) >> 32 != 0) return false;
  const highs = i32x4.sub(i32x4.add(high0, high1), i32x4.splat(<i32>base * <i32>(rows >> 1)));
  const high = base * <i64>rows + <i64><u32>v128.extract_lane<i32>(highs, 1)
    + <i64><u32>v128.extract_lane<i32>(highs, 3);
  extend<T>(state, <T>(least - BIAS), <T>(most - BIAS));
  add(state, lanes(i64x2.add(sum0, sum1)) - (high << 32), high - (BIAS >> 32) * <i64>rows);
  return true;
}

/** Handles any values. To compare unsigned and to sum signed values, the top bit is flipped. */
@inline
function longs<T>(column: usize, end: usize, state: usize, first: T): void {
  const mask = i64x2.splat(0xffffffff), flip = i64x2.splat(i64.MIN_VALUE), begin = column;
  let min0 = v128.splat<T>(first), low = i64x2.splat(0), high = low;
  if (!isSigned<T>()) min0 = v128.xor(min0, flip);
  let max0 = min0;
  for (; column < end; column += 16) {
    const value = v128.load(column), flipped = v128.xor(value, flip);
    const order = isSigned<T>() ? value : flipped;
    min0 = v128.bitselect(order, min0, i64x2.lt_s(order, min0));
    max0 = v128.bitselect(order, max0, i64x2.gt_s(order, max0));
    low = i64x2.add(low, v128.and(value, mask));
    high = i64x2.add(high, i64x2.shr_u(isSigned<T>() ? flipped : value, 32));
  }
  if (!isSigned<T>()) {
    min0 = v128.xor(min0, flip);
    max0 = v128.xor(max0, flip);
  }
  extend<T>(state, min<T>(v128.extract_lane<T>(min0, 0), v128.extract_lane<T>(min0, 1)),
    max<T>(v128.extract_lane<T>(max0, 0), v128.extract_lane<T>(max0, 1)));
  const excess = isSigned<T>() ? <i64>((end - begin) >> 3) << 31 : 0;
  add(state, lanes(low), lanes(high) - excess);
}

@inline
function tally64<T>(column: usize, count: u32, state: usize): u32 {
  if (count == 0) return 0;
  const end = column + (<usize>(count & ~1) << 3), first = load<T>(column);
  let varies = first != load<T>(column + ((<usize>count - 1) << 3));
  if (!varies && column < end) {
    const d = differences(column, end, v128.splat<T>(first));
    varies = v128.any_true(d);
    if (!varies) {
      const pairs = <i64>(count & ~1);
      extend<T>(state, first, first);
      add(state, <i64>(<u64>first & 0xffffffff) * pairs, <i64>(first >> 32) * pairs);
    }
  }
  if (varies && column < end && !moderate<T>(column, end, state, first)) {
    longs<T>(column, end, state, first);
  }
  if (count & 1) {
    const last = load<T>(end);
    extend<T>(state, last, last);
    add(state, <i64>(<u64>last & 0xffffffff), <i64>(last >> 32));
  }
  return u32(varies);
}

/**
 * Adds a column of u64 to the tally at `state`. Returns 1 if its values differ, 0 if they are all
 * equal.
 */
export function tally_u64(column: usize, count: u32, state: usize): u32 {
  return tally64<u64>(column, count, state);
}
export function tally_i64(column: usize, count: u32, state: usize): u32 {
  return tally64<i64>(column, count, state);
}
