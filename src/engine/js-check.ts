import { MAX_ERRNO } from '../abi/errno.ts';
import { IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD, POLL_FLAGS, RWF, RWF_FLAGS } from '../abi/flag.ts';
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
import { IO_EVENT_RULES, IOCB_RULES, ruleBits } from '../abi/rule.ts';
import type { Heap } from './js-heap.ts';
import type { CheckingKernels } from './kernel.ts';
import {
  ERRNO_RULES,
  FLAG_RELEASES,
  OPCODE_RELEASES,
  RULE_ORDER,
  RWF_RELEASES,
  ruleSet,
} from './rule-set.ts';

const IOCB = ruleBits(IOCB_RULES);
const EVENT = ruleBits(IO_EVENT_RULES);
const RWF_ALL = RWF_FLAGS.reduce((all, { bit }) => all | bit, 0);
const POLL_ALL = POLL_FLAGS.reduce((all, { bit }) => all | bit, 0);
/** The high words of the ends of user space. */
const HIGH = 2 ** (ADDRESS_BITS - 32);
const KERNEL = 2 ** (ADDRESS_BITS_MAX - 32);
/** The highest high word that is not negative. Only offsets with it can exceed 2^63 - 1. */
const HIGHEST = 2 ** 31 - 1;

/** One iocb in words. */
interface Submission {
  opcode: number;
  reqprio: number;
  fildes: number;
  rwFlags: number;
  flags: number;
  bufLow: number;
  bufHigh: number;
  nbytesLow: number;
  nbytesHigh: number;
  offsetLow: number;
  offsetHigh: number;
}

/** The anomalies of a read or write. `priority`: the kernel reads aio_reqprio. */
function readWriteAnomalies(r: Submission, rwIgnored: number, priority: boolean): number {
  const vectored = r.opcode === IOCB_CMD_PREADV || r.opcode === IOCB_CMD_PWRITEV;
  const isRead = r.opcode === IOCB_CMD_PREAD || r.opcode === IOCB_CMD_PREADV;
  const isEmpty = (r.nbytesLow | r.nbytesHigh) === 0;
  const { rwFlags } = r;
  let odd = 0;
  if (priority) odd |= priorityAnomalies(r.reqprio);
  if ((rwFlags & ~RWF_ALL) !== 0) odd |= IOCB['rw-flags-unknown'];
  if ((rwFlags & RWF.RWF_APPEND) !== 0) {
    if ((rwFlags & RWF.RWF_NOAPPEND) !== 0) odd |= IOCB['append-and-noappend'];
    if (!isRead && (r.offsetLow | r.offsetHigh) !== 0) odd |= IOCB['offset-ignored'];
  }
  if ((rwFlags & RWF.RWF_ATOMIC) !== 0 && isRead) odd |= IOCB['atomic-read'];
  if ((rwFlags & RWF.RWF_DSYNC) !== 0 && (rwFlags & RWF.RWF_SYNC) !== 0)
    odd |= IOCB['dsync-and-sync'];
  if ((rwFlags & rwIgnored) !== 0) odd |= IOCB['rw-flags-ignored'];
  if (isEmpty) odd |= IOCB['zero-length'];
  else if (r.bufHigh >= KERNEL) odd |= IOCB['buf-in-kernel'];
  else if (r.bufHigh >= HIGH) odd |= IOCB['buf-high'];
  else if ((r.bufLow | r.bufHigh) === 0) odd |= IOCB['buf-null'];
  if (r.offsetHigh > HIGHEST) odd |= IOCB['offset-negative'];
  let lows = r.offsetLow;
  if (vectored) {
    if (r.nbytesHigh !== 0 || r.nbytesLow > UIO_MAXIOV) odd |= IOCB['iovecs-too-many'];
  } else {
    const isLong = r.nbytesHigh !== 0 || r.nbytesLow > MAX_RW_COUNT;
    if (isLong && r.nbytesHigh <= HIGHEST) odd |= IOCB['nbytes-clamped'];
    if (r.offsetHigh === HIGHEST && r.offsetLow + (isLong ? MAX_RW_COUNT : r.nbytesLow) >= 2 ** 32)
      odd |= IOCB['offset-overflow'];
    lows |= r.bufLow | r.nbytesLow;
  }
  if (lows % SECTOR_BYTES !== 0) odd |= IOCB.misaligned;
  return odd;
}

