// What is kept of a request in flight, as flags.
import { IOCB_FLAG_IOPRIO } from '../../abi/flag.ts';
import { SECTOR_BYTES } from '../../abi/limit.ts';
import {
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import { priorityNumber } from './latency-groups.ts';
import { appends, kindOf } from './request-kind.ts';

const SECTOR_MASK = SECTOR_BYTES - 1;

/** Set in the flags of a slot if its submission moves data and is misaligned. */
export const MISALIGNED = 0x10000;
/** From here on the flags of a slot have the number of its I/O priority. */
export const PRIORITY_SHIFT = 17;

/** What is counted of submissions, as words. */
export interface Requests {
  readonly opcode: Uint32Array;
  readonly buf: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly offset: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly flags: Uint32Array;
  readonly reqprio: Uint32Array;
}

/** What is counted of submissions, from their columns. */
export const requestsOf = (
  wide: (name: string) => Uint32Array,
  narrow: (name: string) => Uint32Array,
): Requests => ({
  opcode: narrow('aio_lio_opcode'),
  buf: wide('aio_buf'),
  nbytes: wide('aio_nbytes'),
  offset: wide('aio_offset'),
  rwFlags: narrow('aio_rw_flags'),
  flags: narrow('aio_flags'),
  reqprio: narrow('aio_reqprio'),
});

/**
 * The mask of a POLL. Where row `i` moves data: its priority, and `MISALIGNED` if it is.
 */
export function flagsOf(requests: Requests, i: number): number {
  const { opcode, buf, nbytes, offset, rwFlags, flags, reqprio } = requests;
  const priority =
    (flags[i] & IOCB_FLAG_IOPRIO) === 0 ? 0 : priorityNumber(reqprio[i]) << PRIORITY_SHIFT;
  const place = appends(kindOf[opcode[i]], rwFlags[i]) ? 0 : offset[2 * i];
  switch (opcode[i]) {
    case IOCB_CMD_POLL:
      return buf[2 * i] & 0xffff;
    case IOCB_CMD_PREAD:
    case IOCB_CMD_PWRITE:
      return ((place | nbytes[2 * i] | buf[2 * i]) & SECTOR_MASK) === 0
        ? priority
        : priority | MISALIGNED;
    case IOCB_CMD_PREADV:
    case IOCB_CMD_PWRITEV:
      return (place & SECTOR_MASK) === 0 ? priority : priority | MISALIGNED;
    default:
      return 0;
  }
}
