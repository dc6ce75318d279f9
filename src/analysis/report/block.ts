import type { Columns, iocb } from '../../abi/record.ts';
import { OFFSET_MAX } from '../../engine/request-tables.ts';
import { REQUESTS } from '../../engine/sets.ts';
import { AT_REQUESTS } from '../../engine/tables.ts';
import { decodeText } from '../../layout/text.ts';
import { BLOCK_RECORDS } from '../../stream/analysis-reader.ts';
import type { ColumnArray, Decoder } from '../../stream/decoder.ts';
import { absenceOf } from '../../stream/named.ts';
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

/** A block whose fields change from one to the next. */
type Changing<B> = { -readonly [K in keyof B]: B[K] };

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

/** The columns of a decoder by name; `hasAll`: those in which no record has a value, too. */
const columnsOf = ({ schema, columns }: Decoder, hasAll: boolean): AnyColumns =>
  Object.fromEntries(
    schema.columns.flatMap(({ name, absent }, i) =>
      hasAll || absent !== 'all' ? [[name, columns[i]]] : [],
    ),
  );

/** The envelope of a decoder's records, before the first. */
const envelopeOf = (columns: AnyColumns): Changing<Envelope> => ({
  count: 0,
  index: 0,
  rows: undefined,
  ts: wide(columns, 'ts'),
  pid: narrow(columns, 'pid'),
  tid: narrow(columns, 'tid'),
});

/** A block of completions as 32-bit words, valid until the next block is decoded. */
export interface CompletionBlock extends Envelope {
  readonly obj: Uint32Array;
  readonly res: Uint32Array;
}

/** Makes blocks of what a decoder holds: the same object again and again. */
export class CompletionBlocks {
  readonly #decoder: Decoder;
  readonly #block: Changing<CompletionBlock>;

  constructor(decoder: Decoder) {
    const all = columnsOf(decoder, true);
    const [obj, res] = [pairs(all['obj']), pairs(all['res'])];
    this.#decoder = decoder;
    this.#block = { ...envelopeOf(columnsOf(decoder, false)), obj, res };
  }

  /** The first `count` rows; the first record of the block has this index. */
  of(count: number, index: number): CompletionBlock {
    const { rows } = this.#decoder;
    return Object.assign(this.#block, { count, index, rows });
  }
}

/** A block of submissions as words and doubles, valid until the next block is decoded. */
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

function programs({ schema, columns }: Decoder): (i: number) => string | null {
  const at = schema.columns.findIndex(({ name, type }) => name === 'comm' && type === 'char');
  const { byteLength } = schema.columns[at] ?? { byteLength: 0 };
  const comm: ColumnArray | undefined = columns[at];
  if (!(comm instanceof Uint8Array) || byteLength < 2) return () => null;
  return (i) => decodeText(comm, i * byteLength, (i + 1) * byteLength);
}

/** Tests rows for the lack of `aio_buf`; undefined if all have it. */
function bufferAbsence({ schema, columns }: Decoder): SubmissionBlock['lacksBuffer'] {
  const absent = schema.columns.find(({ name }) => name === 'aio_buf')?.absent;
  return absent && absenceOf(absent, schema.columns, columns);
}

/** Makes blocks of what a decoder holds: the same object again and again. */
export class SubmissionBlocks {
  readonly #decoder: Decoder;
  readonly #block: Changing<SubmissionBlock>;

  /** `isChecked`: whether to look at the columns of a check. */
  constructor(decoder: Decoder, isChecked: boolean) {
    const { arena, plan } = decoder;
    const present = columnsOf(decoder, false);
    const all = columnsOf(decoder, true) as unknown as Columns<typeof iocb>;
    this.#decoder = decoder;
    this.#block = {
      ...envelopeOf(present),
      requests: new Requests(arena.kernels(REQUESTS), arena.buffer, plan.tables + AT_REQUESTS),
      opcode: all.aio_lio_opcode,
      fd: all.aio_fildes,
      buf: pairs(all.aio_buf),
      nbytes: pairs(all.aio_nbytes),
      offset: pairs(all.aio_offset),
      flags: all.aio_flags,
      rwFlags: all.aio_rw_flags,
      resfd: all.aio_resfd,
      addr: wide(present, 'addr'),
      refusal: isChecked ? octets(present, 'firstRefusal') : undefined,
      ret: resultsOf(present),
      lacksBuffer: bufferAbsence(decoder),
      program: programs(decoder),
    };
  }

  /** The first `count` rows; the first record of the block has this index. */
  of(count: number, index: number): SubmissionBlock {
    const { rows } = this.#decoder;
    const block = Object.assign(this.#block, { count, index, rows });
    block.requests.measure(block, count);
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
