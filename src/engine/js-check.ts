import * as RULE from '../abi/constants.ts';
import { MAX_ERRNO } from '../abi/errno.ts';
import {
  IOCB_FLAG_IOPRIO,
  IOCB_FLAG_RESFD,
  RWF_APPEND,
  RWF_ATOMIC,
  RWF_DSYNC,
  RWF_NOAPPEND,
  RWF_SYNC,
} from '../abi/flag.ts';
import {
  ADDRESS_BITS,
  ADDRESS_BITS_MAX,
  MAX_RW_COUNT,
  POLL_MASK_MAX,
  SECTOR_BYTES,
  UIO_MAXIOV,
} from '../abi/limit.ts';
import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_NOOP,
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import { iocb, ioEvent } from '../abi/record.ts';
import { SCALARS } from '../abi/scalar.ts';
import type { Heap } from './js-heap.ts';
import type { CheckingKernels } from './kernel.ts';
import {
  ERRNO_RULES,
  FLAG_RELEASES,
  OPCODE_RELEASES,
  RULE_ORDER,
  RWF_RELEASES,
} from './rule-set.ts';

/** The high words of the ends of user space. */
const HIGH = 2 ** (ADDRESS_BITS - 32);
const KERNEL = 2 ** (ADDRESS_BITS_MAX - 32);
/** The highest high word that is not negative. Only offsets with it can exceed 2^63 - 1. */
const HIGHEST = 2 ** 31 - 1;

/** The bits of a hint in a priority. */
const HINT_BITS = 0x1ff8;

/** Sets of opcodes. */
const READS = (1 << IOCB_CMD_PREAD) | (1 << IOCB_CMD_PREADV);
const VECTORED = (1 << IOCB_CMD_PREADV) | (1 << IOCB_CMD_PWRITEV);
const MOVES = READS | VECTORED | (1 << IOCB_CMD_PWRITE);
const SYNCS = (1 << IOCB_CMD_FSYNC) | (1 << IOCB_CMD_FDSYNC);

/** The bit of a rule if it fits. */
const when = (fits: boolean, rule: number): number => (fits ? 1 << rule : 0);

/** The anomalies in aio_rw_flags of a read or write. */
const flagAnomalies = (
  rwFlags: number,
  isRead: boolean,
  hasOffset: boolean,
  rwIgnored: number,
): number => {
  const has = (flags: number): boolean => (rwFlags & flags) !== 0;
  const appends = has(RWF_APPEND);
  return (
    when(has(~RULE.RWF_ALL), RULE.RW_FLAGS_UNKNOWN) |
    when(appends && has(RWF_NOAPPEND), RULE.APPEND_AND_NOAPPEND) |
    when(appends && !isRead && hasOffset, RULE.OFFSET_IGNORED) |
    when(has(RWF_ATOMIC) && isRead, RULE.ATOMIC_READ) |
    when(has(RWF_DSYNC) && has(RWF_SYNC), RULE.DSYNC_AND_SYNC) |
    when(has(rwIgnored), RULE.RW_FLAGS_IGNORED)
  );
};

const priorityAnomalies = (reqprio: number): number => {
  const priorityClass = reqprio >>> 13;
  return (
    when(priorityClass > 3 || (priorityClass === 0 && (reqprio & 7) !== 0), RULE.IOPRIO_INVALID) |
    when(priorityClass === 1, RULE.IOPRIO_REALTIME) |
    when((reqprio & HINT_BITS) !== 0, RULE.IOPRIO_HINT)
  );
};

