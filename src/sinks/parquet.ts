/**
 * Records as Apache Parquet: `aioscope/parquet`, through hyparquet-writer, in every runtime.
 *
 * @module
 */
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { AioscopeError } from '../errors.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { type BatchStream, Collector, gather } from '../stream/gather.ts';
import { type PARQUET_CODECS, type Table, type TableColumn, type TableOptions, tableOf } from './table.ts';

export type { TableOptions } from './table.ts';

/** How records are written as Parquet. */
export interface ParquetOptions extends TableOptions {
  /** How pages are compressed: `snappy` unless said otherwise. `zstd` needs a compressor. */
  readonly codec?: (typeof PARQUET_CODECS)[number] | undefined;
  /** What compresses to zstd: `zstdCompressSync` of `node:zlib` since Node 22.15, or any other. */
  readonly zstd?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** Rows a row group, but the last; 65,536 unless said otherwise. So many are in memory at once. */
  readonly rows?: number | undefined;
}

/** How records are spread over several Parquet files. */
export interface PartitionOptions extends ParquetOptions {
  /** The column whose values the folders are named after, or `records`, for ranges of record numbers. */
  readonly by: string;
  /** Of `records`: how many a file. */
  readonly size?: number | undefined;
}

/** A piece of one of several files. */
export interface FilePart {
  /** The file, relative to where they all go. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const ROWS = 2 ** 16;
const CODECS = { snappy: 'SNAPPY', zstd: 'ZSTD', none: 'UNCOMPRESSED' } as const;
/** So many files are told from a mistake: a folder for every timestamp. */
const PARTITIONS_MAX = 4096;
/** Rows that wait in memory, in all partitions together. */
const ROWS_WAITING_MAX = 2 ** 20;

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
  if (type === 'words') return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
  if (type === 'text') return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
  if (type === 'timestamp') {
    const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } as const;
    return { name, type: 'INT64', logical_type, repetition_type: 'REQUIRED' };
  }
  const [physical, converted_type] = INTEGERS[type];
  return { name, type: physical, converted_type, repetition_type: 'REQUIRED' };
}

/** The values of a column as the writer takes them. */
function valuesOf(column: TableColumn, batch: RecordBatch) {
  if (column.type === 'text') return Array.from({ length: batch.length }, (_, i) => column.text(batch)(i));
  if (column.type === 'words') return Array.from(column.places(batch), (place) => (place < 0 ? null : column.words[place]));
  const values = column.values(batch);
  // The writer turns an array of numbers into the signed words that are stored, and refuses a Uint32Array that needs it.
  if (values instanceof Uint32Array && values.some((value) => value >= 2 ** 31)) return Array.from(values);
  return values instanceof Int8Array || values instanceof Int16Array || values instanceof Uint16Array ? Int32Array.from(values) : values;
}

/** One Parquet file, row group by row group. */
class ParquetFile {
  readonly #table: Table;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;

