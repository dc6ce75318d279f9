import { countEach, countSlots } from "./completions";
import { opaque } from "./opaque";
import {
  COMMON_SHIFT, COMMON_SIZES, COMPLETION_SIZES, ERRNO_SLOTS, SIZE_BUCKETS, column_tally, io_event,
} from "./record";
import { BIAS, DENORMAL, extend } from "./tally";

// Statistics of records as they lie in the source, without columns: two adjacent fields are the
// lanes of one vector. A vector has no 64-bit minimum, but doubles have: values relative to the
// first of a block, plus 2^61, make the bits of positive doubles as long as a block is not wider
// than that. Its sum is that of the smallest value and of what each has more, which is exact modulo
// 2^64 while width times count stays below.

const LOW = offsetof<column_tally>("low"), HIGH = offsetof<column_tally>("high");
const TALLY: usize = offsetof<column_tally>();

const ID = offsetof<io_event>("data"), RESULT = offsetof<io_event>("res");
const RES2 = offsetof<io_event>("res2");
if (offsetof<io_event>("obj") != ID + 8) ERROR("io_event: data and obj must be adjacent");
if (RES2 != RESULT + 8) ERROR("io_event: res and res2 must be adjacent");

/** Adds `high * 2^32 + low` to the sum of a tally, whose low word stays below 2^32. */
@inline
function add(state: usize, low: i64, high: i64): void {
  const sum = load<i64>(state, LOW) + low;
  store<i64>(state, sum & 0xffffffff, LOW);
  store<i64>(state, load<i64>(state, HIGH) + high + (sum >> 32), HIGH);
}

/** Adds any values of a field, one by one. */
function tallyEach<T>(source: usize, stride: usize, count: u32, state: usize): void {
  let low: i64 = 0, high: i64 = 0, least = load<T>(source), most = least;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<T>(source);
    source += stride;
    least = min<T>(least, value);
    most = max<T>(most, value);
    low += <i64>(<u64>value & 0xffffffff);
    high += <i64>(value >> 32);
  }
  extend<T>(state, least, most);
  add(state, low, high);
}

/**
 * Adds a lane of a block: `least`, `most`, `bits` and `sum` are of its values relative to the
 * first, plus BIAS.
 */
function tallyLane<W>(
  source: usize, stride: usize, count: u32, state: usize,
  first: u64, least: i64, most: i64, bits: i64, sum: i64
): void {
  const low = first + (least - BIAS), high = first + (most - BIAS), n = <i64>count;
  // Not if a value is too far from the first, on the other side of 0, or if the sum wraps. Words of
  // 32 bits never are.
  if (sizeof<W>() == 8 && ((bits >> 62 != 0) | (least < DENORMAL) | (low > first) | (high < first)
    || ((most - least >> 32) + 1) * n >> 32 != 0)) {
    return tallyEach<u64>(source, stride, count, state);
  }
  const more = sum - least * n;
  extend<u64>(state, low, high);
  add(state, <i64>(low & 0xffffffff) * n + (more & 0xffffffff),
    <i64>(low >> 32) * n + <i64>(<u64>more >> 32));
}

/** Two adjacent values. */
@inline
function pairAt<W>(source: usize): v128 {
  return sizeof<W>() == 8 ? v128.load(source) : v128.load_ext<W>(source);
}

/** Tallies two adjacent fields of type W into two tallies. */
@inline
function tallyPair<W>(source: usize, stride: usize, count: u32, state: usize): void {
  if (count == 0) return;
  const bias = i64x2.splat(BIAS), first = pairAt<W>(source), origin = i64x2.sub(first, bias);
  let least = bias, most = bias, bits = bias, sum = i64x2.splat(0), at = source;
  for (let pairs = count >> 1; pairs; pairs--) {
    const a = i64x2.sub(pairAt<W>(at), origin), b = i64x2.sub(pairAt<W>(at + stride), origin);
    at += stride << 1;
    bits = v128.or(bits, v128.or(a, b));
    least = f64x2.pmin(least, f64x2.pmin(a, b));
    most = f64x2.pmax(most, f64x2.pmax(a, b));
    sum = i64x2.add(sum, i64x2.add(a, b));
  }
  if (count & 1) {
    const a = i64x2.sub(pairAt<W>(at), origin);
    bits = v128.or(bits, a);
    least = f64x2.pmin(least, a);
    most = f64x2.pmax(most, a);
    sum = i64x2.add(sum, a);
  }
  tallyLane<W>(source, stride, count, state, v128.extract_lane<u64>(first, 0),
    v128.extract_lane<i64>(least, 0), v128.extract_lane<i64>(most, 0),
    v128.extract_lane<i64>(bits, 0), v128.extract_lane<i64>(sum, 0));
  tallyLane<W>(source + sizeof<W>(), stride, count, state + TALLY,
    v128.extract_lane<u64>(first, 1), v128.extract_lane<i64>(least, 1),
    v128.extract_lane<i64>(most, 1), v128.extract_lane<i64>(bits, 1),
    v128.extract_lane<i64>(sum, 1));
}

