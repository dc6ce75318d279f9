// What the result of a request is judged by, packed into one word per request in flight.
import { RWF_NOWAIT } from '../../../abi/flag.ts';
import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import type { ColumnSource } from '../../../layout/schema.ts';
import { appends, kindOf, READV, WRITEV } from '../../report/block.ts';

/** The alignments that are told apart: those of the sectors and blocks of storage, in bytes. */
export const GRANULARITIES = [512, 1024, 2048, 4096] as const;

/**
 * The class of a value is the number of granularities that it is a multiple of: it is misaligned at
 * granularity g if its class is at most g. A value that the record does not show is `UNKNOWN`.
 */
export const UNKNOWN: number = GRANULARITIES.length + 1;
const CLASSES = UNKNOWN + 1;
const LOW_BITS = 4095;
const classOf = Uint8Array.from(
  { length: LOW_BITS + 1 },
  (_, low) => GRANULARITIES.filter((bytes) => low % bytes === 0).length,
);

/** Codes: the classes of offset, length and buffer. */
export const CODES: number = CLASSES ** 3;
export const codeClasses = (code: number): readonly [number, number, number] => [
  Math.floor(code / CLASSES ** 2),
  Math.floor(code / CLASSES) % CLASSES,
  code % CLASSES,
];

/** Opcodes that are told apart; all above share the last place. No kernel completes them. */
export const OPCODES = 10;

// A word: the code in 8 bits, the opcode in 4, whether it is a NOWAIT, whether it has an offset,
// and whether it moves data. A number of a descriptor follows.
export const CODE_BITS = 0xff;
export const opcodeIn = (word: number): number => (word >>> 8) & 0xf;
export const NOWAIT = 1 << 12;
export const PLACED = 1 << 13;
export const MOVES_DATA = 1 << 14;
export const DESCRIPTOR_SHIFT = 15;

/** Offsets below this are exact as doubles, and so are their sums with lengths. */
const OFFSET_HIGH_MAX = 2 ** 21 - 1;
/** The length of a vectored request, which its record does not show. */
export const NO_LENGTH = 0xffffffff;

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
  return Uint8Array.from({ length: OPCODES }, (_, opcode) =>
    Number(absent === 'all' || absent?.includes(opcode)),
  );
}

/** Makes words of submissions. */
export class RequestWords {
  readonly #lacksBuffer: Uint8Array;
  readonly #lacksOffset: Uint8Array;

  constructor(columns: readonly ColumnSource[]) {
    this.#lacksBuffer = lacking(columns, 'aio_buf');
    this.#lacksOffset = lacking(columns, 'aio_offset');
  }

  /** The word of row `i`, without a descriptor. */
  of({ opcode: opcodes, buf, nbytes, offset, rwFlags }: RequestColumns, i: number): number {
    const opcode = Math.min(opcodes[i], OPCODES - 1);
    const kind = kindOf[opcode];
    const own = opcode << 8;
    if (kind > WRITEV) return own;
    const isVectored = kind >= READV;
    const hasOffset = !appends(kind, rwFlags[i]) && this.#lacksOffset[opcode] === 0;
    const place = hasOffset ? classOf[offset[2 * i] & LOW_BITS] : UNKNOWN;
    const length = isVectored ? UNKNOWN : lengthClass(nbytes[2 * i], nbytes[2 * i + 1]);
    const isHidden = isVectored || this.#lacksBuffer[opcode] === 1;
    const buffer = isHidden ? UNKNOWN : classOf[buf[2 * i] & LOW_BITS];
    return (
      own |
      MOVES_DATA |
      ((rwFlags[i] & RWF_NOWAIT) === 0 ? 0 : NOWAIT) |
      (hasOffset && offset[2 * i + 1] < OFFSET_HIGH_MAX ? PLACED : 0) |
      ((place * CLASSES + length) * CLASSES + buffer)
    );
  }
}

/** Linux cuts longer requests to `MAX_RW_COUNT`, which is aligned. */
const lengthClass = (low: number, high: number): number =>
  high !== 0 || low > MAX_RW_COUNT ? GRANULARITIES.length : classOf[low & LOW_BITS];
