import { tally } from "./record";

// Exact minimum, maximum and sum of one column, added to the tally at `state`. A sum is kept as two words,
// `high * 2^32 + low`: neither can overflow in 2^31 values, and the caller settles it before that.
//
// Most blocks of a real column hold one value, or values between the smallest and the largest so far. So a block whose
// ends look alike is looked at first (the OR of every value XOR the first): one value costs nothing more. Any other is
// summed while one comparison a vector watches that nothing lies outside; only a block that has something there pays for
// finding out what, with comparisons that WebAssembly has to build from three instructions each.

const MIN = offsetof<tally>("min"), MAX = offsetof<tally>("max");
const LOW = offsetof<tally>("low"), HIGH = offsetof<tally>("high");

@inline
function extend<T>(state: usize, min: T, max: T): void {
  if (min < load<T>(state, MIN)) store<T>(state, min, MIN);
  if (max > load<T>(state, MAX)) store<T>(state, max, MAX);
}

@inline
function add(state: usize, low: i64, high: i64): void {
  store<i64>(state, load<i64>(state, LOW) + low, LOW);
  store<i64>(state, load<i64>(state, HIGH) + high, HIGH);
}

@inline
function lanes(v: v128): i64 {
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

/** So many values at either end of a block are looked at one by one: of a column that grows, the extremes are among them. */
const ENDS = 16;

/** The smallest, or the largest, of what the tally knows and of the values at the ends of the block. */
@inline
function nearby<T>(column: usize, end: usize, known: T, largest: bool): T {
  const head = min<usize>(column + ENDS * 8, end), tail = max<usize>(end - ENDS * 8, head);
  for (let at = column; at < end; at += 8) {
    if (at == head) at = tail;
    if (at == end) break;
    const value = load<T>(at);
    known = largest ? max<T>(known, value) : min<T>(known, value);
  }
  return known;
}

/**
 * Values from `least` to `most`, whatever they are; false, and nothing is added, when one lies outside. Two sums tell all:
 * that of the values, modulo 2^64, and that of their high words, modulo 2^32 a lane, which `least` and `most` make exact as
 * long as they are not too far apart. 0.22 ns a value where comparing for the extremes takes 0.76 (EPYC, V8 11.3).
 */
@inline
function within<T>(column: usize, end: usize, state: usize, least: T, most: T): bool {
  const rows = (end - column) >> 3, base: i64 = <i64>(least >> 32);
  if (<u64>(<i64>(most >> 32) - base) * (rows >> 1) >> 32 != 0) return false;
  // Values below `least` wrap around: one signed comparison sees both sides.
  const origin = i64x2.splat(<i64>least - i64.MIN_VALUE), limit = i64x2.splat(<i64>most - <i64>least + i64.MIN_VALUE);
  let out0 = i64x2.splat(0), out1 = out0, sum0 = out0, sum1 = out0, high0 = out0, high1 = out0;
  const unrolled = column + ((end - column) & ~31);
  for (; column < unrolled; column += 32) {
    const a = v128.load(column), b = v128.load(column, 16);
    out0 = v128.or(out0, i64x2.gt_s(i64x2.sub(a, origin), limit));
    out1 = v128.or(out1, i64x2.gt_s(i64x2.sub(b, origin), limit));
    sum0 = i64x2.add(sum0, a);
    sum1 = i64x2.add(sum1, b);
    high0 = i32x4.add(high0, a);
    high1 = i32x4.add(high1, b);
  }
  for (; column < end; column += 16) {
    const a = v128.load(column);
    out0 = v128.or(out0, i64x2.gt_s(i64x2.sub(a, origin), limit));
    sum0 = i64x2.add(sum0, a);
    high0 = i32x4.add(high0, a);
  }
  if (v128.any_true(v128.or(out0, out1))) return false;
  const highs = i32x4.sub(i32x4.add(high0, high1), i32x4.splat(<i32>base * <i32>(rows >> 1)));
  const high = base * <i64>rows + <i64><u32>v128.extract_lane<i32>(highs, 1) + <i64><u32>v128.extract_lane<i32>(highs, 3);
  extend<T>(state, least, most);
  add(state, lanes(i64x2.add(sum0, sum1)) - (high << 32), high);
  return true;
}

/** Any values. Unsigned ones are compared, and signed ones summed, with the top bit flipped. */
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
  if (varies && column < end) {
    const least = nearby<T>(column, end, load<T>(state, MIN), false), most = nearby<T>(column, end, load<T>(state, MAX), true);
    if (!within<T>(column, end, state, least, most)) longs<T>(column, end, state, first);
  }
  if (count & 1) {
    const last = load<T>(end);
    extend<T>(state, last, last);
    add(state, <i64>(<u64>last & 0xffffffff), <i64>(last >> 32));
  }
  return u32(varies);
}

