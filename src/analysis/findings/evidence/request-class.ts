// The class of a request: what its result is judged by, as one small number.
import { RWF_NOWAIT } from '../../../abi/flag.ts';
import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../../abi/opcode.ts';
import type { ColumnSource } from '../../../layout/schema.ts';
import { appends, kindOf, READV, WRITEV } from '../../report/request-kind.ts';

/** The alignments that are distinguished, in bytes: those of sectors and blocks of storage. */
export const GRANULARITIES = [512, 1024, 2048, 4096] as const;

/**
 * The grade of a value is the number of granularities that it is a multiple of: it is misaligned at
 * granularity g if its grade is at most g. A value that the record does not show is `UNKNOWN`.
 */
export const UNKNOWN: number = GRANULARITIES.length + 1;
const GRADES = UNKNOWN + 1;
const LOW_BITS = 4095;
const gradeOf = new Uint8Array(LOW_BITS + 1);
for (const bytes of GRANULARITIES)
  for (let low = 0; low <= LOW_BITS; low += bytes) gradeOf[low] += 1;

// A class: the grades of offset, length and buffer in 8 bits, the kind of request in 2, and whether
// it is a NOWAIT. Of a request that moves no data, the 8 bits are its opcode after all the grades.
const GRADES_MASK = 0xff;
const ALL_GRADES = GRADES ** 3;
const KIND_SHIFT = 8;
const NOWAIT = 1 << 10;
/** Number of classes. */
export const CLASSES: number = 1 << 11;
const OPCODES_BY_KIND = [IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV];
/** Opcodes from here on share the last. No kernel completes them. */
const OPCODE_LAST = 9;

/** Whether requests of a class are reads or writes. */
export const movesData = (cls: number): boolean => (cls & GRADES_MASK) < ALL_GRADES;
export const opcodeIn = (cls: number): number =>
  movesData(cls) ? OPCODES_BY_KIND[(cls >> KIND_SHIFT) & 3] : (cls & GRADES_MASK) - ALL_GRADES;
export const hasNowait = (cls: number): boolean => (cls & NOWAIT) !== 0;
/** 1 of writes, 0 of reads. */
export const writesIn = (cls: number): number => (cls >> KIND_SHIFT) & 1;
/** The grades of offset, length and buffer. */
export function gradesIn(cls: number): readonly [offset: number, length: number, buffer: number] {
  const grades = cls & GRADES_MASK;
  return [Math.floor(grades / GRADES ** 2), Math.floor(grades / GRADES) % GRADES, grades % GRADES];
}

/** Set beside a class if the request has an offset that is exact as a double. */
export const PLACED: number = 1 << 11;
/** Such offsets, and their sums with lengths, are below 2^53. */
const OFFSET_HIGH_MAX = 2 ** 21 - 1;

/** The columns of submissions that are looked at, as words. */
export interface RequestColumns {
  readonly opcode: Uint32Array;
  readonly pid: Uint32Array;
  readonly fd: Uint32Array;
  readonly buf: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly offset: Uint32Array;
  readonly rwFlags: Uint32Array;
}

/** By opcode: 1 if records of it do not show a field. */
function lacking(columns: readonly ColumnSource[], field: string): Uint8Array {
  const { absent } = columns.find(({ name }) => name === field) ?? {};
  return Uint8Array.from({ length: OPCODE_LAST + 1 }, (_, opcode) =>
    Number(absent === 'all' || absent?.includes(opcode)),
  );
}

/** Finds the classes of submissions, whose source may not show all fields. */
export class RequestClasses {
  readonly #lacksBuffer: Uint8Array;
  readonly #lacksOffset: Uint8Array;

  constructor(columns: readonly ColumnSource[]) {
    this.#lacksBuffer = lacking(columns, 'aio_buf');
    this.#lacksOffset = lacking(columns, 'aio_offset');
  }

  /** The class of row `i`, and `PLACED`. */
  of({ opcode: opcodes, buf, nbytes, offset, rwFlags }: RequestColumns, i: number): number {
    const opcode = opcodes[i];
    if (opcode > IOCB_CMD_PWRITEV) return ALL_GRADES + OPCODE_LAST;
    const kind = kindOf[opcode];
    if (kind > WRITEV) return ALL_GRADES + opcode;
    const isVectored = kind >= READV;
    const hasOffset = !appends(kind, rwFlags[i]) && this.#lacksOffset[opcode] === 0;
    const place = hasOffset ? gradeOf[offset[2 * i] & LOW_BITS] : UNKNOWN;
    const length = isVectored ? UNKNOWN : lengthGrade(nbytes[2 * i], nbytes[2 * i + 1]);
    const isHidden = isVectored || this.#lacksBuffer[opcode] === 1;
    const buffer = isHidden ? UNKNOWN : gradeOf[buf[2 * i] & LOW_BITS];
    return (
      ((place * GRADES + length) * GRADES + buffer) |
      (kind << KIND_SHIFT) |
      ((rwFlags[i] & RWF_NOWAIT) === 0 ? 0 : NOWAIT) |
      (hasOffset && offset[2 * i + 1] < OFFSET_HIGH_MAX ? PLACED : 0)
    );
  }
}

/** Linux cuts longer requests to `MAX_RW_COUNT`, which is aligned. */
const lengthGrade = (low: number, high: number): number =>
  high !== 0 || low > MAX_RW_COUNT ? GRANULARITIES.length : gradeOf[low & LOW_BITS];
