import type { ColumnSource, Schema } from '../layout/schema.ts';
import { PROGRAMS } from './program.ts';
import { COLUMN_WORDS, PROGRAM, ROW_WORDS } from './row.ts';

/** The target of rows: `bytes`, and a view of them. */
interface Target {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Writes `count` rows from `first` on as records, from byte `at` on, into bytes that are 0. */
export type RowWriter = (
  rows: Uint32Array,
  first: number,
  count: number,
  target: Target,
  at: number,
) => void;

function wideWriter(word: number, stride: number, little: boolean): RowWriter {
  const begin = little ? word : word + 1;
  const end = little ? word + 1 : word;
  return (rows, first, count, { view }, at) => {
    let from = first * ROW_WORDS;
    for (let i = 0; i < count; i++) {
      view.setUint32(at, rows[from + begin], little);
      view.setUint32(at + 4, rows[from + end], little);
      from += ROW_WORDS;
      at += stride;
    }
  };
}

function narrowWriter(
  word: number,
  byteLength: number,
  stride: number,
  little: boolean,
): RowWriter {
  return (rows, first, count, { view }, at) => {
    let from = first * ROW_WORDS + word;
    for (let i = 0; i < count; i++) {
      if (byteLength === 4) view.setUint32(at, rows[from], little);
      else if (byteLength === 2) view.setUint16(at, rows[from], little);
      else view.setUint8(at, rows[from]);
      from += ROW_WORDS;
      at += stride;
    }
  };
}

/** Text is the program's name, truncated like the kernel's comm: the last byte is NUL. */
function nameWriter(byteLength: number, stride: number): RowWriter {
  const names = PROGRAMS.map(({ comm }) =>
    Uint8Array.from(comm.slice(0, Math.max(1, byteLength - 1)), (char) => char.charCodeAt(0)),
  );
  return (rows, first, count, { bytes }, at) => {
    for (let i = 0; i < count; i++) {
      const name = names[rows[(first + i) * ROW_WORDS + PROGRAM]];
      for (let k = 0; k < name.length; k++) bytes[at + k] = name[k];
      at += stride;
    }
  };
}

function columnWriter(
  { type, name, byteLength }: ColumnSource,
  { record, stride, endian }: Schema,
): RowWriter | undefined {
  if (type === 'char') return nameWriter(byteLength, stride);
  const words = COLUMN_WORDS[record.name as keyof typeof COLUMN_WORDS];
  if (!Object.hasOwn(words, name)) return undefined;
  if (byteLength === 8) return wideWriter(words[name], stride, endian === 'little');
  return narrowWriter(words[name], byteLength, stride, endian === 'little');
}

/** Returns the writer for a layout and byte order. It writes one column after another. */
export function rowWriter(schema: Schema): RowWriter {
  const writers = schema.columns.map((column) => ({
    offset: column.sourceOffset,
    write: columnWriter(column, schema),
  }));
  return (rows, first, count, target, at) => {
    for (const { offset, write } of writers) write?.(rows, first, count, target, at + offset);
  };
}
