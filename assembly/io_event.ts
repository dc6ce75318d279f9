import { io_event } from "./record";

// Two adjacent u64 fields are one 16-byte load. The shuffles below assume only these two pairs, and
// the compiler checks them.
const ID = offsetof<io_event>("data"); // (data, obj)
const RESULT = offsetof<io_event>("res"); // (res, res2)
const OBJ = offsetof<io_event>("obj");
const RES2 = offsetof<io_event>("res2");
if (ID % 16 != 0 || OBJ != ID + 8) ERROR("io_event: data and obj must be one 16-byte pair");
if (RESULT % 16 != 0 || RES2 != RESULT + 8) {
  ERROR("io_event: res and res2 must be one 16-byte pair");
}

/** Two fields of two records, one vector per record, become two pairs. */
@inline
function storePairs(low: usize, high: usize, r0: v128, r1: v128): void {
  v128.store(low, v128.shuffle<u64>(r0, r1, 0, 2));
  v128.store(high, v128.shuffle<u64>(r0, r1, 1, 3));
}

/**
 * Transposes `count` io_event records, `stride` bytes apart, the first at `source`, into four
 * columns. The column of a field begins at `target + offset of the field * rows`.
 *
 *   record i    | data obj | res res2 |        target               data data ...
 *   record i+1  | data obj | res res2 |   ->   target +  8 * rows   obj  obj  ...
 *                                              target + 16 * rows   res  res  ...
 *
 * Decodes four records per iteration: up to three rows past `count` are read and written, which the
 * caller provides.
 */
export function decode_io_event(
  source: usize, stride: usize, count: u32, target: usize, rows: usize
): void {
  let data = target + ID * rows;
  let obj = target + OBJ * rows;
  let res = target + RESULT * rows;
  let res2 = target + RES2 * rows;
  const end = data + (<usize>count << 3);
  while (data < end) {
    const s1 = source + stride, s2 = s1 + stride, s3 = s2 + stride;
    storePairs(data, obj, v128.load(source, ID), v128.load(s1, ID));
    storePairs(res, res2, v128.load(source, RESULT), v128.load(s1, RESULT));
    storePairs(data + 16, obj + 16, v128.load(s2, ID), v128.load(s3, ID));
    storePairs(res + 16, res2 + 16, v128.load(s2, RESULT), v128.load(s3, RESULT));
    source = s3 + stride;
    data += 32; obj += 32; res += 32; res2 += 32;
  }
}
