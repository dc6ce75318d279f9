// Records of a file as text and as bytes.
import { aioRing, IOEventSize, ioEvent } from '../../abi/index.ts';
import { decode, resolveSchema, type Schema } from '../../index.ts';
import { parseHeader } from '../../internal-page.ts';
import { recordCell } from '../../words/record-cells.ts';
import type { FileFormat, Rows } from '../session.ts';
import { type Bytes, optionsOf, readPlain } from './bytes.ts';
import type { AskedFile } from './messages.ts';

/** The most records of one ask. */
const ROWS_MAX = 4096;

/** The values of records, row by row. */
function cellsOf(bytes: Uint8Array, { kind, layout, endian }: FileFormat, schema: Schema) {
  // The slots of a ring are completions without its header.
  const packed = kind === 'aio_ring' ? 'io_event' : kind;
  const batch = decode(bytes, { kind: packed, layout, endian });
  return Array.from({ length: batch.length }, (_, i) =>
    schema.columns.map((column) => recordCell(batch, column, i)),
  );
}

const OBJ_OFFSET = ioEvent.fields[1].offset;

/** Rows of a ring are its slots, with their state: those that never held an event are `empty`. */
async function ringRows(file: AskedFile, schema: Schema, first: number, count: number) {
  const { source, format } = file;
  const header = parseHeader(
    source.name,
    await readPlain(file, 0, aioRing.byteLength),
    format.endian,
  );
  const { nr, header_length } = header;
  const end = Math.min(first + count, nr);
  const begin = header_length + first * IOEventSize;
  const read = await readPlain(file, begin, header_length + Math.max(first, end) * IOEventSize);
  const bytes = read.slice(0, read.byteLength - (read.byteLength % IOEventSize));
  const [head, tail] = [header.head % nr, header.tail % nr];
  const live = (tail - head + nr) % nr;
  const words = new DataView(bytes.buffer);
  const stateOf = (i: number): string => {
    if ((first + i - head + nr) % nr < live) return 'live';
    return words.getBigUint64(i * IOEventSize + OBJ_OFFSET) === 0n ? 'empty' : 'stale';
  };
  const cells = cellsOf(bytes, format, schema).map((row, i) => [stateOf(i), ...row]);
  return { first, names: ['state', ...schema.columns.map(({ name }) => name)], cells, bytes };
}

/** Whole records only. */
const whole = (bytes: Bytes, stride: number): Bytes =>
  bytes.byteLength % stride === 0
    ? bytes
    : bytes.slice(0, bytes.byteLength - (bytes.byteLength % stride));

/**
 * Reads `count` records from `first` on, as far as there are any, at most 4,096. Only their bytes
 * are read, except of a compressed file, which is read from its beginning, up to 256 MiB.
 *
 * @throws AioscopeError `AIOSCOPE_CHANGED`, `AIOSCOPE_READ`, or `AIOSCOPE_SOURCE` for a place in a
 *   compressed file that is too far away; `AIOSCOPE_RING` for what is not a ring image
 */
export async function readRows(file: AskedFile, first: number, count: number): Promise<Rows> {
  const { format } = file;
  const schema = resolveSchema(optionsOf(format));
  const rows = Math.min(count, ROWS_MAX);
  if (format.kind === 'aio_ring') return ringRows(file, schema, first, rows);
  const { stride, columns } = schema;
  const read = await readPlain(file, first * stride, (first + rows) * stride);
  const bytes = whole(read, stride);
  const names = columns.map(({ name }) => name);
  return { first, names, cells: cellsOf(bytes, format, schema), bytes };
}
