// Blocks in ClickHouse's format Native, made of the columns of a batch.
// Source: https://clickhouse.com/docs/interfaces/formats/Native (columns one after another).
import type { TableColumn } from '../sinks/table.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { type ColumnType, columnType } from './columns.ts';
import type { Tally } from './tally.ts';

/** Appends a number in LEB128. */
function putVarint(target: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) target.push((rest % 128) | 128);
  target.push(rest);
}

const encoder = new TextEncoder();

function putText(target: number[], text: string): void {
  const bytes = encoder.encode(text);
  putVarint(target, bytes.byteLength);
  target.push(...bytes);
}

/** The bytes of a column's name and type. */
function headOf(name: string, type: string): Uint8Array {
  const head: number[] = [];
  putText(head, name);
  putText(head, type);
  return Uint8Array.from(head);
}

/** The bytes of a text with its length, of texts that repeat. */
class TextBytes {
  readonly #known = new Map<string, Uint8Array>();

  of(text: string): Uint8Array {
    let bytes = this.#known.get(text);
    if (bytes === undefined) {
      const put: number[] = [];
      putText(put, text);
      bytes = Uint8Array.from(put);
      // Names are few; anything else is not kept.
      if (this.#known.size < 4096) this.#known.set(text, bytes);
    }
    return bytes;
  }
}

type Values = RecordBatch['columns'][string];

/** Returns rows of a column as bytes, and adds them to the tally. */
type Encode = (batch: RecordBatch, from: number, to: number, tally: Tally) => Uint8Array;

function encoderOf(column: TableColumn, place: number, type: ColumnType): Encode {
  if (column.type === 'text' || column.type === 'words') {
    const texts = new TextBytes();
    return (batch, from, to, tally) => {
      const read = textReader(column, batch);
      const parts: Uint8Array[] = [];
      let bytes = 0;
      let lengths = 0;
      for (let i = from; i < to; i++) {
        const part = texts.of(read(i) ?? '');
        parts.push(part);
        bytes += part.byteLength;
        lengths += part.byteLength < 129 ? part.byteLength - 1 : textLength(part);
      }
      tally.addLengths(place, lengths);
      return Buffer.concat(parts, bytes);
    };
  }
  return (batch, from, to, tally) => {
    const values = widened(column.values(batch).subarray(from, to), type);
    tally.addValues(place, values);
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };
}

const ARRAYS = {
  UInt8: Uint8Array,
  Int8: Int8Array,
  UInt16: Uint16Array,
  Int16: Int16Array,
  UInt32: Uint32Array,
  Int32: Int32Array,
  UInt64: BigUint64Array,
  Int64: BigInt64Array,
} as const;

/** Values as the type of their column: servers take Native blocks of exactly that type. */
function widened(values: Values, type: ColumnType): Values {
  if (type === 'String' || values instanceof ARRAYS[type]) return values;
  const wide = new ARRAYS[type](values.length);
  const isBig = wide instanceof BigUint64Array || wide instanceof BigInt64Array;
  for (let i = 0; i < values.length; i++) wide[i] = isBig ? BigInt(values[i]) : Number(values[i]);
  return wide;
}

/** Bytes of a text without those of its length. */
function textLength(part: Uint8Array): number {
  let at = 0;
  while ((part[at] & 128) !== 0) at += 1;
  return part.byteLength - at - 1;
}

type TextColumn = Extract<TableColumn, { readonly type: 'text' | 'words' }>;

function textReader(column: TextColumn, batch: RecordBatch): (i: number) => string | null {
  if (column.type === 'text') return column.text(batch);
  const places = column.places(batch);
  return (i) => column.words[places[i]] ?? '';
}

/** Makes blocks of batches of one table. */
export class BlockEncoder {
  readonly #columns: readonly { readonly head: Uint8Array; readonly encode: Encode }[];

  /**
   * `columns` are those of the batches, in the order of the tally after `index`, and `types` those
   * of the columns of the table.
   */
  constructor(columns: readonly TableColumn[], types: ReadonlyMap<string, ColumnType>) {
    this.#columns = columns.map((column, i) => {
      const type = types.get(column.name) ?? columnType(column);
      return { head: headOf(column.name, type), encode: encoderOf(column, i + 1, type) };
    });
  }

  /**
   * Returns a block of rows `from` to `to` of a batch, in memory of its own, and adds them to the
   * tally. `indexOf` numbers the rows.
   */
  block(
    batch: RecordBatch,
    from: number,
    to: number,
    indexOf: (i: number) => number,
    tally: Tally,
  ): Uint8Array {
    const begin: number[] = [];
    putVarint(begin, this.#columns.length + 1);
    putVarint(begin, to - from);
    const indexes = new BigUint64Array(to - from);
    const words = new Uint32Array(indexes.buffer);
    for (let i = from; i < to; i++) {
      const index = indexOf(i);
      words[2 * (i - from)] = index;
      words[2 * (i - from) + 1] = index / 2 ** 32;
    }
    tally.addRows(to - from, indexOf(from), indexOf(to - 1));
    tally.addValues(0, indexes);
    const parts = [Uint8Array.from(begin), INDEX_HEAD, new Uint8Array(indexes.buffer)];
    for (const { head, encode } of this.#columns) parts.push(head, encode(batch, from, to, tally));
    return Buffer.concat(parts);
  }
}

const INDEX_HEAD = headOf('index', 'UInt64');
