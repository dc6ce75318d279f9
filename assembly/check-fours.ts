import { iocb, rule_set } from "./record";
import {
  ADDRESS_BITS, APPEND_AND_NOAPPEND, ATOMIC_READ, DSYNC_AND_SYNC, FLAGS_UNKNOWN, FLAG_RELEASES,
  IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV, IOCB_FLAG_IOPRIO,
  IOCB_FLAG_RESFD, IOPRIO_HINT, IOPRIO_INVALID, IOPRIO_REALTIME, MAX_RW_COUNT, MISALIGNED,
  OFFSET_IGNORED, OPCODE_RELEASES, REQPRIO_IGNORED, RESERVED1_NOT_ZERO, RESFD_IGNORED,
  RESFD_NEGATIVE, RWF_ALL, RWF_APPEND, RWF_ATOMIC, RWF_DSYNC, RWF_NOAPPEND, RWF_RELEASES, RWF_SYNC,
  RW_FLAGS_IGNORED, RW_FLAGS_UNKNOWN, SECTOR_BYTES, UIO_MAXIOV,
} from "./rule";

// Checks four reads and writes at once. What is rare or refused is left to check.ts, record by
// record; what is common has a lane per record here, and the same verdict.

/** `bit` in the lanes of `mask`. */
@inline
function when(mask: v128, bit: u32): v128 { return v128.and(mask, i32x4.splat(bit)); }

/** The lanes that have one of `bits`. */
@inline
function some(v: v128, bits: u32): v128 {
  return i32x4.ne(v128.and(v, i32x4.splat(bits)), i32x4.splat(0));
}

/** The lanes that have all of `bits`. */
@inline
function all(v: v128, bits: u32): v128 {
  return i32x4.eq(v128.and(v, i32x4.splat(bits)), i32x4.splat(bits));
}

@inline
function lows(a: v128, b: v128): v128 { return v128.shuffle<u32>(a, b, 0, 2, 4, 6); }

@inline
function highs(a: v128, b: v128): v128 { return v128.shuffle<u32>(a, b, 1, 3, 5, 7); }

/** The anomalies that follow from aio_flags, aio_rw_flags and aio_reqprio alone. */
function wordAnomalies(flags: v128, rw: v128, reqprio: v128, known: u32, ignored: u32): v128 {
  const zero = i32x4.splat(0), priority = some(flags, known & IOCB_FLAG_IOPRIO);
  const priorityClass = i32x4.shr_u(reqprio, 13);
  const invalid = v128.or(i32x4.gt_s(priorityClass, i32x4.splat(3)),
    v128.and(i32x4.eq(priorityClass, zero), some(reqprio, 7)));
  const odd = v128.or(
    v128.or(when(invalid, IOPRIO_INVALID), when(some(reqprio, 0x1ff8), IOPRIO_HINT)),
    when(i32x4.eq(priorityClass, i32x4.splat(1)), IOPRIO_REALTIME));
  const ofFlags = v128.or(when(some(flags, ~known), FLAGS_UNKNOWN),
    v128.bitselect(odd, when(i32x4.ne(reqprio, zero), REQPRIO_IGNORED), priority));
  const ofRw = v128.or(
    v128.or(when(i32x4.ne(rw, zero), RESERVED1_NOT_ZERO),
      when(some(rw, ~RWF_ALL), RW_FLAGS_UNKNOWN)),
    v128.or(when(all(rw, RWF_APPEND | RWF_NOAPPEND), APPEND_AND_NOAPPEND),
      v128.or(when(all(rw, RWF_DSYNC | RWF_SYNC), DSYNC_AND_SYNC),
        when(some(rw, ignored), RW_FLAGS_IGNORED))));
  return v128.or(ofFlags, ofRw);
}

/** The bits that one of four lanes has. */
@inline
function bitsOf(v: v128): u32 {
  const both = v128.extract_lane<u64>(v, 0) | v128.extract_lane<u64>(v, 1);
  return <u32>both | <u32>(both >> 32);
}

