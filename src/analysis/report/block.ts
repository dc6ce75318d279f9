import { OFFSET_MAX } from '../../engine/request-tables.ts';
import { REQUESTS } from '../../engine/sets.ts';
import { decodeText } from '../../layout/text.ts';
import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { ColumnArray, Decoder } from '../../stream/decoder.ts';
import type { CallGaps } from './call-gaps.ts';
import { appends } from './request-kind.ts';
import { Requests } from './requests.ts';

/** The offset of a request that moves data; -1 if it appends or is negative or too large. */
export function placeOf(
  kind: number,
  offset: Uint32Array,
  rwFlags: Uint32Array,
  i: number,
): number {
  const place = offset[2 * i + 1] * 2 ** 32 + offset[2 * i];
  return place > OFFSET_MAX || appends(kind, rwFlags[i]) ? -1 : place;
}

/** Returns the words of a 64-bit column, low before high: a view, valid as long as the column. */
const pairs = ({ buffer, byteOffset, byteLength }: ColumnArray): Uint32Array =>
  new Uint32Array(buffer, byteOffset, byteLength >>> 2);

type AnyColumns = { readonly [name: string]: ColumnArray };

/** Returns the words of a 64-bit field; undefined if the layout has none of that name. */
function wide(columns: AnyColumns, name: string): Uint32Array | undefined {
  const column: ColumnArray | undefined = columns[name];
  return column instanceof BigUint64Array || column instanceof BigInt64Array
    ? pairs(column)
    : undefined;
}

/** Returns the values of a 32-bit field; undefined if the layout has none of that name. */
function narrow(columns: AnyColumns, name: string): Uint32Array | undefined {
  const column: ColumnArray | undefined = columns[name];
  if (column instanceof Uint32Array) return column;
  return column instanceof Int32Array
    ? new Uint32Array(column.buffer, column.byteOffset, column.length)
    : undefined;
}

/** Returns the values of an 8-bit field; undefined if the layout has none of that name. */
function octets(columns: AnyColumns, name: string): Uint8Array | undefined {
  const column: ColumnArray | undefined = columns[name];
  return column instanceof Uint8Array ? column : undefined;
}

/** Returns the signed results of io_submit; undefined if the envelope has none. */
function resultsOf(columns: AnyColumns): SubmissionBlock['ret'] {
  const column: ColumnArray | undefined = columns['ret'];
  if (column instanceof BigInt64Array) return { words: pairs(column), isWide: true };
  if (!(column instanceof Int32Array)) return undefined;
  return { words: new Uint32Array(column.buffer, column.byteOffset, column.length), isWide: false };
}

/** The fields that envelopes of both kinds may have; undefined where a layout lacks one. */
export interface Envelope {
  readonly count: number;
  /** The index of the first record among all of its kind. */
  readonly index: number;
  /**
   * If records were filtered: record i has index `index + rows[i]`. Undefined if records are
   * consecutive: record i has index `index + i`.
   */
  readonly rows: Uint32Array | undefined;
  readonly ts: Uint32Array | undefined;
  readonly pid: Uint32Array | undefined;
  readonly tid: Uint32Array | undefined;
}

/** Returns the indexes of `count` records, relative to the first; undefined if consecutive. */
function rowsOf(
  batch: RecordBatch<'io_event'> | RecordBatch<'iocb'>,
  count: number,
): Uint32Array | undefined {
  if (count === 0 || batch.indexOf(count - 1) - batch.firstIndex === count - 1) return undefined;
  return Uint32Array.from({ length: count }, (_, i) => batch.indexOf(i) - batch.firstIndex);
}

/** The columns in which records have values. */
const presentColumns = ({ columns, schema }: RecordBatch): AnyColumns => {
  const isAbsent = schema.columns.some(({ absent }) => absent === 'all');
  if (!isAbsent) return columns;
  const present = schema.columns.filter(({ absent }) => absent !== 'all');
  return Object.fromEntries(present.map(({ name }) => [name, columns[name]])) as AnyColumns;
};

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

/** A batch of completions as 32-bit words. Its arrays are valid as long as the batch. */
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
    ...envelopeOf(presentColumns(batch), count, index, rowsOf(batch, count)),
    obj: pairs(columns.obj),
    res: pairs(columns.res),
  };
}

/** A batch of submissions as words and doubles. Its arrays are valid as long as the batch. */
export interface SubmissionBlock extends Envelope {
  /** Kinds, lengths and places, and the groups of submissions that have these in common. */
  readonly requests: Requests;
  readonly opcode: Uint16Array;
  readonly fd: Uint32Array;
  readonly buf: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly offset: Uint32Array;
  readonly flags: Uint32Array;
  readonly rwFlags: Uint32Array;
  readonly resfd: Uint32Array;
  readonly addr: Uint32Array | undefined;
  /** The number of the rule that refuses each; undefined if refusals are known otherwise. */
  readonly refusal: Uint8Array | undefined;
  /** The results of io_submit; undefined if the envelope has none. */
  readonly ret: { readonly words: Uint32Array; readonly isWide: boolean } | undefined;
  /** Tests for submissions whose source could not show `aio_buf`; undefined if all have it. */
  readonly lacksBuffer: ((i: number) => boolean) | undefined;
  /** Returns `comm` of record `i`; null if the envelope has none. */
  program(i: number): string | null;
}

const noPids = new Uint32Array(BLOCK_RECORDS);

function programs(columns: AnyColumns, count: number): (i: number) => string | null {
  const comm: ColumnArray | undefined = columns['comm'];
  if (!(comm instanceof Uint8Array) || comm.length < 2 * count) return () => null;
  const width = comm.length / count;
  return (i) => decodeText(comm, i * width, (i + 1) * width);
}

/** Makes blocks of what a decoder decodes. A block is valid until the next one is made. */
export class SubmissionBlocks {
  readonly #requests: Requests;

  constructor({ arena, plan }: Decoder) {
    this.#requests = new Requests(arena.kernels(REQUESTS), arena.buffer, plan.tables);
  }

  of(batch: RecordBatch<'iocb'>, index: number): SubmissionBlock {
    const { columns, length: count } = batch;
    const present = presentColumns(batch);
    const block: SubmissionBlock = {
      ...envelopeOf(present, count, index, rowsOf(batch, count)),
      requests: this.#requests,
      opcode: columns.aio_lio_opcode,
      fd: columns.aio_fildes,
      buf: pairs(columns.aio_buf),
      nbytes: pairs(columns.aio_nbytes),
      offset: pairs(columns.aio_offset),
      flags: columns.aio_flags,
      rwFlags: columns.aio_rw_flags,
      resfd: columns.aio_resfd,
      addr: wide(present, 'addr'),
      refusal: octets(present, 'firstRefusal'),
      ret: resultsOf(present),
      lacksBuffer: batch.absence('aio_buf'),
      program: programs(columns, count),
    };
    this.#requests.measure(block, count);
    return block;
  }
}

/** Returns the pids of a block; all 0 if the envelope has none. */
export const pidsOf = ({ pid }: Pick<Envelope, 'pid'>): Uint32Array => pid ?? noPids;

/** Adds the records of a block to the gaps of its stream, if they have times and threads. */
export function addGaps(gaps: CallGaps, { count, ts, tid }: Envelope): void {
  if (ts === undefined || tid === undefined) return;
  for (let i = 0; i < count; i++) gaps.add(tid[i], ts[2 * i], ts[2 * i + 1], false);
}