/** The anomalies in buffer, length and offset of a read or write: words of each. */
const placeAnomalies = (
  isVectored: boolean,
  bufLow: number,
  bufHigh: number,
  sizeLow: number,
  sizeHigh: number,
  offsetLow: number,
  offsetHigh: number,
): number => {
  const isEmpty = (sizeLow | sizeHigh) === 0;
  const isLong = sizeHigh !== 0 || sizeLow > MAX_RW_COUNT;
  const lows = isVectored ? offsetLow : offsetLow | bufLow | sizeLow;
  const end = offsetLow + (isLong ? MAX_RW_COUNT : sizeLow);
  return (
    when(isEmpty, RULE.ZERO_LENGTH) |
    when(!isEmpty && bufHigh >= KERNEL, RULE.BUF_IN_KERNEL) |
    when(!isEmpty && bufHigh >= HIGH && bufHigh < KERNEL, RULE.BUF_HIGH) |
    when(!isEmpty && (bufLow | bufHigh) === 0, RULE.BUF_NULL) |
    when(offsetHigh > HIGHEST, RULE.OFFSET_NEGATIVE) |
    when(isVectored && (sizeHigh !== 0 || sizeLow > UIO_MAXIOV), RULE.IOVECS_TOO_MANY) |
    when(!isVectored && isLong && sizeHigh <= HIGHEST, RULE.NBYTES_CLAMPED) |
    when(!isVectored && offsetHigh === HIGHEST && end >= 2 ** 32, RULE.OFFSET_OVERFLOW) |
    when(lows % SECTOR_BYTES !== 0, RULE.MISALIGNED)
  );
};

/** The anomalies in the arguments of FSYNC, FDSYNC, POLL, and of NOOP where it is taken. */
const argumentAnomalies = (
  kind: number,
  taken: number,
  bufLow: number,
  bufHigh: number,
  others: number,
  rwFlags: number,
  rwIgnored: number,
): number => {
  const hasOthers = (others | rwFlags) !== 0;
  if ((kind & SYNCS) !== 0) return when(hasOthers || (bufLow | bufHigh) !== 0, RULE.FSYNC_FIELDS);
  if ((kind & taken & (1 << IOCB_CMD_NOOP)) !== 0)
    return when((rwFlags & rwIgnored) !== 0, RULE.RW_FLAGS_IGNORED);
  if (kind !== 1 << IOCB_CMD_POLL) return 0;
  return (
    when(hasOthers, RULE.POLL_FIELDS) |
    when(bufHigh !== 0 || bufLow > POLL_MASK_MAX, RULE.POLL_MASK_WIDE) |
    when((bufLow & POLL_MASK_MAX & ~RULE.POLL_ALL) !== 0, RULE.POLL_BITS_UNKNOWN)
  );
};

/** The largest number in the table of releases for the bits that are set in a flag word. */
function bitsRelease(u8: Uint8Array, table: number, word: number): number {
  let release = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1)
    release = Math.max(release, u8[table + 31 - Math.clz32(rest & -rest)]);
  return release;
}

/** The number (bit + 1) of the first of several reasons, in the order at `rules`. */
function firstOf(u8: Uint8Array, rules: number, reasons: number): number {
  let at = rules + RULE_ORDER;
  while (((reasons >>> u8[at]) & 1) === 0) at += 1;
  return u8[at] + 1;
}

