import {
  type AIORing,
  AIORingSize,
  aioRing,
  IOEventSize,
  RING_HEADER_BYTES_MAX,
  RING_SLOTS_MAX,
} from '../abi/record.ts';
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError, excerpt, listed, shown } from '../errors.ts';
import { checkArgument, checkIterable, checkOptions } from './option-names.ts';
import { ringHeader, writeRingHeader } from './ring-header.ts';
import {
  type ColumnSource,
  FORMAT_NAMES,
  type FormatOptions,
  type Schema,
  schemaOf,
} from './schema.ts';
import { encodeText } from './text.ts';

/**
 * A record to encode: any fields of the layout by name. Missing fields are 0. Text is written as
 * UTF-8, and an escape `\xff` in it as that byte.
 */
export type EncodableRecord = {
  readonly [name: string]: number | bigint | string | Uint8Array | undefined;
};

/** Options of `encode`. */
export interface EncodeOptions extends FormatOptions {
  /**
   * For `aio_ring`: header fields that differ from a fresh ring's. Live events are in the slots
   * from `head` up to `tail`; without `tail`, all records are live.
   */
  readonly ring?: Partial<AIORing> | undefined;
}

/** The names of a ring's header fields, with their type. */
const HEADER_NAMES: readonly `${keyof AIORing}:number`[] = aioRing.fields.map(
  ({ name }) => `${name}:number` as const,
);

/** The slots of a ring fill whole pages: (nr + 1) * 32 is a multiple of this. */
const PAGE_BYTES = 4096;

function outOfRange(column: ColumnSource, index: number, value: unknown): never {
  const wanted =
    column.type === 'char'
      ? `text of up to ${column.byteLength} bytes of UTF-8`
      : `a whole number that fits ${column.type}`;
  throw new AioscopeError(
    'AIOSCOPE_RANGE',
    `${column.name} of record ${index} is ${shown(value)}, expected ${wanted}`,
  );
}

function putText(bytes: Uint8Array, column: ColumnSource, index: number, value: unknown): void {
  const text = typeof value === 'string' ? encodeText(value) : value;
  if (!(text instanceof Uint8Array && text.byteLength <= column.byteLength))
    outOfRange(column, index, value);
  bytes.set(text);
}

/**
 * Descriptors and flag words are `int` in programs and unsigned in the kernel: both are accepted.
 */
const takesSigned = ({ meaning }: ColumnSource): boolean =>
  meaning === 'descriptor' || meaning === 'rwFlags' || meaning === 'flags';

function encodeNumber(
  view: DataView,
  at: number,
  little: boolean,
  column: ColumnSource,
  index: number,
  value: unknown,
): void {
  const type = column.type as ScalarType;
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) outOfRange(column, index, value);
  const { signed, byteLength } = SCALARS[type];
  const bits = byteLength * 8;
  const wide = BigInt(value as number | bigint);
  const fits = wide === (signed ? BigInt.asIntN(bits, wide) : BigInt.asUintN(bits, wide));
  if (!fits && !(takesSigned(column) && wide === BigInt.asIntN(bits, wide)))
    outOfRange(column, index, value);
  if (byteLength === 8) view.setBigUint64(at, BigInt.asUintN(64, wide), little);
  else if (byteLength === 4) view.setUint32(at, Number(wide), little);
  else if (byteLength === 2) view.setUint16(at, Number(wide), little);
  else view.setUint8(at, Number(wide));
}

function encodeRecord(
  bytes: Uint8Array,
  schema: Schema,
  byName: ReadonlyMap<string, ColumnSource>,
  record: EncodableRecord,
  index: number,
): void {
  checkArgument(`record ${index}`, record, 'object');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [name, value] of Object.entries(record)) {
    const column = byName.get(name);
    if (column === undefined) {
      throw new AioscopeError(
        'AIOSCOPE_COLUMN',
        `record ${index} has '${excerpt(name)}', which is not a field of the layout; ` +
          `its fields are ${listed(byName.keys())}`,
      );
    }
    if (value === undefined) continue;
    const { sourceOffset, byteLength } = column;
    if (column.type === 'char')
      putText(bytes.subarray(sourceOffset, sourceOffset + byteLength), column, index, value);
    else encodeNumber(view, sourceOffset, schema.endian === 'little', column, index, value);
  }
}

