import type { ProfileName } from '../abi/rule.ts';
import { jsEngineOf } from '../engine/js.ts';
import { JS_DECODING } from '../engine/js-decoding.ts';
import type { Engine } from '../engine/kernel.ts';
import { selectEngine } from '../engine/select.ts';
import { AioscopeError, shown } from '../errors.ts';
import type { FieldsOf, FieldTypes, RecordOf } from '../layout/layout-type.ts';
import { checkOptions } from '../layout/option-names.ts';
import { type Kind, type Schema, schemaOf } from '../layout/schema.ts';
import { RecordBatch } from './batch.ts';
import { type ColumnArray, columnArray, Decoder } from './decoder.ts';
import { bytesOf, type MemorySource, memorySource } from './memory-source.ts';
import { DECODE_NAMES, type DecodeOptions, type Quality } from './options.ts';
import { parseRing, type RingImage, type RingState } from './ring.ts';
import { type CreateFilter, filterOf } from './row-filter.ts';

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
      isLive: () => true,
    });
    this.quality = quality;
    this.ring = image?.state;
  }
}

/** With the kernels that decode, at once. */
const decodingJsEngine = jsEngineOf(() => JS_DECODING);

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

/** Decodes whole records through an arena into columns that own their memory. */
export function decodeOwned(
  schema: Schema,
  engine: Engine,
  source: MemorySource,
  records: number,
  createFilter?: CreateFilter,
): Owned {
  const arrays = schema.columns.map((column) =>
    columnArray(column, new ArrayBuffer(records * column.byteLength), 0, records),
  );
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
  return {
    arrays: arrays.map((array, i) => array.slice(0, length * widths[i])),
    rows: rows.slice(0, length),
  };
}

/**
 * Decodes bytes in memory into one batch that owns its columns. For dumps that fit in memory twice;
 * `open` reads larger ones. `quality.tornBytes` counts trailing bytes that do not make up a whole
 * record.
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
  checkOptions('decode', options as DecodeOptions, DECODE_NAMES);
  const schema = schemaOf(options);
  const source = bytesOf(bytes);
  if (source === undefined)
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `decode takes a Uint8Array or an ArrayBuffer, not ${shown(bytes)}; open takes streams`,
    );
  const ring = schema.kind === 'aio_ring' ? parseRing('memory', source, schema.endian) : undefined;
  const events = ring?.events ?? memorySource(source);
  const records = Math.floor(events.byteLength / schema.stride);
  const { arrays, rows } = decodeOwned(
    schema,
    selectEngine(options.engine, decodingJsEngine),
    events,
    records,
    filterOf(options, schema),
  );
  const tornBytes = ring?.tornBytes ?? source.byteLength % schema.stride;
  const tornOffset = tornBytes > 0 ? source.byteLength - tornBytes : null;
  const quality = {
    bytes: source.byteLength,
    records,
    tornBytes,
    tornOffset,
    ...(rows && { selected: rows.length }),
  };
  return new DecodedBatch<K, FieldsOf<K, L, C>>(schema, arrays, quality, ring, rows);
}
