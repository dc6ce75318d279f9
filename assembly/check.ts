import { checkFours } from "./check-fours";
import { io_event, iocb, rule_set } from "./record";
import {
  ADDRESS_BITS, ADDRESS_BITS_MAX, APPEND_AND_NOAPPEND, ATOMIC_READ, BUF_HIGH, BUF_IN_KERNEL,
  BUF_NULL, DSYNC_AND_SYNC, ERRNO_RULES, FILDES_NEGATIVE, FLAGS_UNKNOWN, FLAG_RELEASES,
  FSYNC_FIELDS, IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC, IOCB_CMD_NOOP, IOCB_CMD_POLL, IOCB_CMD_PREAD,
  IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV, IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD,
  IOPRIO_HINT, IOPRIO_INVALID, IOPRIO_REALTIME, IOVECS_TOO_MANY, KEY_NOT_ZERO, MAX_ERRNO,
  MAX_RW_COUNT, MISALIGNED, NBYTES_CLAMPED, NBYTES_NEGATIVE, OBJ_HIGH, OBJ_NULL, OBJ_UNALIGNED,
  OFFSET_IGNORED, OFFSET_NEGATIVE, OFFSET_OVERFLOW, OPCODE_NOT_TAKEN, OPCODE_RELEASES, POLL_ALL,
  POLL_BITS_UNKNOWN, POLL_FIELDS, POLL_MASK_MAX, POLL_MASK_WIDE, REQPRIO_IGNORED, RES2_NOT_ZERO,
  RESERVED1_NOT_ZERO, RESERVED2_NOT_ZERO, RESFD_IGNORED, RESFD_NEGATIVE, RES_BELOW_ERRNOS,
  RES_TOO_LARGE, RULE_ORDER, RWF_ALL, RWF_APPEND, RWF_ATOMIC, RWF_DSYNC, RWF_NOAPPEND, RWF_RELEASES,
  RWF_SYNC, RW_FLAGS_IGNORED, RW_FLAGS_UNKNOWN, SECTOR_BYTES, UIO_MAXIOV, ZERO_LENGTH,
} from "./rule";

const RULES = offsetof<rule_set>("rules"), REASONS = offsetof<rule_set>("reasons");
const OPCODES = offsetof<rule_set>("opcodes"), FLAGS = offsetof<rule_set>("flags"),
  RW_IGNORED = offsetof<rule_set>("rwIgnored");
const FLAGS_RELEASE = offsetof<rule_set>("flagsRelease"),
  HINTS_RELEASE = offsetof<rule_set>("hintsRelease");

const READS: u32 = 1 << IOCB_CMD_PREAD | 1 << IOCB_CMD_PREADV;
const VECTORED: u32 = 1 << IOCB_CMD_PREADV | 1 << IOCB_CMD_PWRITEV;
const MOVES: u32 = READS | 1 << IOCB_CMD_PWRITE | 1 << IOCB_CMD_PWRITEV;
const SYNCS: u32 = 1 << IOCB_CMD_FSYNC | 1 << IOCB_CMD_FDSYNC;

/** `bit` if `fits`, without a branch. */
@inline
function when(fits: bool, bit: u32): u32 { return u32(fits) << ctz(bit); }

/** The anomalies in aio_rw_flags of a read or write. It is usually 0. */
function flagAnomalies(rwFlags: u32, isRead: bool, offset: u64, rwIgnored: u32): u32 {
  const append = (rwFlags & RWF_APPEND) != 0;
  return when((rwFlags & ~RWF_ALL) != 0, RW_FLAGS_UNKNOWN)
    | when(append & ((rwFlags & RWF_NOAPPEND) != 0), APPEND_AND_NOAPPEND)
    | when(append & !isRead & (offset != 0), OFFSET_IGNORED)
    | when(((rwFlags & RWF_ATOMIC) != 0) & isRead, ATOMIC_READ)
    | when((rwFlags & (RWF_DSYNC | RWF_SYNC)) == (RWF_DSYNC | RWF_SYNC), DSYNC_AND_SYNC)
    | when((rwFlags & rwIgnored) != 0, RW_FLAGS_IGNORED);
}

function priorityAnomalies(reqprio: u32): u32 {
  const priorityClass = reqprio >> 13;
  return when((priorityClass > 3) | ((priorityClass == 0) & ((reqprio & 7) != 0)), IOPRIO_INVALID)
    | when(priorityClass == 1, IOPRIO_REALTIME)
    | when(((reqprio >> 3) & 0x3ff) != 0, IOPRIO_HINT);
}

