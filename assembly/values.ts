import { VALUE_CLASS_SHIFT, VALUE_CLASS_SLOTS, VALUE_SLOTS } from "./record";

/** Bytes of one table. */
const TABLE: usize = VALUE_SLOTS << 2;

/** Where a value is counted; `VALUE_SLOTS` or more where there is no room for it. */
@inline
function slot<T>(value: T): u32 {
  if (sizeof<T>() == 4) return <u32>value + 1;
  const level = <u32>value & ((1 << VALUE_CLASS_SHIFT) - 1);
  return select<u32>((<u32>value >> VALUE_CLASS_SHIFT) * VALUE_CLASS_SLOTS + level, VALUE_SLOTS, level < VALUE_CLASS_SLOTS);
}

@inline
function count(table: usize, at: u32): void {
  const counter = table + (<usize>at << 2);
  store<u32>(counter, load<u32>(counter) + 1);
}

/** Neighbours are mostly equal, and a load waits for the store before it to the same address: so four tables take turns. */
@inline
function countValues<T>(column: usize, rows: u32, tables: usize): u32 {
  let i: u32 = 0;
  for (const unrolled = rows & ~3; i < unrolled; i += 4) {
    const first = column + <usize>i * sizeof<T>();
    const a = slot<T>(load<T>(first)), b = slot<T>(load<T>(first, sizeof<T>()));
    const c = slot<T>(load<T>(first, 2 * sizeof<T>())), d = slot<T>(load<T>(first, 3 * sizeof<T>()));
    // VALUE_SLOTS is a power of two: one that is too large makes all of them too large.
    if ((a | b | c | d) >= VALUE_SLOTS) break;
    count(tables, a);
    count(tables + TABLE, b);
    count(tables + TABLE * 2, c);
    count(tables + TABLE * 3, d);
  }
  for (; i < rows; i++) {
    const at = slot<T>(load<T>(column + <usize>i * sizeof<T>()));
    if (at >= VALUE_SLOTS) break;
    count(tables + <usize>(i & 3) * TABLE, at);
  }
  return i;
}

/** Count the values of a u32 column, -1 among them. Returns the first record that the tables have no room for, or `count`. */
export function count_values_32(column: usize, count: u32, tables: usize): u32 { return countValues<u32>(column, count, tables); }
/** The same of a u16 column whose upper bits are a class, as priorities have it. */
export function count_values_16(column: usize, count: u32, tables: usize): u32 { return countValues<u16>(column, count, tables); }
