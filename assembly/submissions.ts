import {
  COMMON_SHIFT, COMMON_SIZES, LENGTH_BUCKETS, SIZED_OPCODES, SUBMISSION_FDS, SUBMISSION_OPCODES,
  SUBMISSION_SIZES, submissions,
} from "./record";

const SIZE = offsetof<submissions>();

/** The descriptors of a table, behind its opcodes and powers of two. */
const FDS: usize = <usize>(SUBMISSION_OPCODES * LENGTH_BUCKETS) * SIZE;
const TABLE: usize = <usize>(SUBMISSION_SIZES + SIZED_OPCODES * COMMON_SIZES) * SIZE;
/** The sums of high words, behind both tables. */
const HIGHS: usize = 2 * TABLE;

/** One addition for count and sum. */
@inline
function add(at: usize, one: v128): void {
  v128.store(at, i64x2.add(v128.load(at), one));
}

/** The entry of an opcode with a length: of its common size, or of its power of two. */
@inline
function entry(opcode: u32, length: u64): u32 {
  const sectors = rotr<u64>(length, COMMON_SHIFT);
  return select<u32>(
    SUBMISSION_SIZES + opcode * COMMON_SIZES + <u32>sectors,
    opcode * LENGTH_BUCKETS + 64 - <u32>clz(length),
    u32(opcode < SIZED_OPCODES) & u32(sectors < COMMON_SIZES),
  );
}

/** Lengths of 4 GiB or more are rare. */
@inline
function addHigh(highs: usize, key: u32, high: u64): void {
  const at = highs + (<usize>key << 3);
  store<u64>(at, load<u64>(at) + high);
}

/**
 * Counts records `begin` to `count` by opcode with the size of their aio_nbytes, and by
 * descriptor, into the tables at `tables`. Returns the index of the first record for which the
 * tables have no slot, or `count`.
 *
 * Consecutive records often share an entry, and a load has to wait for the previous store to the
 * same address. Therefore records alternate between two tables.
 */
export function count_submissions(
  opcodes: usize, fds: usize, nbytes: usize, begin: u32, count: u32, tables: usize
): u32 {
  let i = begin;
  for (; i < count; i++) {
    const opcode = <u32>load<u16>(opcodes + (<usize>i << 1));
    const fd = load<u32>(fds + (<usize>i << 2));
    if (u32(opcode >= SUBMISSION_OPCODES) | u32(fd >= SUBMISSION_FDS)) break;
    const length = load<u64>(nbytes + (<usize>i << 3)), high = length >> 32;
    const table = tables + <usize>(i & 1) * TABLE;
    const one = i64x2.replace_lane(i64x2.splat(1), 1, <i64>(length & 0xffffffff));
    add(table + <usize>entry(opcode, length) * SIZE, one);
    add(table + FDS + <usize>fd * SIZE, one);
    if (high != 0) {
      addHigh(tables + HIGHS, opcode, high);
      addHigh(tables + HIGHS + (<usize>SUBMISSION_OPCODES << 3), fd, high);
    }
  }
  return i;
}