/** The anomalies in buffer, length and offset of a read or write. */
@inline
function placeAnomalies(isVectored: bool, buf: u64, nbytes: u64, offset: u64): u32 {
  const isEmpty = nbytes == 0;
  const bytes = min<u64>(nbytes, MAX_RW_COUNT);
  const lows = <u32>offset | select<u32>(0, <u32>buf | <u32>nbytes, isVectored);
  return when(isEmpty, ZERO_LENGTH)
    | when(!isEmpty & (buf >> ADDRESS_BITS_MAX != 0), BUF_IN_KERNEL)
    | when(!isEmpty & (buf >> ADDRESS_BITS != 0) & (buf >> ADDRESS_BITS_MAX == 0), BUF_HIGH)
    | when(!isEmpty & (buf == 0), BUF_NULL)
    | when(<i64>offset < 0, OFFSET_NEGATIVE)
    | when(isVectored & (nbytes > UIO_MAXIOV), IOVECS_TOO_MANY)
    | when(!isVectored & (nbytes > MAX_RW_COUNT) & (<i64>nbytes >= 0), NBYTES_CLAMPED)
    | when(!isVectored & (<i64>offset >= 0) & (<i64>(offset + bytes) < 0), OFFSET_OVERFLOW)
    | when(lows % SECTOR_BYTES != 0, MISALIGNED);
}

/** The anomalies in the arguments of FSYNC, FDSYNC, POLL, and of NOOP where it is taken. */
function argumentAnomalies(
  kind: u32, taken: u32, buf: u64, nbytes: u64, offset: u64, rwFlags: u32, rwIgnored: u32
): u32 {
  const others = nbytes | offset | <u64>rwFlags;
  if (kind & SYNCS) return when((others | buf) != 0, FSYNC_FIELDS);
  if (kind & taken & 1 << IOCB_CMD_NOOP) return when((rwFlags & rwIgnored) != 0, RW_FLAGS_IGNORED);
  if (!(kind & 1 << IOCB_CMD_POLL)) return 0;
  return when(others != 0, POLL_FIELDS)
    | when(buf > POLL_MASK_MAX, POLL_MASK_WIDE)
    | when((<u32>buf & POLL_MASK_MAX & ~POLL_ALL) != 0, POLL_BITS_UNKNOWN);
}

/** The largest number in the table of releases for the bits that are set in a flag word. */
function bitsRelease(table: usize, word: u32): u32 {
  let release: u32 = 0;
  for (; word; word &= word - 1) release = max<u32>(release, load<u8>(table + ctz(word)));
  return release;
}

/** The number (bit + 1) of the first of several reasons, in the order of the rule set. */
function firstOf(rules: usize, reasons: u32): u32 {
  let at = rules + RULE_ORDER;
  while (!((reasons >> <u32>load<u8>(at)) & 1)) at++;
  return <u32>load<u8>(at) + 1;
}

