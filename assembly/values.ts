import { VALUE_CLASS_SHIFT, VALUE_CLASS_SLOTS, VALUE_SLOTS } from "./record";

/** The slot of a value, or `VALUE_SLOTS` or more if it has none. */
@inline
function slot<T>(value: T): u32 {
  if (sizeof<T>() == 4) return <u32>value + 1;
  const level = <u32>value & ((1 << VALUE_CLASS_SHIFT) - 1);
  const place = (<u32>value >> VALUE_CLASS_SHIFT) * VALUE_CLASS_SLOTS + level;
  return select<u32>(place, VALUE_SLOTS, level < VALUE_CLASS_SLOTS);
}

@inline
function add(tables: usize, at: u32, n: u32): void {
  const counter = tables + (<usize>at << 2);
  store<u32>(counter, load<u32>(counter) + n);
}

/** -1 per pair of equal values, in 32-bit lanes. */
@inline
function same<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 4 ? i32x4.eq(a, b) : i32x4.extadd_pairwise_i16x8_s(i16x8.eq(a, b));
}

/** Counts the values from `column` to `end` that equal `value`; whole vectors end at `vectors`. */
function equal<T>(column: usize, vectors: usize, end: usize, value: T): u32 {
  const wanted = v128.splat<T>(value);
  let n0 = i32x4.splat(0), n1 = n0;
  for (const unrolled = column + ((vectors - column) & ~63); column < unrolled; column += 64) {
    const a = v128.load(column), b = v128.load(column, 16);
    const c = v128.load(column, 32), d = v128.load(column, 48);
    n0 = i32x4.sub(n0, i32x4.add(same<T>(a, wanted), same<T>(b, wanted)));
    n1 = i32x4.sub(n1, i32x4.add(same<T>(c, wanted), same<T>(d, wanted)));
  }
  for (; column < vectors; column += 16) n0 = i32x4.sub(n0, same<T>(v128.load(column), wanted));
  n0 = i32x4.add(n0, n1);
  let n = i32x4.extract_lane(n0, 0) + i32x4.extract_lane(n0, 1)
    + i32x4.extract_lane(n0, 2) + i32x4.extract_lane(n0, 3);
  for (; column < end; column += sizeof<T>()) n += i32(load<T>(column) == value);
  return n;
}

/** The first address from `at` on whose value is neither `a` nor `b` nor `c`, which must exist. */
function other<T>(at: usize, vectors: usize, a: T, b: T, c: T): usize {
  const first = v128.splat<T>(a), second = v128.splat<T>(b), third = v128.splat<T>(c);
  for (; at < vectors; at += 16) {
    const values = v128.load(at);
    const known = v128.or(v128.eq<T>(values, first), v128.eq<T>(values, second));
    if (!v128.all_true<T>(v128.or(known, v128.eq<T>(values, third)))) break;
  }
  let value = load<T>(at);
  while (u32(value == a) | u32(value == b) | u32(value == c)) {
    at += sizeof<T>();
    value = load<T>(at);
  }
  return at;
}

/**
 * Counts a column of up to four different values, one by one. For other columns it returns false
 * and counts nothing.
 */
@inline
function countFew<T>(column: usize, rows: u32, tables: usize): bool {
  const end = column + <usize>rows * sizeof<T>(), vectors = column + ((end - column) & ~15);
  const a = load<T>(column), na = equal<T>(column, vectors, end, a);
  let b = a, c = a, d = a, nb: u32 = 0, nc: u32 = 0, nd: u32 = 0;
  if (na < rows) {
    let at = other<T>(column, vectors, a, a, a);
    b = load<T>(at), nb = equal<T>(column, vectors, end, b);
    if (na + nb < rows >> 2) return false;
    if (na + nb < rows) {
      // `other` steps by vectors, so it has to start at the beginning of one.
      at = other<T>(column + ((at - column) & ~15), vectors, a, b, b);
      c = load<T>(at), nc = equal<T>(column, vectors, end, c);
      if (na + nb + nc < rows) {
        d = load<T>(other<T>(column + ((at - column) & ~15), vectors, a, b, c));
        nd = equal<T>(column, vectors, end, d);
        if (na + nb + nc + nd < rows) return false;
      }
    }
  }
  if (max(max(slot<T>(a), slot<T>(b)), max(slot<T>(c), slot<T>(d))) >= VALUE_SLOTS) return false;
  add(tables, slot<T>(a), na);
  add(tables, slot<T>(b), nb);
  add(tables, slot<T>(c), nc);
  add(tables, slot<T>(d), nd);
  return true;
}

@inline
function countValues<T>(column: usize, rows: u32, tables: usize): u32 {
  if (rows == 0 || countFew<T>(column, rows, tables)) return rows;
  let i: u32 = 0;
  for (; i < rows; i++) {
    const at = slot<T>(load<T>(column + <usize>i * sizeof<T>()));
    if (at >= VALUE_SLOTS) break;
    add(tables, at, 1);
  }
  return i;
}

/**
 * Counts the values of a u32 column, including -1. Returns the index of the first record for which
 * the table has no slot, or `count`.
 */
export function count_values_32(column: usize, count: u32, tables: usize): u32 {
  return countValues<u32>(column, count, tables);
}
/** As above, for a u16 column whose upper bits are a class, such as priorities. */
export function count_values_16(column: usize, count: u32, tables: usize): u32 {
  return countValues<u16>(column, count, tables);
}
