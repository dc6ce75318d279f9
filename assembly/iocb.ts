import { iocb } from "./record";

const DATA = offsetof<iocb>("aio_data");
const KEY = offsetof<iocb>("aio_key");
const RW_FLAGS = offsetof<iocb>("aio_rw_flags");
const OPCODE = offsetof<iocb>("aio_lio_opcode");
const REQPRIO = offsetof<iocb>("aio_reqprio");
const FILDES = offsetof<iocb>("aio_fildes");
const BUF = offsetof<iocb>("aio_buf");
const NBYTES = offsetof<iocb>("aio_nbytes");
const OFFSET = offsetof<iocb>("aio_offset");
const RESERVED2 = offsetof<iocb>("aio_reserved2");
const FLAGS = offsetof<iocb>("aio_flags");
const RESFD = offsetof<iocb>("aio_resfd");

// A record is four 16-byte loads. The shuffles below assume these fields in each:
if (DATA % 16 != 0 || KEY != DATA + 8 || RW_FLAGS != DATA + 12) {
  ERROR("iocb: load 1 is (data, key, rw_flags)");
}
if (OPCODE % 16 != 0 || REQPRIO != OPCODE + 2 || FILDES != OPCODE + 4 || BUF != OPCODE + 8) {
  ERROR("iocb: load 2 is (opcode, reqprio, fildes, buf)");
}
if (NBYTES % 16 != 0 || OFFSET != NBYTES + 8) ERROR("iocb: load 3 is (nbytes, offset)");
if (RESERVED2 % 16 != 0 || FLAGS != RESERVED2 + 8 || RESFD != RESERVED2 + 12) {
  ERROR("iocb: load 4 is (reserved2, flags, resfd)");
}

/** Two u64 fields of four records, one vector per record, become two runs of four. */
@inline
function storeLongs(low: usize, high: usize, r0: v128, r1: v128, r2: v128, r3: v128): void {
  v128.store(low, v128.shuffle<u64>(r0, r1, 0, 2));
  v128.store(low, v128.shuffle<u64>(r2, r3, 0, 2), 16);
  v128.store(high, v128.shuffle<u64>(r0, r1, 1, 3));
  v128.store(high, v128.shuffle<u64>(r2, r3, 1, 3), 16);
}

/** As above, for a u64 field and the two u32 fields behind it. */
@inline
function storeLongAndWords(
  long: usize, word0: usize, word1: usize, r0: v128, r1: v128, r2: v128, r3: v128
): void {
  v128.store(long, v128.shuffle<u64>(r0, r1, 0, 2));
  v128.store(long, v128.shuffle<u64>(r2, r3, 0, 2), 16);
  const words01 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7);
  const words23 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7);
  v128.store(word0, v128.shuffle<u64>(words01, words23, 0, 2));
  v128.store(word1, v128.shuffle<u64>(words01, words23, 1, 3));
}

/**
 * Transposes `count` iocb records, `stride` bytes apart, the first at `source`, into twelve
 * columns. The column of a field begins at `target + offset of the field * rows`. Columns of
 * big-endian records have the same places, but key and rw_flags are swapped.
 *
 * Decodes four records per iteration: up to three rows past `count` are read and written, which the
 * caller provides.
 */
export function decode_iocb(
  source: usize, stride: usize, count: u32, target: usize, rows: usize
): void {
  const data = target + DATA * rows, key = target + KEY * rows, rw_flags = target + RW_FLAGS * rows;
  const opcode = target + OPCODE * rows, reqprio = target + REQPRIO * rows,
    fildes = target + FILDES * rows;
  const buf = target + BUF * rows, nbytes = target + NBYTES * rows, offset = target + OFFSET * rows;
  const reserved2 = target + RESERVED2 * rows, flags = target + FLAGS * rows,
    resfd = target + RESFD * rows;
  for (let i: usize = 0; i < <usize>count; i += 4) {
    const s0 = source, s1 = s0 + stride, s2 = s1 + stride, s3 = s2 + stride;
    source = s3 + stride;
    const long = i << 3, word = i << 2, half = i << 1;
    storeLongAndWords(data + long, key + word, rw_flags + word,
      v128.load(s0, DATA), v128.load(s1, DATA), v128.load(s2, DATA), v128.load(s3, DATA));

    const c0 = v128.load(s0, OPCODE), c1 = v128.load(s1, OPCODE), c2 = v128.load(s2, OPCODE),
      c3 = v128.load(s3, OPCODE);
    v128.store(buf + long, v128.shuffle<u64>(c0, c1, 1, 3));
    v128.store(buf + long, v128.shuffle<u64>(c2, c3, 1, 3), 16);
    // opcode opcode reqprio reqprio fildes fildes, of two records each
    const h01 = v128.shuffle<u16>(c0, c1, 0, 8, 1, 9, 2, 3, 10, 11);
    const h23 = v128.shuffle<u16>(c2, c3, 0, 8, 1, 9, 2, 3, 10, 11);
    const halves = v128.shuffle<u32>(h01, h23, 0, 4, 1, 5);
    v128.store64_lane(opcode + half, halves, 0);
    v128.store64_lane(reqprio + half, halves, 1);
    v128.store(fildes + word, v128.shuffle<u64>(h01, h23, 1, 3));

    storeLongs(nbytes + long, offset + long,
      v128.load(s0, NBYTES), v128.load(s1, NBYTES), v128.load(s2, NBYTES), v128.load(s3, NBYTES));
    storeLongAndWords(reserved2 + long, flags + word, resfd + word,
      v128.load(s0, RESERVED2), v128.load(s1, RESERVED2),
      v128.load(s2, RESERVED2), v128.load(s3, RESERVED2));
  }
}