function priorityAnomalies(reqprio: number): number {
  const priorityClass = reqprio >>> 13;
  let odd = 0;
  if (priorityClass > 3 || (priorityClass === 0 && (reqprio & 7) !== 0))
    odd |= IOCB['ioprio-invalid'];
  if (priorityClass === 1) odd |= IOCB['ioprio-realtime'];
  if (((reqprio >>> 3) & 0x3ff) !== 0) odd |= IOCB['ioprio-hint'];
  return odd;
}

/** The anomalies in the arguments of FSYNC, FDSYNC, POLL, and of NOOP where it is taken. */
function argumentAnomalies(r: Submission, rwIgnored: number, taken: number): number {
  const others = r.nbytesLow | r.nbytesHigh | r.offsetLow | r.offsetHigh | r.rwFlags;
  if (r.opcode === IOCB_CMD_FSYNC || r.opcode === IOCB_CMD_FDSYNC)
    return (others | r.bufLow | r.bufHigh) === 0 ? 0 : IOCB['fsync-fields'];
  if (r.opcode === IOCB_CMD_NOOP && ((taken >>> IOCB_CMD_NOOP) & 1) !== 0)
    return (r.rwFlags & rwIgnored) === 0 ? 0 : IOCB['rw-flags-ignored'];
  if (r.opcode !== IOCB_CMD_POLL) return 0;
  let odd = others === 0 ? 0 : IOCB['poll-fields'];
  if (r.bufHigh !== 0 || r.bufLow > POLL_MASK_MAX) odd |= IOCB['poll-mask-wide'];
  if ((r.bufLow & POLL_MASK_MAX & ~POLL_ALL) !== 0) odd |= IOCB['poll-bits-unknown'];
  return odd;
}

const isReadWrite = (opcode: number): boolean =>
  opcode === IOCB_CMD_PREAD ||
  opcode === IOCB_CMD_PWRITE ||
  opcode === IOCB_CMD_PREADV ||
  opcode === IOCB_CMD_PWRITEV;

const [RULES, REASONS, OPCODES, FLAGS, RW_IGNORED, FLAGS_RELEASE, HINTS_RELEASE] =
  ruleSet.fields.map(({ offset }) => offset >>> 2);

/** The largest number in the table of releases for the bits that are set in a flag word. */
function bitsRelease(u8: Uint8Array, table: number, word: number): number {
  let release = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1)
    release = Math.max(release, u8[table + 31 - Math.clz32(rest & -rest)]);
  return release;
}

/** The number of the first release that accepts an iocb and supports everything it uses. */
function releaseOf(
  { u8, u32 }: Heap,
  rules: number,
  r: Submission,
  resfd: number,
  hint: boolean,
): number {
  let release = u8[rules + OPCODE_RELEASES + r.opcode];
  if ((r.flags | resfd) !== 0) release = Math.max(release, u32[(rules >>> 2) + FLAGS_RELEASE]);
  release = Math.max(
    release,
    bitsRelease(u8, rules + FLAG_RELEASES, r.flags),
    bitsRelease(u8, rules + RWF_RELEASES, r.rwFlags),
  );
  return hint ? Math.max(release, u32[(rules >>> 2) + HINTS_RELEASE]) : release;
}

/** The number (bit + 1) of the first of several reasons, in the order at `rules`. */
function firstOf(u8: Uint8Array, rules: number, reasons: number): number {
  let at = rules + RULE_ORDER;
  while (((reasons >>> u8[at]) & 1) === 0) at += 1;
  return u8[at] + 1;
}