function encodePacked(records: readonly EncodableRecord[], schema: Schema): Uint8Array {
  const bytes = new Uint8Array(records.length * schema.stride);
  const byName = new Map(schema.columns.map((column) => [column.name, column]));
  records.forEach((record, i) => {
    encodeRecord(
      bytes.subarray(i * schema.stride, (i + 1) * schema.stride),
      schema,
      byName,
      record,
      i,
    );
  });
  return bytes;
}

/** Rejects header fields that no ring can have. */
function checkHeader(given: Partial<AIORing>, nr: number): void {
  const ranges: Partial<Record<string, readonly [number, number]>> = {
    nr: [1, RING_SLOTS_MAX],
    header_length: [AIORingSize, RING_HEADER_BYTES_MAX],
  };
  for (const [name, value] of Object.entries({ ...given, nr })) {
    const [least, most] = ranges[name] ?? [0, 2 ** 32 - 1];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new AioscopeError(
      'AIOSCOPE_RANGE',
      `ring.${name} is ${value}, expected a whole number from ${least} to ${most}`,
    );
  }
}

/**
 * Puts events into a ring behind its header: the live ones in the slots from `head` on. If `tail`
 * leaves some over, they are stale, and go where the kernel would have left them: into the slots
 * before `head`.
 */
function encodeRing(events: Uint8Array, little: boolean, given: Partial<AIORing>): Uint8Array {
  const count = events.byteLength / IOEventSize;
  const pages = Math.ceil((AIORingSize + IOEventSize * (count + 1)) / PAGE_BYTES);
  const nr = given.nr ?? (pages * PAGE_BYTES) / IOEventSize - 1;
  checkHeader(given, nr);
  const head = given.head ?? 0;
  const tail = given.tail ?? (head + count) % nr;
  const live = given.tail === undefined ? count : ((tail % nr) - (head % nr) + nr) % nr;
  if (live >= nr || count > nr) {
    throw new AioscopeError(
      'AIOSCOPE_RANGE',
      `${live} live events and ${count} in all do not fit a ring of ${nr} slots, ` +
        `which holds up to ${nr - 1} live events and ${nr} in all; increase ring.nr`,
    );
  }
  if (live > count)
    throw new AioscopeError(
      'AIOSCOPE_RANGE',
      `ring.head ${head} and ring.tail ${tail} enclose ${live} live events, ` +
        `but there are ${count} records`,
    );
  const header = { ...ringHeader(nr, head, tail), ...given };
  const bytes = new Uint8Array(header.header_length + nr * IOEventSize);
  writeRingHeader(bytes, header, little);
  for (let i = 0; i < count; i++) {
    const slot = ((head % nr) + nr + (i < live ? i : i - count)) % nr;
    bytes.set(
      events.subarray(i * IOEventSize, (i + 1) * IOEventSize),
      header.header_length + slot * IOEventSize,
    );
  }
  return bytes;
}

/**
 * Encodes records; the inverse of `decode`. A batch is an iterable of records and can be passed
 * directly. For `aio_ring` the records are the events, live ones first. The result is built in
 * memory.
 *
 * @throws AioscopeError `AIOSCOPE_RANGE` for a value that does not fit its field, `AIOSCOPE_COLUMN`
 *   for a field that the layout does not have, and as `open` does for invalid options
 */
export function encode(records: Iterable<EncodableRecord>, options: EncodeOptions): Uint8Array {
  checkOptions('encode', options, [FORMAT_NAMES, 'ring:object']);
  const schema = schemaOf(options);
  checkOptions('ring', options.ring, HEADER_NAMES);
  checkIterable('records', records);
  const packed = encodePacked([...records], schema);
  return schema.kind === 'aio_ring'
    ? encodeRing(packed, schema.endian === 'little', options.ring ?? {})
    : packed;
}
