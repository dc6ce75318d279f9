import { LENGTH_BUCKETS, REQUEST_FDS, REQUEST_OPCODES, requests } from "./record";

const SIZE = offsetof<requests>();
const COUNT = offsetof<requests>("count"), LOW = offsetof<requests>("low"), HIGH = offsetof<requests>("high");

/** Where the tables lie, one behind the other: by opcode, by descriptor, and the histograms of lengths by opcode. */
const FDS: usize = <usize>REQUEST_OPCODES * SIZE;
const LENGTHS: usize = <usize>(REQUEST_OPCODES + REQUEST_FDS) * SIZE;

@inline
function add(at: usize, nbytes: u64): void {
  store<u64>(at, load<u64>(at, COUNT) + 1, COUNT);
  store<u64>(at, load<u64>(at, LOW) + (nbytes & 0xffffffff), LOW);
  store<u64>(at, load<u64>(at, HIGH) + (nbytes >> 32), HIGH);
}

/**
 * Count records `begin` to `count` by opcode and by descriptor, with their aio_nbytes, and their lengths by opcode and
 * power of two, into the tables at `tables`. Returns the first record that the tables have no room for, or `count`.
 */
export function count_requests(opcodes: usize, fds: usize, nbytes: usize, begin: u32, count: u32, tables: usize): u32 {
  let i = begin;
  for (; i < count; i++) {
    const opcode = <u32>load<u16>(opcodes + (<usize>i << 1));
    const fd = load<u32>(fds + (<usize>i << 2));
    if (u32(opcode >= REQUEST_OPCODES) | u32(fd >= REQUEST_FDS)) break;
    const length = load<u64>(nbytes + (<usize>i << 3));
    add(tables + <usize>opcode * SIZE, length);
    add(tables + FDS + <usize>fd * SIZE, length);
    const bucket = tables + LENGTHS + ((<usize>(opcode * LENGTH_BUCKETS) + 64 - <usize>clz(length)) << 2);
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
  return i;
}
