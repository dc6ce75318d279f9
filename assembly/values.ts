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

/** Neighbours are mostly equal, and a load waits for the store before it to the same address: so two tables take turns. */
@inline
function countValues<T>(column: usize, count: u32, tables: usize): u32 {
  let i: u32 = 0;
  for (; i < count; i++) {
    const at = slot<T>(load<T>(column + <usize>i * sizeof<T>()));
    if (at >= VALUE_SLOTS) break;
    const counter = tables + (<usize>(i & 1)) * TABLE + (<usize>at << 2);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  return i;
}

/** Count the values of a u32 column, -1 among them. Returns the first record that the tables have no room for, or `count`. */
export function count_values_32(column: usize, count: u32, tables: usize): u32 { return countValues<u32>(column, count, tables); }
/** The same of a u16 column whose upper bits are a class, as priorities have it. */
export function count_values_16(column: usize, count: u32, tables: usize): u32 { return countValues<u16>(column, count, tables); }
