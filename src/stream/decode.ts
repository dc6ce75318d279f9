import type { ProfileName } from '../abi/rule.ts';
import { jsEngineOf } from '../engine/js.ts';
import { JS_DECODING } from '../engine/js-decoding.ts';
import type { Engine } from '../engine/kernel.ts';
import { checkEngine, selectEngine } from '../engine/select.ts';
import { AioscopeError, shown } from '../errors.ts';
import type { FieldsOf, FieldTypes, RecordOf } from '../layout/layout-type.ts';
import { checkOptions } from '../layout/option-names.ts';
import { type Kind, type Schema, schemaOf } from '../layout/schema.ts';
import { RecordBatch } from './batch.ts';
import { decodeFew } from './decode-few.ts';
import { type ColumnArray, Decoder, ownedColumns } from './decoder.ts';
import { bytesOf, type MemorySource, memorySource } from './memory-source.ts';
import { DECODE_NAMES, type DecodeOptions, type Quality } from './options.ts';
import { parseRing, type RingImage, type RingState } from './ring.ts';
import { type CreateFilter, filterOf } from './row-filter.ts';

const isLive = (): boolean => true;

/** All records of `decode` in one batch that owns its columns, and the quality of the data. */
export class DecodedBatch<
  K extends Kind = Kind,
  F extends FieldTypes = FieldTypes,
> extends RecordBatch<RecordOf<K>, F> {
  readonly quality: Readonly<Quality>;
  /** The header and state of a ring image; undefined for other kinds. */
  readonly ring: RingState | undefined;

  constructor(
    schema: Schema,
    arrays: readonly ColumnArray[],
    quality: Quality,
    image: RingImage | undefined,
    rows?: Uint32Array,
  ) {
    super(schema, arrays, rows?.length ?? quality.records, {
      firstIndex: 0,
      rows,
      ring: image,
      isLive,
    });
    this.quality = quality;
    this.ring = image?.state;
  }
}

/** With the kernels that decode, at once. */
const decodingJsEngine = jsEngineOf(() => JS_DECODING);

/** The most records that are decoded without an arena. */
const FEW_RECORDS = 256;

/** Records per block: their bytes and columns fit the L2 cache. */
const BLOCK_RECORDS = 4096;

/** Reads until `target` is full or the source ends. */
function fill(source: MemorySource, target: Uint8Array): void {
  for (let filled = 0, read = 1; read > 0 && filled < target.byteLength; filled += read)
    read = source.read(target.subarray(filled));
}

/** Columns that own their memory, and with conditions the indexes of the selected records. */
interface Owned {
  readonly arrays: ColumnArray[];
  readonly rows: Uint32Array | undefined;
}

/** Columns of `rows` records in one new buffer. */
function columnsFor(schema: Schema, rows: number): ColumnArray[] {
  const { byteLength, columns } = ownedColumns(schema, rows);
  return columns(new ArrayBuffer(byteLength));
}

/** Decodes whole records through an arena into columns that own their memory. */
export function decodeOwned(
  schema: Schema,
  engine: Engine,
  source: MemorySource,
  records: number,
  createFilter?: CreateFilter,
): Owned {
  const arrays = columnsFor(schema, records);
  const rows = createFilter && new Uint32Array(records);
  const widths = schema.columns.map(({ byteLength, type }) => (type === 'char' ? byteLength : 1));
  const decoder = new Decoder(schema, engine, BLOCK_RECORDS, 1, createFilter);
  let length = 0;
  for (let done = 0; done < records; done += BLOCK_RECORDS) {
    fill(source, decoder.source);
    const kept = decoder.decode(0, Math.min(BLOCK_RECORDS, records - done));
    widths.forEach((width, i) => {
      (arrays[i] as Uint8Array).set(
        (decoder.columns[i] as Uint8Array).subarray(0, kept * width),
        length * width,
      );
    });
    for (let i = 0; rows !== undefined && i < kept; i++)
      rows[length + i] = done + (decoder.rows?.[i] ?? i);
    length += kept;
  }
  decoder.release();
  if (rows === undefined) return { arrays, rows };
  const selected = columnsFor(schema, length);
  selected.forEach((array, i) => {
    (array as Uint8Array).set((arrays[i] as Uint8Array).subarray(0, length * widths[i]));
  });
  return { arrays: selected, rows: rows.slice(0, length) };
}