/** `check_iocb`: the rules of src/abi/rule.ts, one by one. */
export function checkIocb(heap: Heap): CheckingKernels['check_iocb'] {
  const { u8, u16, u32 } = heap;
  const offsets = Object.fromEntries(iocb.fields.map(({ name, offset }) => [name, offset]));
  return (columns, rows, count, keys, rwFlags, rules, target) => {
    const at = (name: string, width: number) => (columns + offsets[name] * rows) / width;
    const [opcodes, reqprios] = [at('aio_lio_opcode', 2), at('aio_reqprio', 2)];
    const [fildes, flags, resfds] = [at('aio_fildes', 4), at('aio_flags', 4), at('aio_resfd', 4)];
    const [bufs, nbytes, positions, reserved2] = [
      'aio_buf',
      'aio_nbytes',
      'aio_offset',
      'aio_reserved2',
    ].map((name) => at(name, 4));
    const set = rules >>> 2;
    for (let i = 0; i < count; i++) {
      const r: Submission = {
        opcode: u16[opcodes + i],
        reqprio: u16[reqprios + i],
        fildes: u32[fildes + i],
        rwFlags: u32[(rwFlags >>> 2) + i],
        flags: u32[flags + i],
        bufLow: u32[bufs + 2 * i],
        bufHigh: u32[bufs + 2 * i + 1],
        nbytesLow: u32[nbytes + 2 * i],
        nbytesHigh: u32[nbytes + 2 * i + 1],
        offsetLow: u32[positions + 2 * i],
        offsetHigh: u32[positions + 2 * i + 1],
      };
      const resfd = u32[resfds + i];
      const moves = isReadWrite(r.opcode);
      const priority = moves && (r.flags & u32[set + FLAGS] & IOCB_FLAG_IOPRIO) !== 0;
      let odd = moves
        ? readWriteAnomalies(r, u32[set + RW_IGNORED], priority)
        : argumentAnomalies(r, u32[set + RW_IGNORED], u32[set + OPCODES]);
      if ((u32[reserved2 + 2 * i] | u32[reserved2 + 2 * i + 1]) !== 0)
        odd |= IOCB['reserved2-not-zero'];
      if (r.rwFlags !== 0) odd |= IOCB['reserved1-not-zero'];
      if (r.nbytesHigh > HIGHEST) odd |= IOCB['nbytes-negative'];
      if (r.fildes > HIGHEST) odd |= IOCB['fildes-negative'];
      if (r.opcode >= 32 || ((u32[set + OPCODES] >>> r.opcode) & 1) === 0)
        odd |= IOCB['opcode-not-taken'];
      if ((r.flags & ~u32[set + FLAGS]) !== 0) odd |= IOCB['flags-unknown'];
      if (r.reqprio !== 0 && !priority) odd |= IOCB['reqprio-ignored'];
      if ((r.flags & IOCB_FLAG_RESFD) === 0 && resfd !== 0) odd |= IOCB['resfd-ignored'];
      if ((r.flags & IOCB_FLAG_RESFD) !== 0 && resfd > HIGHEST) odd |= IOCB['resfd-negative'];
      if (u32[(keys >>> 2) + i] !== 0) odd |= IOCB['key-not-zero'];
      odd &= u32[set + RULES];
      const reasons = odd & u32[set + REASONS];
      u32[(target >>> 2) + i] = odd;
      u8[target + 4 * rows + i] = reasons === 0 ? 0 : firstOf(u8, rules, reasons);
      u8[target + 5 * rows + i] =
        reasons === 0
          ? releaseOf(heap, rules, r, resfd, priority && (r.reqprio & 0x1ff8) !== 0)
          : 0;
    }
  };
}

/** `check_io_event`. */
export function checkIoEvent({ u8, u32, i32 }: Heap): CheckingKernels['check_io_event'] {
  const [, objOffset, resOffset, res2Offset] = ioEvent.fields.map(({ offset }) => offset);
  return (columns, rows, count, rules, target) => {
    const [objs, results, results2] = [objOffset, resOffset, res2Offset].map(
      (offset) => (columns + offset * rows) >>> 2,
    );
    const set = rules >>> 2;
    for (let i = 0; i < count; i++) {
      const [objLow, objHigh] = [u32[objs + 2 * i], u32[objs + 2 * i + 1]];
      const [resLow, resHigh] = [u32[results + 2 * i], i32[results + 2 * i + 1]];
      let odd = 0;
      if ((objLow | objHigh) === 0) odd |= EVENT['obj-null'];
      if ((objLow & 7) !== 0) odd |= EVENT['obj-unaligned'];
      if (objHigh >= KERNEL) odd |= EVENT['obj-high'];
      if (resHigh > 0 || (resHigh === 0 && resLow > MAX_RW_COUNT)) odd |= EVENT['res-too-large'];
      if (resHigh < 0) {
        const isErrno = resHigh === -1 && resLow >= 2 ** 32 - MAX_ERRNO;
        odd |= isErrno ? u8[rules + ERRNO_RULES + (2 ** 32 - resLow)] : EVENT['res-below-errnos'];
      }
      if ((u32[results2 + 2 * i] | u32[results2 + 2 * i + 1]) !== 0) odd |= EVENT['res2-not-zero'];
      odd &= u32[set + RULES];
      const reasons = odd & u32[set + REASONS];
      u32[(target >>> 2) + i] = odd;
      u8[target + 4 * rows + i] = reasons === 0 ? 0 : 32 - Math.clz32(reasons & -reasons);
    }
  };
}