/** Checks iocbs `begin` to `end` rule by rule. */
function checkEach(
  columns: usize, rows: usize, begin: usize, end: usize, keys: usize, rwFlags: usize,
  rules: usize, target: usize
): void {
  const opcodes = columns + offsetof<iocb>("aio_lio_opcode") * rows,
    reqprios = columns + offsetof<iocb>("aio_reqprio") * rows;
  const descriptors = columns + offsetof<iocb>("aio_fildes") * rows,
    bufs = columns + offsetof<iocb>("aio_buf") * rows;
  const lengths = columns + offsetof<iocb>("aio_nbytes") * rows,
    offsets = columns + offsetof<iocb>("aio_offset") * rows;
  const reserved = columns + offsetof<iocb>("aio_reserved2") * rows,
    flagWords = columns + offsetof<iocb>("aio_flags") * rows;
  const resfds = columns + offsetof<iocb>("aio_resfd") * rows;
  const counted = load<u32>(rules, RULES), refusing = load<u32>(rules, REASONS),
    taken = load<u32>(rules, OPCODES);
  const known = load<u32>(rules, FLAGS), ignored = load<u32>(rules, RW_IGNORED);
  for (let i = begin; i < end; i++) {
    const long = i << 3, word = i << 2, half = i << 1;
    const opcode = <u32>load<u16>(opcodes + half), reqprio = <u32>load<u16>(reqprios + half),
      rw = load<u32>(rwFlags + word);
    const buf = load<u64>(bufs + long), nbytes = load<u64>(lengths + long),
      offset = load<u64>(offsets + long);
    const flags = load<u32>(flagWords + word), resfd = load<u32>(resfds + word);
    const kind = select<u32>(1 << opcode, 0, opcode < 32);
    const moves = (kind & MOVES) != 0, priority = moves & ((flags & known & IOCB_FLAG_IOPRIO) != 0);
    let odd = when(load<u64>(reserved + long) != 0, RESERVED2_NOT_ZERO)
      | when(rw != 0, RESERVED1_NOT_ZERO)
      | when(<i64>nbytes < 0, NBYTES_NEGATIVE)
      | when(load<i32>(descriptors + word) < 0, FILDES_NEGATIVE)
      | when((kind & taken) == 0, OPCODE_NOT_TAKEN)
      | when(load<u32>(keys + word) != 0, KEY_NOT_ZERO);
    if (flags | resfd | reqprio) {
      const hasResfd = (flags & IOCB_FLAG_RESFD) != 0;
      odd |= when((flags & ~known) != 0, FLAGS_UNKNOWN)
        | when(!priority & (reqprio != 0), REQPRIO_IGNORED)
        | when(!hasResfd & (resfd != 0), RESFD_IGNORED)
        | when(hasResfd & (<i32>resfd < 0), RESFD_NEGATIVE);
      if (priority) odd |= priorityAnomalies(reqprio);
    }
    if (moves) {
      odd |= placeAnomalies((kind & VECTORED) != 0, buf, nbytes, offset);
      if (rw) odd |= flagAnomalies(rw, (kind & READS) != 0, offset, ignored);
    } else {
      odd |= argumentAnomalies(kind, taken, buf, nbytes, offset, rw, ignored);
    }
    odd &= counted;
    const reasons = odd & refusing;
    let first: u32 = 0, release: u32 = 0;
    if (reasons) {
      first = firstOf(rules, reasons);
    } else {
      release = load<u8>(rules + opcode, OPCODE_RELEASES);
      if (flags | resfd) {
        release = max(release, load<u32>(rules, FLAGS_RELEASE));
        release = max(release, bitsRelease(rules + FLAG_RELEASES, flags));
      }
      if (rw) release = max(release, bitsRelease(rules + RWF_RELEASES, rw));
      if (priority && (reqprio & 0x1ff8) != 0) {
        release = max(release, load<u32>(rules, HINTS_RELEASE));
      }
    }
    store<u32>(target + word, odd);
    store<u8>(target + (rows << 2) + i, first);
    store<u8>(target + rows * 5 + i, release);
  }
}

/** Where fewer than this are checked by fours, more of the next ones are checked one by one. */
const FOURS_MIN: usize = 16;
const EACH_MAX: usize = 64;

/**
 * Checks `count` decoded iocbs against the rules at `rules` and fills three columns: anomalies
 * (u32) at `target`, then the first reason (u8) and the release (u8), at 4 and 5 times `rows`. The
 * columns of aio_key and aio_rw_flags have their own arguments, since they swap places in
 * big-endian records.
 */
export function check_iocb(
  columns: usize, rows: usize, count: u32, keys: usize, rwFlags: usize, rules: usize, target: usize
): void {
  const end: usize = count, takesMoves = (load<u32>(rules, OPCODES) & MOVES) == MOVES;
  let each: usize = 4;
  for (let i: usize = 0; i < end;) {
    const begin = i;
    if (takesMoves) i = checkFours(columns, rows, i, end, keys, rwFlags, rules, target);
    each = i < begin + FOURS_MIN ? min<usize>(each * 2, EACH_MAX) : 4;
    const next = min<usize>(i + each, end);
    checkEach(columns, rows, i, next, keys, rwFlags, rules, target);
    i = next;
  }
}

/** As above, for io_events: fills anomalies and the first rule that makes a record impossible. */
export function check_io_event(
  columns: usize, rows: usize, count: u32, rules: usize, target: usize
): void {
  const objs = columns + offsetof<io_event>("obj") * rows,
    results = columns + offsetof<io_event>("res") * rows;
  const results2 = columns + offsetof<io_event>("res2") * rows;
  const counted = load<u32>(rules, RULES), impossible = load<u32>(rules, REASONS);
  for (let i: usize = 0; i < <usize>count; i++) {
    const long = i << 3;
    const obj = load<u64>(objs + long), res = load<i64>(results + long);
    let odd = when(obj == 0, OBJ_NULL)
      | when((obj & 7) != 0, OBJ_UNALIGNED)
      | when(obj >> ADDRESS_BITS_MAX != 0, OBJ_HIGH)
      | when(res > <i64>MAX_RW_COUNT, RES_TOO_LARGE)
      | when(load<u64>(results2 + long) != 0, RES2_NOT_ZERO);
    if (res < -<i64>MAX_ERRNO) odd |= RES_BELOW_ERRNOS;
    else if (res < 0) odd |= <u32>load<u8>(rules + ERRNO_RULES - <usize>res);
    odd &= counted;
    const reasons = odd & impossible;
    store<u32>(target + (i << 2), odd);
    store<u8>(target + (rows << 2) + i, reasons ? ctz(reasons) + 1 : 0);
  }
}