  constructor(table: Table, { codec = 'snappy', zstd }: ParquetOptions) {
    if (codec === 'zstd' && zstd === undefined)
      throw new AioscopeError('AIOSCOPE_OPTION', 'codec is zstd, and nothing compresses to it here; give zstd a function, or take snappy');
    this.#table = table;
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [{ name: 'root', num_children: table.columns.length }, ...table.columns.map(schemaElement)],
      codec: CODECS[codec],
      ...(zstd && { compressors: { ZSTD: zstd } }),
      kvMetadata: Object.entries(table.metadata).map(([key, value]) => ({ key, value })),
      createdBy: `aioscope ${table.metadata['aioscope']}`,
    });
  }

  /** Make a row group of a batch; gives the bytes that there are now. */
  add(batch: RecordBatch): Uint8Array {
    const columnData = this.#table.columns.map((column) => ({ name: column.name, data: valuesOf(column, batch) }));
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
export function parquetFile(batches: BatchStream, options: ParquetOptions = {}): AsyncGenerator<Uint8Array, void, void> {
  const { rows = ROWS } = options;
  const file = new ParquetFile(tableOf(batches.schema, options), options);
  return (async function* () {
    for await (const batch of gather(batches, rows, rows)) yield file.add(batch);
    yield file.finish();
  })();
}

/** A partition: its file, and the rows that wait to be a row group. */
class Partition {
  readonly path: string;
  readonly #file: ParquetFile;
  readonly #rows: number;
  #waiting: Collector;

  constructor(path: string, table: Table, batches: BatchStream, options: ParquetOptions) {
    this.path = path;
    this.#file = new ParquetFile(table, options);
    this.#rows = options.rows ?? ROWS;
    this.#waiting = new Collector(batches.schema, Math.min(256, this.#rows));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Take one row; gives a row group when there are enough. */
  take(batch: RecordBatch, row: number): Uint8Array | undefined {
    this.#waiting.take(batch, row, row + 1);
    if (!this.#waiting.isFull) return undefined;
    if (this.#waiting.length >= this.#rows) return this.flush();
    this.#waiting = this.#waiting.grown(Math.min(2 * this.#waiting.length, this.#rows));
    return undefined;
  }

  flush(): Uint8Array {
    return this.#file.add(this.#waiting.give(() => true));
  }

  finish(): Uint8Array {
    return this.#file.finish();
  }
}

/** What folder a record of a batch belongs in. */
function folders(batches: BatchStream, { by, size }: PartitionOptions): (batch: RecordBatch) => (i: number) => string {
  if (by === 'records') {
    if (!(Number.isSafeInteger(size) && Number(size) > 0))
      throw new AioscopeError('AIOSCOPE_OPTION', `partitions of records need a size, how many a file, and it is ${size}`);
    const records = Number(size);
    let before = -1;
    let first = 0;
    // Record numbers begin anew in every source; here they go on.
    return (batch) => {
      first = before + 1;
      before += batch.length;
      return (i) => `records=${Math.floor((first + i) / records) * records}`;
    };
  }
  const column = batches.schema.columns.find(({ name }) => name === by);
  if (column === undefined || column.type === 'char') {
    const known = batches.schema.columns.filter(({ type }) => type !== 'char').map(({ name }) => name);
    throw new AioscopeError('AIOSCOPE_COLUMN', `partitions are by a column of numbers, and '${by}' is none; they are ${known.join(', ')}`);
  }
  return (batch) => {
    const values = batch.columns[by];
    return (i) => `${by}=${values[i]}`;
  };
}

/**
 * Records spread over Parquet files in folders that are named after what their records have in common, as Hive does it:
 * `aio_lio_opcode=1/part-0.parquet`. The column itself is in the name and not in the file. Every file's parts come in their order, those
 * of different files in between. Memory is bounded: a million rows wait at most.
 *
 * @throws AioscopeError at once `AIOSCOPE_COLUMN` for a column that does not exist or is text; while iterating as the reader
 *   does, and `AIOSCOPE_OPTION` for a ring, and where there would be more than 4,096 files
 */
export function parquetPartitions(batches: BatchStream, options: PartitionOptions): AsyncGenerator<FilePart, void, void> {
  if (batches.schema.kind === 'aio_ring') throw new AioscopeError('AIOSCOPE_OPTION', 'a ring is small, and is not partitioned');
  const whole = tableOf(batches.schema, options);
  const table = { ...whole, columns: whole.columns.filter(({ name }) => name !== options.by) };
  const folderOf = folders(batches, options);
  const partitions = new Map<string, Partition>();
  const find = (folder: string): Partition => {
    const known = partitions.get(folder);
    if (known !== undefined) return known;
    if (partitions.size >= PARTITIONS_MAX)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `there are more than ${PARTITIONS_MAX} values of ${options.by}; partition by something else`,
      );
    const made = new Partition(`${folder}/part-0.parquet`, table, batches, options);
    partitions.set(folder, made);
    return made;
  };
  return (async function* () {
    let waiting = 0;
    for await (const batch of batches) {
      const folder = folderOf(batch);
      for (let i = 0; i < batch.length; i++) {
        const partition = find(folder(i));
        const bytes = partition.take(batch, i);
        if (bytes !== undefined) yield { path: partition.path, bytes };
      }
      waiting = 0;
      for (const partition of partitions.values()) waiting += partition.waiting;
      while (waiting > ROWS_WAITING_MAX) {
        const largest = [...partitions.values()].reduce((a, b) => (a.waiting >= b.waiting ? a : b));
        waiting -= largest.waiting;
        yield { path: largest.path, bytes: largest.flush() };
      }
    }
    for (const partition of partitions.values()) {
      if (partition.waiting > 0) yield { path: partition.path, bytes: partition.flush() };
      yield { path: partition.path, bytes: partition.finish() };
    }
  })();
}
