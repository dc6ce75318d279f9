// A few records decoded without kernels: the way into an arena and out of it takes longer.
import type { ColumnSource, Endian, Schema } from '../layout/schema.ts';
import { type ColumnArray, type ColumnsPlan, columnArray, planColumns } from './decoder.ts';

/** A plan, and for how many rows it is. */
interface Plan extends ColumnsPlan {
  readonly rows: number;
}

/**
 * Memory as arrays of every width, each made when it is needed: that takes as long as copying 50
 * values. A copy between two arrays makes no bigint.
 */
class Aliases {
  readonly #buffer: ArrayBufferLike;
  readonly #byteOffset: number;
  readonly #byteLength: number;
  #bytes: Uint8Array | undefined;
  #halves: Uint16Array | undefined;
  #words: Uint32Array | undefined;
  #longs: BigInt64Array | undefined;

  /** `byteOffset` is a multiple of 8, unless only bytes are needed. */
  constructor(buffer: ArrayBufferLike, byteOffset: number, byteLength: number) {
    this.#buffer = buffer;
    this.#byteOffset = byteOffset;
    this.#byteLength = byteLength;
  }

  get bytes(): Uint8Array {
    return (this.#bytes ??= new Uint8Array(this.#buffer, this.#byteOffset, this.#byteLength));
  }

  get halves(): Uint16Array {
    const length = this.#byteLength >>> 1;
    return (this.#halves ??= new Uint16Array(this.#buffer, this.#byteOffset, length));
  }

  get words(): Uint32Array {
    const length = this.#byteLength >>> 2;
    return (this.#words ??= new Uint32Array(this.#buffer, this.#byteOffset, length));
  }

  get longs(): BigInt64Array {
    const length = this.#byteLength >>> 3;
    return (this.#longs ??= new BigInt64Array(this.#buffer, this.#byteOffset, length));
  }
}

/** Where a field is: at byte `at` of the first record, `stride` bytes apart. */
interface Place {
  readonly at: number;
  readonly stride: number;
  readonly rows: number;
}

/** Copies an aligned field of every record into a column at byte `to`. */
function copyAligned(from: Aliases, place: Place, target: Aliases, to: number, bytes: number) {
  const { rows } = place;
  if (bytes === 8) {
    const [source, longs, step] = [from.longs, target.longs, place.stride >>> 3];
    for (let i = to >>> 3, at = place.at >>> 3, end = i + rows; i < end; i++, at += step)
      longs[i] = source[at];
  } else if (bytes === 4) {
    const [source, words, step] = [from.words, target.words, place.stride >>> 2];
    for (let i = to >>> 2, at = place.at >>> 2, end = i + rows; i < end; i++, at += step)
      words[i] = source[at];
  } else if (bytes === 2) {
    const [source, halves, step] = [from.halves, target.halves, place.stride >>> 1];
    for (let i = to >>> 1, at = place.at >>> 1, end = i + rows; i < end; i++, at += step)
      halves[i] = source[at];
  }
}

/** Copies a field of every record, byte by byte, into a column at byte `to`. */
function copyBytes(
  source: Uint8Array,
  { at, stride, rows }: Place,
  { bytes }: Aliases,
  to: number,
  { byteLength, type }: ColumnSource,
  endian: Endian,
): void {
  const isSwapped = endian === 'big' && type !== 'char';
  const [first, step] = isSwapped ? [byteLength - 1, -1] : [0, 1];
  for (let row = 0, target = to; row < rows; row++) {
    const begin = at + row * stride + first;
    for (let i = 0; i < byteLength; i++) bytes[target++] = source[begin + i * step];
  }
}

const plans = new WeakMap<Schema, Plan>();

/** Returns the plan of a schema; that of the last number of rows is kept. */
function planOf(schema: Schema, rows: number): Plan {
  const known = plans.get(schema);
  if (known?.rows === rows) return known;
  const plan = { ...planColumns(schema, rows), rows };
  plans.set(schema, plan);
  return plan;
}

/** Decodes whole records into columns in one new buffer, as the kernels do. */
export function decodeFew(schema: Schema, source: Uint8Array, rows: number): ColumnArray[] {
  const { offsets, byteLength } = planOf(schema, rows);
  const buffer = new ArrayBuffer(byteLength);
  const { stride, endian } = schema;
  const target = new Aliases(buffer, 0, byteLength);
  const from = new Aliases(source.buffer, source.byteOffset, source.byteLength);
  const isAligned = endian === 'little' && ((source.byteOffset | stride) & 7) === 0;
  const { columns } = schema;
  const arrays: ColumnArray[] = [];
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c];
    const { sourceOffset: at, byteLength: bytes, type } = column;
    const place = { at, stride, rows };
    const isWord = bytes > 1 && type !== 'char' && at % bytes === 0;
    if (isAligned && isWord) copyAligned(from, place, target, offsets[c], bytes);
    else copyBytes(source, place, target, offsets[c], column, endian);
    arrays.push(columnArray(column, buffer, offsets[c], rows));
  }
  return arrays;
}
