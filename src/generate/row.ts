import type { RecordKind } from '../abi/record.ts';

/**
 * A simulated record before it has a layout: a row of 32-bit words. Values of 64 bits take two words, the low one first;
 * the second word of those that are narrower stays 0, so that a wide field of an envelope can hold them too.
 */
export const ROW_WORDS = 32;

/** What stands where in the row of a submission or a completion. */
export const DATA = 0;
export const ADDR = 2;
export const TS = 4;
export const PID = 6;
export const TID = 8;
export const CTX = 10;
export const SEQ = 12;
export const RET = 14;
/** Which program it is, for its name. */
export const PROGRAM = 16;

/** The row of a submission besides. */
export const RW_FLAGS = 17;
export const OPCODE = 18;
export const REQPRIO = 19;
export const FILDES = 20;
export const FLAGS = 21;
export const RESFD = 22;
export const BUF = 24;
export const NBYTES = 26;
export const OFFSET = 28;

/** The row of a completion besides. */
export const RES = 24;

const ENVELOPE_WORDS = { ts: TS, addr: ADDR, pid: PID, tid: TID, ctx: CTX, seq: SEQ, ret: RET };

/** The words that columns come from, by name. Columns that are missing are 0 in every record. */
export const COLUMN_WORDS: Readonly<Record<RecordKind, Readonly<Record<string, number>>>> = {
  io_event: { data: DATA, obj: ADDR, res: RES, ...ENVELOPE_WORDS },
  iocb: {
    aio_data: DATA,
    aio_rw_flags: RW_FLAGS,
    aio_lio_opcode: OPCODE,
    aio_reqprio: REQPRIO,
    aio_fildes: FILDES,
    aio_buf: BUF,
    aio_nbytes: NBYTES,
    aio_offset: OFFSET,
    aio_flags: FLAGS,
    aio_resfd: RESFD,
    ...ENVELOPE_WORDS,
  },
};
