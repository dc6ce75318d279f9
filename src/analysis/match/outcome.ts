import { EAGAIN, MAX_ERRNO } from '../../abi/errno.ts';
import { MAX_RW_COUNT } from '../../abi/limit.ts';
import { errnoName } from '../../abi/name.ts';
import { IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV } from '../../abi/opcode.ts';
import { KeyedTable } from '../keyed-table.ts';

/** In place of an errno for results below -4095, which are none. */
const NO_ERRNO = MAX_ERRNO + 1;
/** Kinds of error that are told apart: 9 opcodes with every errno are far fewer than what the smallest keys hold. */
const KINDS_MAX = 8192;

/** How often requests of an opcode failed with an errno: `errno` null counts results below -4095. */
export interface MatchedError {
  opcode: number;
  errno: number | null;
  name: string | null;
  count: number;
  /** Whether it is how things are meant: EAGAIN where RWF_NOWAIT was asked. */
  normal: boolean;
}

/** Reads and writes that moved less than was asked. */
export interface ShortJson {
  /** Reads that gave 0 bytes: the end of the file. */
  eof: number;
  partialRead: number;
  partialWrite: number;
  /** Requests of more than 0x7ffff000 bytes that moved as many as the kernel moves at once: not short. */
  clamped: number;
}

export const isRead = (opcode: number): boolean => opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PREADV;
export const isWrite = (opcode: number): boolean => opcode === IOCB_CMD_PWRITE || opcode === IOCB_CMD_PWRITEV;

/** How matched requests ended. */
export class Outcomes {
  readonly short: ShortJson = { eof: 0, partialRead: 0, partialWrite: 0, clamped: 0 };
  readonly #errors = new KeyedTable(KINDS_MAX);

  /** A request failed with this `res`. */
  fail(opcode: number, nowait: boolean, low: number, high: number): void {
    const errno = high === 0xffffffff && low >= 2 ** 32 - MAX_ERRNO ? 2 ** 32 - low : NO_ERRNO;
    const normal = errno === EAGAIN && nowait ? 1 : 0;
    this.#errors.add(((opcode << 13) | errno) * 2 + normal, 1);
  }

  /** Take over what a kernel has counted: errors by the same keys, and short reads and writes. */
  absorb(errors: Uint32Array, short: ShortJson): void {
    for (let key = 0; key < errors.length; key++) if (errors[key] > 0) this.#errors.add(key, errors[key]);
    this.short.eof += short.eof;
    this.short.partialRead += short.partialRead;
    this.short.partialWrite += short.partialWrite;
    this.short.clamped += short.clamped;
  }

  /**
   * A read or write of `nbytes` bytes (or iovecs, whose lengths the record does not have) moved `moved` of them: whether
   * that is short. `nbytes` may be cut to 2^32 - 1.
   */
  succeed(opcode: number, nbytes: number, moved: number): boolean {
    const isVectored = opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV;
    const asked = isVectored ? Math.min(nbytes, 1) : Math.min(nbytes, MAX_RW_COUNT);
    if (moved >= asked) {
      if (!isVectored && nbytes > MAX_RW_COUNT && moved === MAX_RW_COUNT) this.short.clamped += 1;
      return false;
    }
    if (isWrite(opcode)) this.short.partialWrite += 1;
    else if (moved === 0) this.short.eof += 1;
    else this.short.partialRead += 1;
    return true;
  }

  errorsJson(): MatchedError[] {
    return this.#errors.rows().map(({ key, count }) => {
      const errno = (key >>> 1) & (2 ** 13 - 1);
      const opcode = Math.floor(key / 2 ** 14);
      const told = errno === NO_ERRNO ? { errno: null, name: null } : { errno, name: errnoName(errno) };
      return { opcode, ...told, count, normal: key % 2 === 1 };
    });
  }

  /** Errors of more kinds than the table keeps: 0 unless records are noise. */
  get otherErrors(): number {
    return this.#errors.other()?.count ?? 0;
  }
}