/** Options with which a schema was resolved, where they ask for nothing else. */
interface Known {
  readonly kind: unknown;
  readonly layout: unknown;
  readonly endian: unknown;
  readonly schema: Schema;
}

/** The plain options of the last calls, the newest first. */
const known: Known[] = [];
const KNOWN_MAX = 8;

/** Whether options have no names but these, and no value under another name. */
function arePlain(options: DecodeOptions): boolean {
  if (typeof options !== 'object' || options === null) return false;
  for (const name in options)
    if (name !== 'kind' && name !== 'layout' && name !== 'endian' && name !== 'engine')
      return false;
  const { check, absent, where, from, to } = options;
  return (check ?? absent ?? where ?? from ?? to) === undefined;
}

/**
 * The schema of options that say nothing but a format; undefined of others. Checking and resolving
 * them takes longer than decoding a few records, so that it is done once. Values are compared, not
 * the object, which may have others at the next call.
 */
function plainSchema(options: DecodeOptions): Schema | undefined {
  if (!arePlain(options)) return undefined;
  const { kind, layout, endian } = options;
  for (const each of known)
    if (each.kind === kind && each.layout === layout && each.endian === endian) return each.schema;
  checkOptions('decode', options, DECODE_NAMES);
  const schema = Object.freeze(schemaOf(options));
  // Later calls return it too: nobody may change it.
  Object.freeze(schema.columns);
  known.unshift({ kind, layout, endian, schema });
  known.length = Math.min(known.length, KNOWN_MAX);
  return schema;
}

function checkedSchema(options: DecodeOptions): Schema {
  checkOptions('decode', options, DECODE_NAMES);
  return schemaOf(options);
}

function qualityOf(
  bytes: number,
  records: number,
  stride: number,
  tornBytes = bytes % stride,
): Quality {
  return { bytes, records, tornBytes, tornOffset: tornBytes > 0 ? bytes - tornBytes : null };
}

/**
 * Decodes bytes in memory into one batch that owns its columns, which share one buffer. For dumps
 * that fit in memory twice; `open` reads larger ones. `quality.tornBytes` counts trailing bytes
 * that do not make up a whole record.
 *
 * @throws AioscopeError for invalid options, `AIOSCOPE_SOURCE` for anything but bytes, and
 *   `AIOSCOPE_RING` if a ring image is invalid; never because of the values in records
 */
export function decode<
  K extends Kind,
  const L extends string | undefined = 'record',
  C extends ProfileName | undefined = undefined,
>(
  bytes: Uint8Array | ArrayBufferLike,
  options: DecodeOptions & { readonly kind: K; readonly layout?: L; readonly check?: C },
): DecodedBatch<K, FieldsOf<K, L, C>> {
  const plain = plainSchema(options);
  const schema = plain ?? checkedSchema(options);
  const source = bytesOf(bytes);
  if (source === undefined)
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `decode takes a Uint8Array or an ArrayBuffer, not ${shown(bytes)}; open takes streams`,
    );
  const { stride } = schema;
  const few = Math.floor(source.byteLength / stride);
  if (plain !== undefined && few <= FEW_RECORDS && schema.kind !== 'aio_ring') {
    checkEngine(options.engine, decodingJsEngine);
    const arrays = decodeFew(schema, source, few);
    return new DecodedBatch(schema, arrays, qualityOf(source.byteLength, few, stride), undefined);
  }
  const ring = schema.kind === 'aio_ring' ? parseRing('memory', source, schema.endian) : undefined;
  const events = ring?.events ?? memorySource(source);
  const records = Math.floor(events.byteLength / stride);
  const { arrays, rows } = decodeOwned(
    schema,
    selectEngine(options.engine, decodingJsEngine),
    events,
    records,
    filterOf(options, schema),
  );
  const quality = qualityOf(source.byteLength, records, stride, ring?.tornBytes);
  if (rows !== undefined) quality.selected = rows.length;
  return new DecodedBatch<K, FieldsOf<K, L, C>>(schema, arrays, quality, ring, rows);
}
