import { SCALARS, type ScalarType } from '../../abi/scalar.ts';
import type { Table, TableColumn } from '../table.ts';
import { FlatBuffer } from './flatbuffer.ts';

// Enum values of the format. Source: format/Message.fbs, Schema.fbs and File.fbs of Apache Arrow.
const VERSION_5 = 4;
const HEADERS = { schema: 1, dictionary: 2, batch: 3 } as const;
const TYPES = { int: 2, float: 3, utf8: 5, bool: 6, decimal: 7, timestamp: 10 } as const;
const NANOSECOND = 3;
const DOUBLE = 2;

/**
 * A column of a query's result. Its values may be null, and it has more types than tables of
 * records.
 */
export type ResultField = { readonly name: string; readonly nullable: true } & (
  | { readonly type: ScalarType | 'timestamp' | 'text' | 'f64' | 'bool' }
  | { readonly type: 'decimal'; readonly width: number; readonly scale: number }
);
type AnyField = TableColumn | ResultField;

/** The alignment of buffers. */
export const ALIGN = 8;
export const padded = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

function intType(fb: FlatBuffer, bits: number, signed: boolean): number {
  return fb.table(['i32', bits], ['u8', Number(signed)]);
}

function fieldType(fb: FlatBuffer, column: AnyField): readonly [id: number, place: number] {
  const { type } = column;
  if (type === 'f64') return [TYPES.float, fb.table(['i16', DOUBLE])];
  if (type === 'bool') return [TYPES.bool, fb.table()];
  if (type === 'decimal')
    return [TYPES.decimal, fb.table(['i32', column.width], ['i32', column.scale])];
  if (type === 'text' || type === 'words') return [TYPES.utf8, fb.table()];
  if (type === 'timestamp') return [TYPES.timestamp, fb.table(['i16', NANOSECOND])];
  const { byteLength, signed } = SCALARS[type];
  return [TYPES.int, intType(fb, byteLength * 8, signed)];
}

function field(fb: FlatBuffer, column: AnyField, id: number): number {
  const name = fb.string(column.name);
  const [type, place] = fieldType(fb, column);
  const isWords = column.type === 'words';
  const dictionary = isWords ? fb.table(['i64', id], ['ref', intType(fb, 16, true)]) : undefined;
  return fb.table(
    ['ref', name],
    ['u8', Number(isWords || 'nullable' in column || 'nulls' in column)],
    ['u8', type],
    ['ref', place],
    dictionary === undefined ? undefined : ['ref', dictionary],
    ['ref', fb.refs([])],
  );
}

/** The contents of a schema. */
interface Described extends Pick<Table, 'metadata'> {
  readonly columns: readonly AnyField[];
}

function schemaTable(fb: FlatBuffer, { columns, metadata }: Described): number {
  const fields = fb.refs(columns.map((column, id) => field(fb, column, id)));
  const pairs = Object.entries(metadata).map(([key, value]) =>
    fb.table(['ref', fb.string(key)], ['ref', fb.string(value)]),
  );
  return fb.table(undefined, ['ref', fields], ['ref', fb.refs(pairs)]);
}

/**
 * Returns the bytes of a message before its body: the continuation marker, the length, and the
 * metadata.
 */
function framed(
  fb: FlatBuffer,
  header: keyof typeof HEADERS,
  place: number,
  bodyBytes: number,
): Uint8Array {
  const message = fb.finish(
    fb.table(['i16', VERSION_5], ['u8', HEADERS[header]], ['ref', place], ['i64', bodyBytes]),
  );
  const bytes = new Uint8Array(8 + message.byteLength);
  new DataView(bytes.buffer).setInt32(0, -1, true);
  new DataView(bytes.buffer).setInt32(4, message.byteLength, true);
  bytes.set(message, 8);
  return bytes;
}

/** Returns the first message of a stream. */
export function schemaMessage(table: Described): Uint8Array {
  const fb = new FlatBuffer();
  return framed(fb, 'schema', schemaTable(fb, table), 0);
}

/** A column of a batch: its number of nulls, and its buffers in the order of the format. */
export interface ColumnBuffers {
  readonly nulls: number;
  readonly buffers: readonly Uint8Array[];
}

/** A message and its body. */
export interface Message {
  readonly head: Uint8Array;
  /** The buffers, each to be zero-padded to a multiple of `ALIGN`. */
  readonly body: readonly Uint8Array[];
  readonly bodyBytes: number;
}

function recordBatch(
  fb: FlatBuffer,
  rows: number,
  columns: readonly ColumnBuffers[],
): readonly [place: number, bodyBytes: number] {
  let bodyBytes = 0;
  const buffers = columns.flatMap((column) =>
    column.buffers.flatMap(({ byteLength }) => {
      const begin = bodyBytes;
      bodyBytes += padded(byteLength);
      return [begin, byteLength];
    }),
  );
  const nodes = fb.structs(
    columns.flatMap(({ nulls }) => [rows, nulls]),
    2,
  );
  return [fb.table(['i64', rows], ['ref', nodes], ['ref', fb.structs(buffers, 2)]), bodyBytes];
}

/** Returns the message of a batch of rows. */
export function batchMessage(rows: number, columns: readonly ColumnBuffers[]): Message {
  const fb = new FlatBuffer();
  const [place, bodyBytes] = recordBatch(fb, rows, columns);
  return {
    head: framed(fb, 'batch', place, bodyBytes),
    body: columns.flatMap(({ buffers }) => buffers),
    bodyBytes,
  };
}

/** Returns the message of a column's dictionary; `id` is the index of the column. */
export function dictionaryMessage(id: number, words: number, column: ColumnBuffers): Message {
  const fb = new FlatBuffer();
  const [data, bodyBytes] = recordBatch(fb, words, [column]);
  return {
    head: framed(fb, 'dictionary', fb.table(['i64', id], ['ref', data]), bodyBytes),
    body: column.buffers,
    bodyBytes,
  };
}

/** The position of a message in a file. */
export interface Block {
  readonly offset: number;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** Returns the footer of a file, without its length and the magic. */
export function footer(
  table: Table,
  dictionaries: readonly Block[],
  batches: readonly Block[],
): Uint8Array {
  const fb = new FlatBuffer();
  const schema = schemaTable(fb, table);
  const words = ({ offset, headBytes, bodyBytes }: Block): number[] => [
    offset,
    headBytes,
    bodyBytes,
  ];
  const [ofDictionaries, ofBatches] = [dictionaries, batches].map((blocks) =>
    fb.structs(blocks.flatMap(words), 3),
  );
  return fb.finish(
    fb.table(['i16', VERSION_5], ['ref', schema], ['ref', ofDictionaries], ['ref', ofBatches]),
  );
}
