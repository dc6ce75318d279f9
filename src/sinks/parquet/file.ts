import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { AioscopeError } from '../../errors.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import { type BatchStream, coalesce } from '../../stream/coalesce.ts';
import {
  type PARQUET_CODECS,
  type Table,
  type TableColumn,
  type TableOptions,
  tableOf,
} from '../table.ts';

/** How records are written as Parquet. */
export interface ParquetOptions extends TableOptions {
  /** How pages are compressed: `snappy` unless said otherwise. `zstd` needs a compressor. */
  readonly codec?: (typeof PARQUET_CODECS)[number] | undefined;
  /** What compresses to zstd: `zstdCompressSync` of `node:zlib` since Node 22.15, or any other. */
  readonly zstd?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** Rows a row group, but the last; 65,536 unless said otherwise. So many are in memory at once. */
  readonly rows?: number | undefined;
}

const ROWS = 2 ** 16;
const ROWS_MAX = 2 ** 20;
const CODECS = { snappy: 'SNAPPY', zstd: 'ZSTD', none: 'UNCOMPRESSED' } as const;
/** Other readers refuse the newer INTEGER annotations of this writer; the older ones say the same. */
const INTEGERS = {
  u8: ['INT32', 'UINT_8'],
  i8: ['INT32', 'INT_8'],
  u16: ['INT32', 'UINT_16'],
  i16: ['INT32', 'INT_16'],
  u32: ['INT32', 'UINT_32'],
  i32: ['INT32', 'INT_32'],
  u64: ['INT64', 'UINT_64'],
  i64: ['INT64', 'INT_64'],
} as const;

function schemaElement({ name, type }: TableColumn): SchemaElement {
  if (type === 'words')
    return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
  if (type === 'text')
    return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
  if (type === 'timestamp') {
    const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } as const;
    return { name, type: 'INT64', logical_type, repetition_type: 'REQUIRED' };
  }
  const [physical, converted_type] = INTEGERS[type];
  return { name, type: physical, converted_type, repetition_type: 'REQUIRED' };
}

/** The values of a column as the writer takes them. */
function valuesOf(column: TableColumn, batch: RecordBatch) {
  if (column.type === 'text') {
    const text = column.text(batch);
    return Array.from({ length: batch.length }, (_, i) => text(i));
  }
  if (column.type === 'words')
    return Array.from(column.places(batch), (place) => (place < 0 ? null : column.words[place]));
  const values = column.values(batch);
  // The writer turns an array of numbers into the signed words that are stored, and refuses a Uint32Array that needs it.
  if (values instanceof Uint32Array && values.some((value) => value >= 2 ** 31))
    return Array.from(values);
  return values instanceof Int8Array ||
    values instanceof Int16Array ||
    values instanceof Uint16Array
    ? Int32Array.from(values)
    : values;
}

/** The rows of a row group: this writer needs about a hundred bytes for each value while it makes one. */
export function rowsOf({ rows = ROWS }: ParquetOptions): number {
  if (Number.isInteger(rows) && rows >= 1 && rows <= ROWS_MAX) return rows;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `rows is ${rows}; a row group has a whole number from 1 to ${ROWS_MAX}`,
  );
}

/** One Parquet file, row group by row group. */
export class ParquetFile {
  readonly #table: Table;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(table: Table, { codec = 'snappy', zstd }: ParquetOptions) {
    if (codec === 'zstd' && zstd === undefined)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        'codec is zstd, and nothing compresses to it here; give zstd a function, or take snappy',
      );
    this.#table = table;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: 'root', num_children: table.columns.length },
        ...table.columns.map(schemaElement),
      ],
      codec: CODECS[codec],
      ...(zstd && { compressors: { ZSTD: zstd } }),
      kvMetadata: Object.entries(table.metadata).map(([key, value]) => ({ key, value })),
      createdBy: `aioscope ${table.metadata['aioscope']}`,
    });
  }

  /** Make a row group of a batch; gives the bytes that there are now. */
  add(batch: RecordBatch): Uint8Array {
    const columnData = this.#table.columns.map((column) => ({
      name: column.name,
      data: valuesOf(column, batch),
    }));
    this.#writer.write({ columnData, rowGroupSize: batch.length });
    return this.#take();
  }

  /** The bytes that the file ends with. */
  finish(): Uint8Array {
    this.#writer.finish();
    return this.#take();
  }

  /** Hand out what was written; the writer goes on in memory of its own. */
  #take(): Uint8Array {
    const bytes = this.#bytes.getBytes();
    this.#bytes.buffer = new ArrayBuffer(1024);
    this.#bytes.view = new DataView(this.#bytes.buffer);
    this.#bytes.index = 0;
    return bytes;
  }
}

/**
 * Records as one Parquet file, chunk by chunk, each of which owns its bytes; memory is bounded by one row group, and a few
 * hundred bytes for the description of each. Types are the columns' own, unsigned ones annotated as such; `charN` and names are
 * strings; the file's metadata says kind, layout, endian and version. Cost: about half a microsecond a record.
 *
 * @throws AioscopeError at once `AIOSCOPE_COLUMN` for a column that does not exist and `AIOSCOPE_OPTION` for zstd without a
 *   compressor; while iterating as the reader does, and `AIOSCOPE_RANGE` for a `ts` that is no timestamp
 */
export function parquetFile(
  batches: BatchStream,
  options: ParquetOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const rows = rowsOf(options);
  const file = new ParquetFile(tableOf(batches.schema, options), options);
  return (async function* () {
    for await (const batch of coalesce(batches, rows, rows)) yield file.add(batch);
    yield file.finish();
  })();
}