/** By lane, the largest number in the table of releases for the bits of a word. */
@inline
function bitReleases(table: usize, words: v128): v128 {
  let release = i32x4.splat(0);
  for (let bits = bitsOf(words); bits; bits &= bits - 1) {
    const bit = ctz(bits), since = when(some(words, 1 << bit), load<u8>(table + bit));
    release = v128.max<i32>(release, since);
  }
  return release;
}

/** The releases that follow from the same words. */
function wordReleases(flags: v128, rw: v128, reqprio: v128, rules: usize): v128 {
  const known = load<u32>(rules, offsetof<rule_set>("flags"));
  const hints = v128.and(some(flags, known & IOCB_FLAG_IOPRIO), some(reqprio, 0x1ff8));
  return v128.max<i32>(when(hints, load<u32>(rules, offsetof<rule_set>("hintsRelease"))),
    v128.max<i32>(bitReleases(rules + FLAG_RELEASES, flags),
      bitReleases(rules + RWF_RELEASES, rw)));
}

@inline
function resfdAnomalies(flags: v128, resfd: v128): v128 {
  return v128.bitselect(when(i32x4.shr_s(resfd, 31), RESFD_NEGATIVE),
    when(i32x4.ne(resfd, i32x4.splat(0)), RESFD_IGNORED), some(flags, IOCB_FLAG_RESFD));
}

/** The anomalies that follow from aio_rw_flags and what is done where. */
@inline
function placedAnomalies(rw: v128, isRead: v128, isPlacedWrite: v128): v128 {
  return v128.or(when(v128.and(some(rw, RWF_APPEND), isPlacedWrite), OFFSET_IGNORED),
    when(v128.and(some(rw, RWF_ATOMIC), isRead), ATOMIC_READ));
}

/** Not 0 if a buffer is null, or a buffer or an offset beyond the usual address space. */
@inline
function rarePlaces(buf0: v128, buf1: v128, offset0: v128, offset1: v128): v128 {
  const any = v128.or(v128.or(offset0, offset1), v128.or(buf0, buf1)), zero = i64x2.splat(0);
  return v128.or(v128.and(any, i64x2.splat(<i64>-1 << ADDRESS_BITS)),
    v128.or(i64x2.eq(buf0, zero), i64x2.eq(buf1, zero)));
}

/** Not 0 if a length, in two words, is 0 or more than io_submit takes. */
@inline
function rareSizes(low: v128, high: v128, isVectored: v128): v128 {
  const most = v128.bitselect(i32x4.splat(UIO_MAXIOV), i32x4.splat(MAX_RW_COUNT), isVectored);
  return v128.or(v128.or(high, i32x4.eq(low, i32x4.splat(0))), v128.gt<u32>(low, most));
}

/**
 * Checks iocbs from the `begin`th on as long as four in a row are reads and writes with usual
 * buffers, lengths and offsets, and none is refused. Returns the number of the first that it did
 * not check. Arguments as for `check_iocb`, whose profile takes all reads and writes.
 */
