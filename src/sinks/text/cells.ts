// Writers of the cells of a column. A value that is that of the row before is copied from there.
import type { ColumnSource } from '../../layout/schema.ts';
import { decodeText } from '../../layout/text.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { ColumnArray } from '../../stream/decoder.ts';
import type { TextColumn } from '../names.ts';
import type { Int64Form } from '../rows.ts';
import { runNameReader } from '../run-columns.ts';
import { type ByteText, type Fragment, fragmentOf } from './byte-text.ts';
import { writeU32, writeU64 } from './digits.ts';

/** What a format puts around values. */
export interface TextFormat {
  /** What is before the value of a column; `isFirst` in its row. */
  key(name: string, isFirst: boolean): string;
  quote(text: string): string;
  /** The value of a row that has none. */
  readonly missing: string;
  /** Whether 64-bit integers are text: all, none, or those that few readers hold exactly. */
  readonly wide: Int64Form;
  /** What is after the last value of a row. */
  readonly end: string;
}

/** Writes the cell of a row, with its key. There is room for a key and a number. */
export type Cell = (text: ByteText, i: number) => void;

/** The most bytes of a number: a sign, 20 digits and quotes. */
export const NUMBER_BYTES = 23;

const QUOTE = 0x22;
const MINUS = 0x2d;
/** The high word of 2^53. */
const HIGH_OF_UNSAFE = 2 ** 21;

function wideCell(array: ColumnArray, isSigned: boolean, key: Fragment, form: Int64Form): Cell {
  const words = new Uint32Array(array.buffer, array.byteOffset, 2 * array.length);
  let [lastLow, lastHigh] = [-1, -1];
  let [from, byteLength] = [0, 0];
  return (text, i) => {
    let low = words[2 * i];
    let high = words[2 * i + 1];
    const begin = text.at;
    if (low === lastLow && high === lastHigh) text.repeat(from, byteLength);
    else {
      [lastLow, lastHigh] = [low, high];
      text.put(key);
      const { view } = text;
      let { at } = text;
      const isNegative = isSigned && high >= 2 ** 31;
      if (isNegative) {
        high = (low === 0 ? -high : ~high) >>> 0;
        low = -low >>> 0;
      }
      const isText = form === 'string' || (form === 'auto' && high >= HIGH_OF_UNSAFE);
      if (isText) view.setUint8(at++, QUOTE);
      if (isNegative) view.setUint8(at++, MINUS);
      at = writeU64(view, at, low, high);
      if (isText) view.setUint8(at++, QUOTE);
      text.at = at;
    }
    from = begin;
    byteLength = text.at - begin;
  };
}

function narrowCell(array: ArrayLike<number>, isDescriptor: boolean, key: Fragment): Cell {
  let last = Number.NaN;
  let [from, byteLength] = [0, 0];
  return (text, i) => {
    const value = isDescriptor ? array[i] | 0 : array[i];
    const begin = text.at;
    if (value === last) text.repeat(from, byteLength);
    else {
      last = value;
      text.put(key);
      const { view } = text;
      let { at } = text;
      if (value < 0) view.setUint8(at++, MINUS);
      text.at = writeU32(view, at, value < 0 ? -value : value);
    }
    from = begin;
    byteLength = text.at - begin;
  };
}

/** Fragments by their text; few names are common. */
const FRAGMENTS_MAX = 4096;

/** Makes the fragments of a column's texts, each once. */
function fragments(make: (text: string) => string): (text: string) => Fragment {
  const known = new Map<string, Fragment>();
  return (text) => {
    let fragment = known.get(text);
    if (fragment === undefined) {
      fragment = fragmentOf(make(text));
      if (known.size === FRAGMENTS_MAX) known.clear();
      known.set(text, fragment);
    }
    return fragment;
  };
}

/** Writes texts; `room` bytes are left after each, for the rest of the row. */
function textCell(
  read: (i: number) => string | null,
  key: string,
  { quote, missing }: TextFormat,
  room: number,
): Cell {
  const none = fragmentOf(key + missing);
  const fragment = fragments((name) => key + quote(name));
  let last: string | null = null;
  let lastFragment = none;
  return (text, i) => {
    const name = read(i);
    if (name !== last) {
      last = name;
      lastFragment = name === null ? none : fragment(name);
    }
    text.reserve(lastFragment.byteLength + room);
    text.put(lastFragment);
  };
}

/** Reads the texts of fields. One that is that of the row before is not decoded again. */
function charReader(array: Uint8Array, width: number): (i: number) => string {
  let last = -1;
  let name = '';
  const isLast = (begin: number): boolean => {
    for (let at = 0; at < width; at++) if (array[begin + at] !== array[last + at]) return false;
    return true;
  };
  return (i) => {
    const begin = i * width;
    if (last < 0 || !isLast(begin)) name = decodeText(array, begin, begin + width);
    last = begin;
    return name;
  };
}

/** The writer of a column that is in the records. */
function valueCell(
  batch: RecordBatch,
  { name, type, byteLength, meaning }: ColumnSource,
  key: string,
  format: TextFormat,
  room: number,
): Cell {
  const array = batch.columns[name];
  if (type === 'char')
    return textCell(charReader(array as Uint8Array, byteLength), key, format, room);
  const fragment = fragmentOf(key);
  return type === 'u64' || type === 'i64'
    ? wideCell(array, type === 'i64', fragment, format.wide)
    : narrowCell(array as Uint32Array, meaning === 'descriptor', fragment);
}

/** Returns the writer of a column's cells; `room` bytes are left after each. */
export function cellOf(
  batch: RecordBatch,
  { source, names }: TextColumn,
  key: string,
  format: TextFormat,
  room: number,
): Cell {
  const read = names?.(batch) ?? (source.runName && runNameReader(batch, source.runName));
  if (read !== undefined) return textCell(read, key, format, room);
  const write = valueCell(batch, source, key, format, room);
  const isAbsent = batch.absence(source.name);
  if (isAbsent === undefined) return write;
  const none = fragmentOf(key + format.missing);
  return (text, i) => (isAbsent(i) ? text.put(none) : write(text, i));
}