/** Tallies two adjacent fields of records, into two tallies. */
export function tally_pair_u64(source: usize, stride: usize, count: u32, state: usize): void {
  tallyPair<u64>(source, stride, count, state);
}
export function tally_pair_u32(source: usize, stride: usize, count: u32, state: usize): void {
  tallyPair<u32>(source, stride, count, state);
}

/** The smallest or largest of four lanes. */
@inline
function extreme(v: v128, largest: bool): i64 {
  const swapped = v128.shuffle<u64>(v, v, 1, 0);
  v = largest ? v128.max<i32>(v, swapped) : v128.min<i32>(v, swapped);
  const a = v128.extract_lane<i32>(v, 0), b = v128.extract_lane<i32>(v, 1);
  return <i64>(largest ? max(a, b) : min(a, b));
}

/**
 * Tallies and counts results, four at once, as long as they fit 32 bits and have a `res2` of 0.
 * Returns how many.
 */
function countPlain(source: usize, stride: usize, count: u32, state: usize, tables: usize): u32 {
  const others = opaque(i64x2(0, -1), state);
  const failures = opaque(i32x4.splat(SIZE_BUCKETS), state),
    leastFailure = opaque(i32x4.splat(-<i32>ERRNO_SLOTS), state),
    exponent0 = opaque(i32x4.splat(126), state),
    sizes = opaque(i32x4.splat(<i32>COMPLETION_SIZES), state),
    commonSizes = opaque(i32x4.splat(COMMON_SIZES), state);
  let least = v128.load32_splat(source), most = least, sum = i64x2.splat(0);
  // Most results are the same as those before: their slots are counted together.
  let last = v128.not(least), lastSlots = sum, repeats: u32 = 0, done: u32 = 0;
  for (; done + 4 <= count; done += 4) {
    const s1 = source + stride, s2 = s1 + stride, s3 = s2 + stride;
    const r0 = v128.load(source), r1 = v128.load(s1), r2 = v128.load(s2), r3 = v128.load(s3);
    const words01 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5),
      words23 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5);
    const results = v128.shuffle<u64>(words01, words23, 0, 2),
      highs = v128.shuffle<u64>(words01, words23, 1, 3), signs = i32x4.shr_s(results, 31);
    const any = v128.and(v128.or(v128.or(r0, r1), v128.or(r2, r3)), others);
    if (v128.any_true(v128.or(v128.xor(highs, signs), any))) break;
    source = s3 + stride;
    sum = i64x2.add(sum, i64x2.add(i64x2.add(r0, r1), i64x2.add(r2, r3)));
    if (v128.any_true(v128.xor(results, last))) {
      countSlots(tables, lastSlots, repeats);
      least = v128.min<i32>(least, results);
      most = v128.max<i32>(most, results);
      last = results;
      const failed = i32x4.sub(failures, v128.max<i32>(results, leastFailure));
      // The exponent of a float is the length of a number whose second bit cannot round it up.
      const float = f32x4.convert_i32x4_s(v128.andnot(results, i32x4.shr_u(results, 1)));
      const bits = i32x4.sub(i32x4.shr_u(float, 23), exponent0);
      const sectors = v128.or(i32x4.shr_u(results, COMMON_SHIFT),
        i32x4.shl(results, 32 - COMMON_SHIFT));
      lastSlots = v128.bitselect(i32x4.add(sectors, sizes),
        v128.bitselect(failed, bits, signs), v128.lt<u32>(sectors, commonSizes));
      repeats = 0;
    }
    repeats++;
  }
  if (done == 0) return 0;
  countSlots(tables, lastSlots, repeats);
  const total = v128.extract_lane<i64>(sum, 0);
  extend<i64>(state, extreme(least, false), extreme(most, true));
  add(state, total & 0xffffffff, total >> 32);
  extend<i64>(state + TALLY, 0, 0);
  add(state + TALLY, 0, 0);
  return done;
}

/**
 * Tallies the four fields of packed io_events into the tallies at `tallies`, and counts `res` into
 * the tables of `count_completions`. Returns how many have a `res2` that is not 0. A block should
 * fit the L1 cache, since it is read twice.
 */
export function summarize_io_event(
  source: usize, stride: usize, count: u32, tallies: usize, tables: usize
): u32 {
  const states = tallies + 2 * TALLY;
  tally_pair_u64(source + ID, stride, count, tallies);
  const plain = countPlain(source + RESULT, stride, count, states, tables);
  count -= plain;
  source += plain * stride;
  if (count == 0) return 0;
  tallyEach<i64>(source + RESULT, stride, count, states);
  tallyEach<i64>(source + RES2, stride, count, states + TALLY);
  countEach(source + RESULT, stride, count, tables);
  let nonzero: u32 = 0;
  for (; count; count--) {
    nonzero += u32(load<u64>(source, RES2) != 0);
    source += stride;
  }
  return nonzero;
}