export function checkFours(
  columns: usize, rows: usize, begin: usize, count: usize, keys: usize, rwFlags: usize,
  rules: usize, target: usize
): usize {
  const opcodes = columns + offsetof<iocb>("aio_lio_opcode") * rows,
    reqprios = columns + offsetof<iocb>("aio_reqprio") * rows;
  const descriptors = columns + offsetof<iocb>("aio_fildes") * rows,
    bufs = columns + offsetof<iocb>("aio_buf") * rows;
  const lengths = columns + offsetof<iocb>("aio_nbytes") * rows,
    offsets = columns + offsetof<iocb>("aio_offset") * rows;
  const reserved = columns + offsetof<iocb>("aio_reserved2") * rows,
    flagWords = columns + offsetof<iocb>("aio_flags") * rows;
  const resfds = columns + offsetof<iocb>("aio_resfd") * rows;
  const known = load<u32>(rules, offsetof<rule_set>("flags")),
    ignored = load<u32>(rules, offsetof<rule_set>("rwIgnored"));
  const counted = v128.load32_splat(rules, offsetof<rule_set>("rules")),
    refusing = v128.load32_splat(rules, offsetof<rule_set>("reasons"));
  const flagsRelease = load<u32>(rules, offsetof<rule_set>("flagsRelease"));
  const opcodeReleases = v128.load(rules, OPCODE_RELEASES), zero = i32x4.splat(0);
  // Most streams have the same flags in all records.
  let lastFlags = zero, lastRw = zero, lastReqprio = zero, wordOdd = zero, wordRelease = zero;
  let i = begin;
  for (; i + 4 <= count; i += 4) {
    const long = i << 3, word = i << 2, half = i << 1;
    const opcode = v128.extend_low<u16>(v128.load64_zero(opcodes + half));
    const isRead = v128.or(i32x4.eq(opcode, i32x4.splat(IOCB_CMD_PREAD)),
      i32x4.eq(opcode, i32x4.splat(IOCB_CMD_PREADV)));
    const isWrite = v128.or(i32x4.eq(opcode, i32x4.splat(IOCB_CMD_PWRITE)),
      i32x4.eq(opcode, i32x4.splat(IOCB_CMD_PWRITEV)));
    const isVectored = i32x4.ge_s(opcode, i32x4.splat(IOCB_CMD_PREADV));
    const offset0 = v128.load(offsets + long), offset1 = v128.load(offsets + long, 16),
      buf0 = v128.load(bufs + long), buf1 = v128.load(bufs + long, 16),
      size0 = v128.load(lengths + long), size1 = v128.load(lengths + long, 16);
    const low = lows(size0, size1);
    let rare = v128.or(v128.load(keys + word),
      v128.or(v128.load(reserved + long), v128.load(reserved + long, 16)));
    rare = v128.or(rare, i32x4.shr_s(v128.load(descriptors + word), 31));
    rare = v128.or(rare, v128.not(v128.or(isRead, isWrite)));
    rare = v128.or(rare, rarePlaces(buf0, buf1, offset0, offset1));
    rare = v128.or(rare, rareSizes(low, highs(size0, size1), isVectored));
    if (v128.any_true(rare)) break;
    const aligned = v128.or(lows(offset0, offset1),
      v128.andnot(v128.or(lows(buf0, buf1), low), isVectored));
    let odd = when(some(aligned, SECTOR_BYTES - 1), MISALIGNED);
    let release = v128.and(v128.swizzle(opcodeReleases, opcode), i32x4.splat(255));

    const flags = v128.load(flagWords + word), rw = v128.load(rwFlags + word),
      resfd = v128.load(resfds + word);
    const reqprio = v128.extend_low<u16>(v128.load64_zero(reqprios + half));
    const words = v128.or(v128.or(flags, rw), v128.or(resfd, reqprio));
    if (v128.any_true(words)) {
      const other = v128.or(v128.or(v128.xor(flags, lastFlags), v128.xor(rw, lastRw)),
        v128.xor(reqprio, lastReqprio));
      if (v128.any_true(other)) {
        wordOdd = wordAnomalies(flags, rw, reqprio, known, ignored);
        wordRelease = wordReleases(flags, rw, reqprio, rules);
        lastFlags = flags; lastRw = rw; lastReqprio = reqprio;
      }
      const hasOffset = i32x4.ne(v128.or(lows(offset0, offset1), highs(offset0, offset1)), zero);
      odd = v128.or(v128.or(odd, wordOdd), v128.or(resfdAnomalies(flags, resfd),
        placedAnomalies(rw, isRead, v128.and(isWrite, hasOffset))));
      const readsFlags = i32x4.ne(v128.or(flags, resfd), zero);
      release = v128.max<i32>(v128.max<i32>(release, wordRelease), when(readsFlags, flagsRelease));
    }
    odd = v128.and(odd, counted);
    if (v128.any_true(v128.and(odd, refusing))) break;
    v128.store(target + word, odd);
    store<u32>(target + (rows << 2) + i, 0);
    const halves = i16x8.narrow_i32x4_u(release, release);
    v128.store32_lane(target + rows * 5 + i, i8x16.narrow_i16x8_u(halves, halves), 0);
  }
  return i;
}
