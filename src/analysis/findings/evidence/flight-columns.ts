// The columns of submissions that evidence of reads and writes is counted from, as words.

import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import { OFFSET_MAX } from '../../../engine/request-tables.ts';
import type { Schema } from '../../../layout/schema.ts';
import { wordsOf } from '../../match/column-words.ts';
import type { InputStream } from '../../match/input-stream.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import { appends, kindOf, READV, WRITEV } from '../../report/request-kind.ts';

/** Submissions as words: one per row, or two, low word first. */
export interface FlightColumns {
  readonly ts: Uint32Array;
  readonly pid: Uint32Array;
  readonly opcode: Uint32Array;
  readonly fd: Uint32Array;
  readonly buf: Uint32Array;
  readonly nbytes: Uint32Array;
  readonly offset: Uint32Array;
  readonly rwFlags: Uint32Array;
}

/** Whether a kind that moves data writes. */
export const isWriteKind = (kind: number): boolean => (kind & 1) !== 0;

export function streamColumns(stream: InputStream): FlightColumns {
  const none = new Uint32Array(stream.ts.length);
  return {
    ts: stream.ts,
    pid: stream.narrow('pid') ?? none,
    opcode: stream.narrow('aio_lio_opcode') ?? none,
    fd: stream.narrow('aio_fildes') ?? none,
    buf: stream.wide('aio_buf') ?? none,
    nbytes: stream.wide('aio_nbytes') ?? none,
    offset: stream.wide('aio_offset') ?? none,
    rwFlags: stream.narrow('aio_rw_flags') ?? none,
  };
}

export function pairColumns({ columns, length }: PairBatch): FlightColumns {
  const words = (name: string, count: 1 | 2) => wordsOf(columns, name, length, count);
  return {
    ts: words('ts', 2),
    pid: words('pid', 1),
    opcode: words('aio_lio_opcode', 1),
    fd: words('aio_fildes', 1),
    buf: words('aio_buf', 2),
    nbytes: words('aio_nbytes', 2),
    offset: words('aio_offset', 2),
    rwFlags: words('aio_rw_flags', 1),
  };
}

/** By kind of a submission: whether its source could not show a field, whose bytes are then 0. */
export function kindsWithout({ columns }: Schema, name: string): readonly boolean[] {
  const absent = columns.find((column) => column.name === name)?.absent;
  const kinds = new Array<boolean>(WRITEV + 1).fill(absent === 'all');
  if (absent !== undefined && absent !== 'all')
    for (const opcode of absent) kinds[kindOf[opcode]] = true;
  return kinds;
}

/** The first byte on the file of a read or write; -1 if it has none that can be told. */
export function placeOf({ offset, rwFlags }: FlightColumns, kind: number, row: number): number {
  const place = offset[2 * row + 1] * 2 ** 32 + offset[2 * row];
  return place > OFFSET_MAX || appends(kind, rwFlags[row]) ? -1 : place;
}

/**
 * How many bytes a read or write asks for, as far as its record tells: as many as the kernel moves
 * at most, or the first one of a vectored request.
 */
export function lengthOf({ nbytes }: FlightColumns, kind: number, row: number): number {
  const asked = nbytes[2 * row + 1] !== 0 ? MAX_RW_COUNT : nbytes[2 * row];
  return Math.min(asked, kind >= READV ? 1 : MAX_RW_COUNT);
}

/** All bytes that a read or write asks for, if they are known and more than the kernel moves. */
export function excessOf({ nbytes }: FlightColumns, kind: number, row: number): bigint | null {
  const [low, high] = [nbytes[2 * row], nbytes[2 * row + 1]];
  if (kind >= READV || (high === 0 && low <= MAX_RW_COUNT)) return null;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** What finds the place of a row. */
interface Places {
  descriptorOf(columns: FlightColumns, kind: number, row: number): number;
  fromOf(columns: FlightColumns, kind: number, row: number): number;
}

/** The reads and writes of a block of submissions, by row. */
export class FlightBlock {
  /** The index of row 0 of the block that has been looked at. */
  first = -1;
  readonly kinds: Uint8Array;
  readonly descriptors: Uint32Array;
  readonly froms: Float64Array;
  readonly lengths: Uint32Array;

  constructor(rows: number) {
    this.kinds = new Uint8Array(rows);
    this.descriptors = new Uint32Array(rows);
    this.froms = new Float64Array(rows);
    this.lengths = new Uint32Array(rows);
  }

  /** Looks at all rows of the block that a stream has now. */
  look({ first, count }: InputStream, columns: FlightColumns, places: Places): void {
    for (let row = 0; row < count; row++) {
      const kind = kindOf[columns.opcode[row]];
      this.kinds[row] = kind;
      if (kind > WRITEV) continue;
      this.descriptors[row] = places.descriptorOf(columns, kind, row);
      this.froms[row] = places.fromOf(columns, kind, row);
      this.lengths[row] = lengthOf(columns, kind, row);
    }
    this.first = first;
  }
}
