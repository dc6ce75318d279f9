// What kind of request a submission is: whether and where it moves data.
import { RWF_FLAGS } from '../../abi/flag.ts';
import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';

/** Kinds of submissions; the first four move data. */
export const READ = 0;
export const WRITE = 1;
export const READV = 2;
export const WRITEV = 3;
/** FSYNC and FDSYNC. */
export const FLUSH = 4;
const OTHER = 5;
/** The kind of a vectored request whose length its completion does not give. */
export const withoutLength = (kind: number): number => kind + WITHOUT_LENGTH;
/** The kind of such a request again; undefined of others. */
export const vectoredKind = (kind: number): number | undefined =>
  kind > OTHER ? kind - WITHOUT_LENGTH : undefined;
const WITHOUT_LENGTH = 4;

const RWF_APPEND = RWF_FLAGS.find(({ name }) => name === 'RWF_APPEND')?.bit ?? 0;
/**
 * Whether a submission of a kind that moves data writes at the end of the file, whatever its
 * offset: RWF_APPEND means nothing to a read.
 */
export const appends = (kind: number, rwFlags: number): boolean =>
  (kind === WRITE || kind === WRITEV) && (rwFlags & RWF_APPEND) !== 0;

/** The kind of each opcode. */
export const kindOf: Uint8Array = new Uint8Array(65536).fill(OTHER);
kindOf[IOCB_CMD_PREAD] = READ;
kindOf[IOCB_CMD_PWRITE] = WRITE;
kindOf[IOCB_CMD_PREADV] = READV;
kindOf[IOCB_CMD_PWRITEV] = WRITEV;
kindOf[IOCB_CMD_FSYNC] = FLUSH;
kindOf[IOCB_CMD_FDSYNC] = FLUSH;