@inline
function tally32<T>(column: usize, count: u32, state: usize): u32 {
  if (count == 0) return 0;
  const end = column + (<usize>(count & ~3) << 2), tail = column + (<usize>count << 2);
  const first = load<T>(column);
  let min0 = v128.splat<T>(first), max0 = min0, low = i64x2.splat(0);
  if (first != load<T>(tail - 4) || v128.any_true(differences(column, end, min0))) {
    for (; column < end; column += 16) {
      const a = v128.load(column);
      min0 = v128.min<T>(min0, a);
      max0 = v128.max<T>(max0, a);
      low = i64x2.add(low, i64x2.add(v128.extend_low<T>(a), v128.extend_high<T>(a)));
    }
  } else {
    low = i64x2.replace_lane(low, 0, <i64>first * <i64>(count & ~3));
  }
  let least = min<T>(min<T>(v128.extract_lane<T>(min0, 0), v128.extract_lane<T>(min0, 1)), min<T>(v128.extract_lane<T>(min0, 2), v128.extract_lane<T>(min0, 3)));
  let most = max<T>(max<T>(v128.extract_lane<T>(max0, 0), v128.extract_lane<T>(max0, 1)), max<T>(v128.extract_lane<T>(max0, 2), v128.extract_lane<T>(max0, 3)));
  let sum = lanes(low);
  for (column = end; column < tail; column += 4) {
    const value = load<T>(column);
    least = min<T>(least, value);
    most = max<T>(most, value);
    sum += <i64>value;
  }
  return settle<T>(state, least, most, sum);
}

/** The smallest, or the largest, of eight lanes of 16 bits. */
@inline
function extreme16<T>(v: v128, largest: bool): T {
  const halves = v128.shuffle<u64>(v, v, 1, 0);
  v = largest ? v128.max<T>(v, halves) : v128.min<T>(v, halves);
  const a = v128.extract_lane<T>(v, 0), b = v128.extract_lane<T>(v, 1), c = v128.extract_lane<T>(v, 2), d = v128.extract_lane<T>(v, 3);
  return largest ? max<T>(max<T>(a, b), max<T>(c, d)) : min<T>(min<T>(a, b), min<T>(c, d));
}

@inline
function tally16<T>(column: usize, count: u32, state: usize): u32 {
  if (count == 0) return 0;
  const end = column + (<usize>(count & ~7) << 1), tail = column + (<usize>count << 1);
  const first = load<T>(column);
  let min0 = v128.splat<T>(first), max0 = min0, sums = i64x2.splat(0);
  for (; column < end; column += 16) {
    const a = v128.load(column);
    min0 = v128.min<T>(min0, a);
    max0 = v128.max<T>(max0, a);
    const pairs = v128.extadd_pairwise<T>(a);
    sums = isSigned<T>()
      ? i64x2.add(sums, i64x2.add(v128.extend_low<i32>(pairs), v128.extend_high<i32>(pairs)))
      : i64x2.add(sums, i64x2.add(v128.extend_low<u32>(pairs), v128.extend_high<u32>(pairs)));
  }
  let least = extreme16<T>(min0, false), most = extreme16<T>(max0, true), sum = lanes(sums);
  for (; column < tail; column += 2) {
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

/** Widen the result of a narrow column to the 64-bit words of the tally. */
@inline
function settle<T>(state: usize, least: T, most: T, sum: i64): u32 {
  if (isSigned<T>()) extend<i64>(state, <i64>least, <i64>most);
  else extend<u64>(state, <u64>least, <u64>most);
  add(state, sum, 0);
  return u32(least != most);
}

/** Add a column of u64 to the tally at `state`; 1 when its values differ, 0 when they are all the same. */
export function tally_u64(column: usize, count: u32, state: usize): u32 { return tally64<u64>(column, count, state); }
/** The same of i64. */
export function tally_i64(column: usize, count: u32, state: usize): u32 { return tally64<i64>(column, count, state); }
/** The same of u32. */
export function tally_u32(column: usize, count: u32, state: usize): u32 { return tally32<u32>(column, count, state); }
/** The same of i32. */
export function tally_i32(column: usize, count: u32, state: usize): u32 { return tally32<i32>(column, count, state); }
/** The same of u16. */
export function tally_u16(column: usize, count: u32, state: usize): u32 { return tally16<u16>(column, count, state); }
/** The same of i16. */
export function tally_i16(column: usize, count: u32, state: usize): u32 { return tally16<i16>(column, count, state); }
/** The same of u8. */
export function tally_u8(column: usize, count: u32, state: usize): u32 { return tallySmall<u8>(column, count, state); }
/** The same of i8. */
export function tally_i8(column: usize, count: u32, state: usize): u32 { return tallySmall<i8>(column, count, state); }
