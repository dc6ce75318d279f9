import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import { BLOCK_RECORDS } from '../../stream/block-reader.ts';
import type { ColumnArray } from '../../stream/decoder.ts';

/** What a request does, as a small number: the first four move data. */
export const READ = 0;
export const WRITE = 1;
export const READV = 2;
export const WRITEV = 3;
/** FSYNC and FDSYNC. */
export const FLUSH = 4;
const OTHER = 5;

/** The kernel moves no more bytes in one request (MAX_RW_COUNT, of 4 KiB pages): what is asked beyond is left out. */
export const LENGTH_MAX = 0x7ffff000;
/** Offsets up to here and their sums with lengths are exact as doubles; beyond lie 8 PiB, and negative offsets. */
const OFFSET_MAX = 2 ** 53 - 2 ** 32;

/** The words of a 64-bit column, low before high. A view, valid as long as the column. */
const pairs = ({ buffer, byteOffset, byteLength }: ColumnArray): Uint32Array =>
  new Uint32Array(buffer, byteOffset, byteLength >>> 2);

const kindOf = new Uint8Array(65536).fill(OTHER);
kindOf[IOCB_CMD_PREAD] = READ;
kindOf[IOCB_CMD_PWRITE] = WRITE;
kindOf[IOCB_CMD_PREADV] = READV;
kindOf[IOCB_CMD_PWRITEV] = WRITEV;
kindOf[IOCB_CMD_FSYNC] = FLUSH;
kindOf[IOCB_CMD_FDSYNC] = FLUSH;
/** By kind: which bits of a length count. Programs mix kinds, and a branch would often be guessed wrong. */
const lengthBits = Int32Array.of(-1, -1, 0, 0, 0, 0);

type AnyColumns = { readonly [name: string]: ColumnArray };

/** A pair of words where a layout has a 64-bit field of that name; undefined where it has none. */
function wide(columns: AnyColumns, name: string): Uint32Array | undefined {
  const column: ColumnArray | undefined = columns[name];
  return column instanceof BigUint64Array || column instanceof BigInt64Array
    ? pairs(column)
    : undefined;
}

/** The numbers of a field of 32 bits or fewer. */
function narrow(columns: AnyColumns, name: string): Uint32Array | undefined {
  const column: ColumnArray | undefined = columns[name];
  if (column instanceof Uint32Array) return column;
  return column instanceof Int32Array
    ? new Uint32Array(column.buffer, column.byteOffset, column.length)
    : undefined;
}

/** What the envelope of either kind says: only what a layout has under the names that mean something. */
export interface Envelope {
  readonly count: number;
  /** The index of the first record among all of its kind. */
  readonly index: number;
  /** Where records are selected and lie apart: what to add to `index` for each; record i has `index + i` otherwise. */
  readonly rows: Uint32Array | undefined;
  readonly ts: Uint32Array | undefined;
  readonly pid: Uint32Array | undefined;
  readonly tid: Uint32Array | undefined;
}

/** The numbers of a batch's first `count` records, counted from its first; undefined where they follow one another. */
function rowsOf(
  batch: RecordBatch<'io_event'> | RecordBatch<'iocb'>,
  count: number,
): Uint32Array | undefined {
  if (count === 0 || batch.indexOf(count - 1) - batch.firstIndex === count - 1) return undefined;
  return Uint32Array.from({ length: count }, (_, i) => batch.indexOf(i) - batch.firstIndex);
}

const envelopeOf = (
  columns: AnyColumns,
  count: number,
  index: number,
  rows: Uint32Array | undefined,
): Envelope => ({
  count,
  index,
  rows,
  ts: wide(columns, 'ts'),
  pid: narrow(columns, 'pid'),
  tid: narrow(columns, 'tid'),
});

/** A batch of completions as the analyses read it. Views, valid as long as the batch. */
export interface CompletionBlock extends Envelope {
  readonly obj: Uint32Array;
  readonly res: Uint32Array;
}

export function completionBlock(
  batch: RecordBatch<'io_event'>,
  count: number,
  index: number,
): CompletionBlock {
  const { columns } = batch;
  return {
    ...envelopeOf(columns, count, index, rowsOf(batch, count)),
    obj: pairs(columns.obj),
    res: pairs(columns.res),
  };
}

/** A batch of submissions as the analyses read it. Views, valid as long as the batch. */
export interface SubmissionBlock extends Envelope {
  /** `READ` … `OTHER`. */
  readonly kinds: Uint8Array;
  /** Bytes asked for, by PREAD and PWRITE: up to `LENGTH_MAX`. 0 for the others. */
  readonly lengths: Uint32Array;
  /** `aio_offset`; -1 where it is negative or beyond what a double holds, or the request has none. */
  readonly offsets: Float64Array;
  readonly opcode: Uint16Array;
  readonly fd: Uint32Array;
  readonly buf: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly offset: Uint32Array;
  readonly flags: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly resfd: Uint32Array;
  readonly addr: Uint32Array | undefined;
  /** The name of the program of record `i`; null where the envelope has none. */
  program(i: number): string | null;
}

const decoder = new TextDecoder();
const noPids = new Uint32Array(BLOCK_RECORDS);

function programs(columns: AnyColumns, count: number): (i: number) => string | null {
  const comm: ColumnArray | undefined = columns['comm'];
  if (!(comm instanceof Uint8Array) || comm.length < 2 * count) return () => null;
  const width = comm.length / count;
  return (i) => decoder.decode(comm.subarray(i * width, (i + 1) * width)).replace(/\0.*$/s, '');
}

/** Makes blocks of batches; each is valid until the next is made. */
export class SubmissionBlocks {
  readonly #kinds = new Uint8Array(BLOCK_RECORDS);
  readonly #lengths = new Uint32Array(BLOCK_RECORDS);
  readonly #offsets = new Float64Array(BLOCK_RECORDS);

  of(batch: RecordBatch<'iocb'>, index: number): SubmissionBlock {
    const { columns, length: count } = batch;
    const block: SubmissionBlock = {
      ...envelopeOf(columns, count, index, rowsOf(batch, count)),
      kinds: this.#kinds,
      lengths: this.#lengths,
      offsets: this.#offsets,
      opcode: columns.aio_lio_opcode,
      fd: columns.aio_fildes,
      buf: pairs(columns.aio_buf),
      nbytes: pairs(columns.aio_nbytes),
      offset: pairs(columns.aio_offset),
      flags: columns.aio_flags,
      rwFlags: columns.aio_rw_flags,
      resfd: columns.aio_resfd,
      addr: wide(columns, 'addr'),
      program: programs(columns, count),
    };
    this.#derive(block);
    return block;
  }

  #derive({ count, opcode, nbytes, offset }: SubmissionBlock): void {
    const [kinds, lengths, offsets] = [this.#kinds, this.#lengths, this.#offsets];
    for (let i = 0; i < count; i++) {
      const kind = kindOf[opcode[i]];
      const low = nbytes[2 * i];
      const place = offset[2 * i + 1] * 2 ** 32 + offset[2 * i];
      kinds[i] = kind;
      lengths[i] =
        (nbytes[2 * i + 1] !== 0 || low > LENGTH_MAX ? LENGTH_MAX : low) & lengthBits[kind];
      offsets[i] = kind > WRITEV || place > OFFSET_MAX ? -1 : place;
    }
  }
}

/** The pids of a block; all 0 where the envelope has none. */
export const pidsOf = ({ pid }: Envelope): Uint32Array => pid ?? noPids;
