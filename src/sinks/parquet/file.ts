import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { RecordKind } from '../../abi/record.ts';
import { AioscopeError } from '../../errors.ts';
import type { FieldTypes } from '../../layout/layout-type.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { oneOf } from '../../layout/schema.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { ColumnName } from '../../stream/batch-type.ts';
import { type BatchStream, coalesce } from '../../stream/coalesce.ts';
import {
  PARQUET_CODECS,
  schemaOf,
  TABLE_NAMES,
  type Table,
  type TableColumn,
  type TableOptions,
  tableOf,
} from '../table.ts';

/** Options of `parquetFile`. */
export interface ParquetOptions<C extends string = string> extends TableOptions<C> {
  /** The compression of pages. Default: `snappy`. `zstd` needs the option of that name. */
  readonly codec?: (typeof PARQUET_CODECS)[number] | undefined;
  /** The zstd compressor: `zstdCompressSync` of `node:zlib` since Node 22.15, or another. */
  readonly zstd?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /**
   * Rows per row group; the last may be shorter. Default: 65,536. One row group is in memory at a
   * time.
   */
  readonly rows?: number | undefined;
}

/** The names of `ParquetOptions`. */
export const PARQUET_NAMES = [TABLE_NAMES, 'codec', 'zstd:function', 'rows:number'] as const;

const ROWS = 2 ** 16;
const ROWS_MAX = 2 ** 20;
const CODECS = { snappy: 'SNAPPY', zstd: 'ZSTD', none: 'UNCOMPRESSED' } as const;
/** Some readers reject this writer's newer INTEGER annotations; the older ones are equivalent. */
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

function schemaElement(column: TableColumn): SchemaElement {
  const { name, type } = column;
  const isNullable = type === 'words' || 'nulls' in column || 'nullable' in column;
  const repetition_type = isNullable ? 'OPTIONAL' : 'REQUIRED';
  if (type === 'words' || type === 'text')
    return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type };
  if (type === 'timestamp') {
    const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } as const;
    return { name, type: 'INT64', logical_type, repetition_type };
  }
  const [physical, converted_type] = INTEGERS[type];
  return { name, type: physical, converted_type, repetition_type };
}

/** Converts the values of a column for the writer. */
function valuesOf(column: TableColumn, batch: RecordBatch) {
  if (column.type === 'text') {
    const text = column.text(batch);
    return Array.from({ length: batch.length }, (_, i) => text(i));
  }
  if (column.type === 'words')
    return Array.from(column.places(batch), (place) => (place < 0 ? null : column.words[place]));
  const values = column.values(batch);
  const isNull = column.nulls?.(batch);
  if (isNull !== undefined)
    return Array.from(values as ArrayLike<unknown>, (value, i) => (isNull(i) ? null : value));
  // The writer converts numbers to signed words, but rejects a Uint32Array with values from 2^31
  // it.
  if (values instanceof Uint32Array && values.some((value) => value >= 2 ** 31))
    return Array.from(values);
  return values instanceof Int8Array ||
    values instanceof Int16Array ||
    values instanceof Uint16Array
    ? Int32Array.from(values)
    : values;
}

/** Checks the rows per row group. The writer takes about a hundred bytes per value of one. */
export function rowsOf({ rows = ROWS }: ParquetOptions): number {
  if (Number.isInteger(rows) && rows >= 1 && rows <= ROWS_MAX) return rows;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    (option) =>
      `${option('rows')} is ${rows}; a row group must have a whole number from 1 to ${ROWS_MAX}`,
  );
}

/**
 * Hands over the bytes of a file at each flush, as the package's writer to files does. `offset`
 * goes on counting; the buffer begins anew, since a file that is written to rarely must not keep
 * the memory of a row group.
 */
class ChunkWriter extends ByteWriter {
  #chunk: Uint8Array = new Uint8Array(0);

  /** The writer calls this once per row group. */
  flush(): void {
    this.#chunk = this.getBytes();
    this.buffer = new ArrayBuffer(1024);
    this.view = new DataView(this.buffer);
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }

  /** Returns the bytes of the last flush, once. */
  take(): Uint8Array {
    const chunk = this.#chunk;
    this.#chunk = new Uint8Array(0);
    return chunk;
  }
}

/** One Parquet file, written one row group at a time. */
export class ParquetFile {
  readonly #table: Table;
  readonly #bytes = new ChunkWriter();
  readonly #writer: ParquetWriter;

  constructor(table: Table, { codec = 'snappy', zstd }: ParquetOptions) {
    oneOf('codec', codec, PARQUET_CODECS);
    if (codec === 'zstd' && zstd === undefined)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        (option) =>
          `${option('codec')} zstd needs a compressor; ` +
          `pass a function as ${option('zstd')}, or use snappy`,
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

  /** Writes a batch as a row group, and returns the bytes available now. */
  add(batch: RecordBatch): Uint8Array {
    const columnData = this.#table.columns.map((column) => ({
      name: column.name,
      data: valuesOf(column, batch),
    }));
    this.#writer.write({ columnData, rowGroupSize: batch.length });
    return this.#bytes.take();
  }

  /** Returns the end of the file. */
  finish(): Uint8Array {
    this.#writer.finish();
    return this.#bytes.take();
  }
}

/**
 * Yields records as one Parquet file, in chunks that own their bytes. Memory is bounded by one row
 * group, plus a few hundred bytes of metadata per row group. Columns keep their types, with
 * unsigned ones annotated; `charN` and names are strings. The file's metadata has kind, layout,
 * endian and version. Cost: about half a microsecond per record.
 *
 * @throws AioscopeError on the call: `AIOSCOPE_COLUMN` for a column that does not exist,
 *   `AIOSCOPE_OPTION` for zstd without a compressor; while iterating: as the reader does, and
 *   `AIOSCOPE_RANGE` for a `ts` beyond the range of timestamps
 */
export function parquetFile<R extends RecordKind, F extends FieldTypes, N extends string>(
  batches: BatchStream<R, F>,
  options: ParquetOptions<ColumnName<R, F, N>> = {},
): AsyncGenerator<Uint8Array, void, void> {
  checkOptions('parquetFile', options, PARQUET_NAMES);
  const rows = rowsOf(options);
  const file = new ParquetFile(tableOf(schemaOf('parquetFile', batches), options), options);
  return (async function* () {
    for await (const batch of coalesce(batches, rows, rows)) yield file.add(batch);
    yield file.finish();
  })();
}
