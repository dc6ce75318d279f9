import type { RecordKind } from '../abi/record.ts';

/**
 * A simulated record without a layout: a row of 32-bit words. 64-bit values take two words, the low
 * one first. The second word of narrower values stays 0, so that wide envelope fields can hold them
 * too.
 */
export const ROW_WORDS = 32;

/** The words of both submissions and completions. */
export const DATA = 0;
export const ADDR = 2;
export const TS = 4;
export const PID = 6;
export const TID = 8;
export const CTX = 10;
export const SEQ = 12;
export const RET = 14;
/** The index of the program, for its name. */
export const PROGRAM = 16;

/** The other words of a submission. */
export const RW_FLAGS = 17;
export const OPCODE = 18;
export const REQPRIO = 19;
export const FILDES = 20;
export const FLAGS = 21;
export const RESFD = 22;
export const BUF = 24;
export const NBYTES = 26;
export const OFFSET = 28;

/** The other words of a completion. */
export const RES = 24;

const ENVELOPE_WORDS = { ts: TS, addr: ADDR, pid: PID, tid: TID, ctx: CTX, seq: SEQ, ret: RET };

/** The word of each column. Other columns are 0 in every record. */
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