/** `check_iocb`: the rules of src/abi/rule.ts, one by one. */
export function checkIocb({ u8, u16, u32 }: Heap): CheckingKernels['check_iocb'] {
  return (columns, rows, count, keys, rwFlags, rules, target) => {
    const [opcodes, reqprios, descriptors, bufs, lengths, offsets, reserved, flagWords, resfds] =
      iocb.fields
        .slice(3)
        .map(
          ({ offset, type }) => (columns + offset * rows) / Math.min(SCALARS[type].byteLength, 4),
        );
    const [counted, refusing, taken, known, ignored, flagsRelease, hintsRelease] = u32.subarray(
      rules >>> 2,
    );
    for (let i = 0; i < count; i++) {
      const [opcode, reqprio] = [u16[opcodes + i], u16[reqprios + i]];
      const [flags, resfd, rw] = [u32[flagWords + i], u32[resfds + i], u32[(rwFlags >>> 2) + i]];
      const [bufLow, bufHigh] = [u32[bufs + 2 * i], u32[bufs + 2 * i + 1]];
      const [sizeLow, sizeHigh] = [u32[lengths + 2 * i], u32[lengths + 2 * i + 1]];
      const [offsetLow, offsetHigh] = [u32[offsets + 2 * i], u32[offsets + 2 * i + 1]];
      const isReserved = (u32[reserved + 2 * i] | u32[reserved + 2 * i + 1]) !== 0;
      const kind = opcode < 32 ? 1 << opcode : 0;
      const moves = (kind & MOVES) !== 0;
      const isRead = (kind & READS) !== 0;
      const isVectored = (kind & VECTORED) !== 0;
      const hasPriority = moves && (flags & known & IOCB_FLAG_IOPRIO) !== 0;
      const hasResfd = (flags & IOCB_FLAG_RESFD) !== 0;
      const others = sizeLow | sizeHigh | offsetLow | offsetHigh;
      const odd =
        counted &
        (when(isReserved, RULE.RESERVED2_NOT_ZERO) |
          when(rw !== 0, RULE.RESERVED1_NOT_ZERO) |
          when(sizeHigh > HIGHEST, RULE.NBYTES_NEGATIVE) |
          when(u32[descriptors + i] > HIGHEST, RULE.FILDES_NEGATIVE) |
          when((kind & taken) === 0, RULE.OPCODE_NOT_TAKEN) |
          when((flags & ~known) !== 0, RULE.FLAGS_UNKNOWN) |
          when(reqprio !== 0 && !hasPriority, RULE.REQPRIO_IGNORED) |
          when(!hasResfd && resfd !== 0, RULE.RESFD_IGNORED) |
          when(hasResfd && resfd > HIGHEST, RULE.RESFD_NEGATIVE) |
          when(u32[(keys >>> 2) + i] !== 0, RULE.KEY_NOT_ZERO) |
          (hasPriority ? priorityAnomalies(reqprio) : 0) |
          (moves
            ? placeAnomalies(
                isVectored,
                bufLow,
                bufHigh,
                sizeLow,
                sizeHigh,
                offsetLow,
                offsetHigh,
              ) |
              (rw === 0 ? 0 : flagAnomalies(rw, isRead, (offsetLow | offsetHigh) !== 0, ignored))
            : argumentAnomalies(kind, taken, bufLow, bufHigh, others, rw, ignored)));
      const reasons = odd & refusing;
      u32[(target >>> 2) + i] = odd;
      u8[target + 4 * rows + i] = reasons === 0 ? 0 : firstOf(u8, rules, reasons);
      u8[target + 5 * rows + i] =
        reasons !== 0
          ? 0
          : Math.max(
              u8[rules + OPCODE_RELEASES + opcode],
              (flags | resfd) === 0 ? 0 : flagsRelease,
              bitsRelease(u8, rules + FLAG_RELEASES, flags),
              bitsRelease(u8, rules + RWF_RELEASES, rw),
              hasPriority && (reqprio & HINT_BITS) !== 0 ? hintsRelease : 0,
            );
    }
  };
}

/** `check_io_event`. */
export function checkIoEvent({ u8, u32, i32 }: Heap): CheckingKernels['check_io_event'] {
  return (columns, rows, count, rules, target) => {
    const [, objs, results, results2] = ioEvent.fields.map(
      ({ offset }) => (columns + offset * rows) >>> 2,
    );
    const [counted, impossible] = u32.subarray(rules >>> 2);
    for (let i = 0; i < count; i++) {
      const [objLow, objHigh] = [u32[objs + 2 * i], u32[objs + 2 * i + 1]];
      const [low, high] = [u32[results + 2 * i], i32[results + 2 * i + 1]];
      const isErrno = high === -1 && low >= 2 ** 32 - MAX_ERRNO;
      const odd =
        counted &
        (when((objLow | objHigh) === 0, RULE.OBJ_NULL) |
          when((objLow & 7) !== 0, RULE.OBJ_UNALIGNED) |
          when(objHigh >= KERNEL, RULE.OBJ_HIGH) |
          when(high > 0 || (high === 0 && low > MAX_RW_COUNT), RULE.RES_TOO_LARGE) |
          when(high < 0 && !isErrno, RULE.RES_BELOW_ERRNOS) |
          (isErrno ? u8[rules + ERRNO_RULES + (2 ** 32 - low)] : 0) |
          when((u32[results2 + 2 * i] | u32[results2 + 2 * i + 1]) !== 0, RULE.RES2_NOT_ZERO));
      const reasons = odd & impossible;
      u32[(target >>> 2) + i] = odd;
      u8[target + 4 * rows + i] = reasons === 0 ? 0 : 32 - Math.clz32(reasons & -reasons);
    }
  };
}
