import { LENGTH_BUCKETS, REQUEST_FDS, REQUEST_OPCODES, requests } from "./record";

const SIZE = offsetof<requests>();

/** Of one table, first opcodes and powers of two, then descriptors. */
const FDS: usize = <usize>(REQUEST_OPCODES * LENGTH_BUCKETS) * SIZE;
const TABLE: usize = FDS + <usize>REQUEST_FDS * SIZE;
/** Behind both tables, the sums of high words. */
const HIGHS: usize = 2 * TABLE;

/** Count and sum grow by one addition of both. */
@inline
function add(at: usize, one: v128): void {
  v128.store(at, i64x2.add(v128.load(at), one));
}

/** Hardly ever is a length 4 GiB or more. */
@inline
function addHigh(highs: usize, key: u32, high: u64): void {
  const at = highs + (<usize>key << 3);
  store<u64>(at, load<u64>(at) + high);
}

/**
 * Count records `begin` to `count` by opcode with the power of two of their aio_nbytes, and by descriptor, into the tables
 * at `tables`. Returns the first record that the tables have no room for, or `count`.
 *
 * Neighbours mostly fall into the same entry, and a load waits for the store before it to the same address: so two tables
 * take turns.
 */
export function count_requests(opcodes: usize, fds: usize, nbytes: usize, begin: u32, count: u32, tables: usize): u32 {
  let i = begin;
  for (; i < count; i++) {
    const opcode = <u32>load<u16>(opcodes + (<usize>i << 1));
    const fd = load<u32>(fds + (<usize>i << 2));
    if (u32(opcode >= REQUEST_OPCODES) | u32(fd >= REQUEST_FDS)) break;
    const length = load<u64>(nbytes + (<usize>i << 3)), high = length >> 32;
    const table = tables + <usize>(i & 1) * TABLE;
    const one = i64x2.replace_lane(i64x2.splat(1), 1, <i64>(length & 0xffffffff));
    add(table + <usize>(opcode * LENGTH_BUCKETS + 64 - <u32>clz(length)) * SIZE, one);
    add(table + FDS + <usize>fd * SIZE, one);
    if (high != 0) {
      addHigh(tables + HIGHS, opcode, high);
      addHigh(tables + HIGHS + (<usize>REQUEST_OPCODES << 3), fd, high);
    }
  }
  return i;
}
