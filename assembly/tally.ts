import { tally } from "./record";

// Exact minimum, maximum and sum of one column, added to the tally at `state`. A sum is kept as two words,
// `high * 2^32 + low`: neither can overflow in 2^31 values, and the caller settles it before that.
//
// Most blocks of a real column hold one value, or values that share their high 32 bits. So each block is looked at
// first (the OR of every value XOR the first): one value costs nothing more, shared high words are counted in 32-bit
// lanes, and only what is left pays for 64-bit comparisons, which WebAssembly has to build from three instructions.

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

/** Values that share their high words: the order and the sum are those of the low words. */
@inline
function lowWords<T>(column: usize, end: usize, state: usize, first: T): void {
  const mask = i64x2.splat(0xffffffff);
  let min0 = v128.splat<T>(first), max0 = min0, low0 = i64x2.splat(0);
  let min1 = min0, max1 = min0, low1 = low0;
  const begin = column, unrolled = column + ((end - column) & ~31);
  for (; column < unrolled; column += 32) {
    const a = v128.load(column), b = v128.load(column, 16);
    min0 = v128.min<u32>(min0, a);
    min1 = v128.min<u32>(min1, b);
    max0 = v128.max<u32>(max0, a);
    max1 = v128.max<u32>(max1, b);
    low0 = i64x2.add(low0, v128.and(a, mask));
    low1 = i64x2.add(low1, v128.and(b, mask));
  }
  for (; column < end; column += 16) {
    const a = v128.load(column);
    min0 = v128.min<u32>(min0, a);
    max0 = v128.max<u32>(max0, a);
    low0 = i64x2.add(low0, v128.and(a, mask));
  }
  min0 = v128.min<u32>(min0, min1);
  max0 = v128.max<u32>(max0, max1);
  extend<T>(state, min<T>(v128.extract_lane<T>(min0, 0), v128.extract_lane<T>(min0, 1)),
    max<T>(v128.extract_lane<T>(max0, 0), v128.extract_lane<T>(max0, 1)));
  add(state, lanes(i64x2.add(low0, low1)), <i64>(first >> 32) * <i64>((end - begin) >> 3));
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
  const end = column + (<usize>(count & ~1) << 3);
  const first = load<T>(column);
  const d = differences(column, end, v128.splat<T>(first));
  const bits: u64 = v128.extract_lane<u64>(d, 0) | v128.extract_lane<u64>(d, 1);
  if (bits == 0) {
    extend<T>(state, first, first);
    const pairs = <i64>(count & ~1);
    add(state, <i64>(<u64>first & 0xffffffff) * pairs, <i64>(first >> 32) * pairs);
  } else if (bits >> 32 == 0) {
    lowWords<T>(column, end, state, first);
  } else {
    longs<T>(column, end, state, first);
  }
  if (count & 1) {
    const last = load<T>(end);
    extend<T>(state, last, last);
    add(state, <i64>(<u64>last & 0xffffffff), <i64>(last >> 32));
    return u32(bits != 0 || last != first);
  }
  return u32(bits != 0);
}

@inline
function tally32<T>(column: usize, count: u32, state: usize): u32 {
  if (count == 0) return 0;
  const end = column + (<usize>(count & ~3) << 2), tail = column + (<usize>count << 2);
  const first = load<T>(column);
  let min0 = v128.splat<T>(first), max0 = min0, low = i64x2.splat(0);
  if (v128.any_true(differences(column, end, min0))) {
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
export function tally_u16(column: usize, count: u32, state: usize): u32 { return tallySmall<u16>(column, count, state); }
/** The same of i16. */
export function tally_i16(column: usize, count: u32, state: usize): u32 { return tallySmall<i16>(column, count, state); }
/** The same of u8. */
export function tally_u8(column: usize, count: u32, state: usize): u32 { return tallySmall<u8>(column, count, state); }
/** The same of i8. */
export function tally_i8(column: usize, count: u32, state: usize): u32 { return tallySmall<i8>(column, count, state); }
