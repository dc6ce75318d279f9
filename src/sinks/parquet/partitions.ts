import type { RecordKind } from '../../abi/record.ts';
import { AioscopeError, excerpt, listed } from '../../errors.ts';
import type { FieldTypes } from '../../layout/layout-type.ts';
import { checkArgument, checkOptions } from '../../layout/option-names.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { ColumnName } from '../../stream/batch-type.ts';
import { BatchBuilder, type BatchStream } from '../../stream/coalesce.ts';
import { valueReader } from '../../stream/named.ts';
import { schemaOf, type Table, tableOf } from '../table.ts';
import { PARQUET_NAMES, ParquetFile, type ParquetOptions, rowsOf } from './file.ts';

/** How to partition records over several Parquet files. */
export interface PartitionOptions<C extends string = string> extends ParquetOptions<C> {
  /**
   * The column to partition by, which names the folders, or `records` for ranges of record numbers.
   */
  readonly by: C | 'records';
  /** With `records`: the number of records per file. */
  readonly size?: number | undefined;
}

/** A piece of one of several files. */
export interface FilePart {
  /** The path of the file, relative to the common folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** More files than this are probably a mistake, such as a folder per timestamp. */
const PARTITIONS_MAX = 4096;
/** The most buffered rows of all partitions together. */
const ROWS_WAITING_MAX = 2 ** 20;

/** A partition: its file, and the rows buffered for its next row group. */
class Partition {
  readonly path: string;
  readonly #file: ParquetFile;
  readonly #rows: number;
  readonly #empty: () => BatchBuilder;
  #waiting: BatchBuilder;

  constructor(path: string, table: Table, batches: BatchStream, options: ParquetOptions) {
    this.path = path;
    this.#file = new ParquetFile(table, options);
    this.#rows = rowsOf(options);
    this.#empty = () => new BatchBuilder(batches.schema, Math.min(256, this.#rows));
    this.#waiting = this.#empty();
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Buffers one row; returns a row group when it is full. */
  take(batch: RecordBatch, row: number): Uint8Array | undefined {
    this.#waiting.take(batch, row, row + 1);
    if (!this.#waiting.isFull) return undefined;
    if (this.#waiting.length >= this.#rows) return this.flush();
    this.#waiting = this.#waiting.grown(Math.min(2 * this.#waiting.length, this.#rows));
    return undefined;
  }

  /**
   * Returns the buffered rows as a row group. Drops the buffer, since a partition without further
   * rows must not keep megabytes.
   */
  flush(): Uint8Array {
    const waiting = this.#waiting;
    this.#waiting = this.#empty();
    return this.#file.add(waiting.build(() => true));
  }

  finish(): Uint8Array {
    return this.#file.finish();
  }
}

/** Returns the folder of each record in a batch. */
function folders(
  batches: BatchStream,
  by: string,
  size: number | undefined,
): (batch: RecordBatch) => (i: number) => string {
  if (by === 'records') {
    if (!(Number.isSafeInteger(size) && Number(size) > 0))
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `partitions by records need a size, the number of records per file, and it is ${size}`,
      );
    const records = Number(size);
    let before = -1;
    let first = 0;
    // Record numbers restart in every source; here they continue.
    return (batch) => {
      first = before + 1;
      before += batch.length;
      return (i) => `records=${Math.floor((first + i) / records) * records}`;
    };
  }
  const column = batches.schema.columns.find(({ name }) => name === by);
  if (column === undefined || column.type === 'char') {
    const known = batches.schema.columns
      .filter(({ type }) => type !== 'char')
      .map(({ name }) => name);
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `cannot partition by '${excerpt(by)}'; the numeric columns are ${listed(known)}`,
    );
  }
  return (batch) => {
    const read = valueReader(column, batch.columns[by]);
    return (i) => `${by}=${read(i)}`;
  };
}

/**
 * Yields records partitioned over Parquet files in Hive-style folders:
 * `aio_lio_opcode=1/part-0.parquet`. The partition column is in the path and not in the file. The
 * parts of each file come in order, interleaved with those of others. At most a million rows are
 * buffered.
 *
 * @throws AioscopeError on the call: `AIOSCOPE_COLUMN` for a column that does not exist or is text,
 *   `AIOSCOPE_OPTION` for a ring; while iterating: as the reader does, and `AIOSCOPE_OPTION` beyond
 *   4,096 files
 */
export function parquetPartitions<R extends RecordKind, F extends FieldTypes, N extends string>(
  batches: BatchStream<R, F>,
  options: PartitionOptions<ColumnName<R, F, N>>,
): AsyncGenerator<FilePart, void, void> {
  checkOptions('parquetPartitions', options, [PARQUET_NAMES, 'by:string', 'size:number']);
  checkArgument('by', options?.by, 'string');
  const schema = schemaOf('parquetPartitions', batches);
  if (schema.kind === 'aio_ring')
    throw new AioscopeError('AIOSCOPE_OPTION', 'a ring cannot be partitioned');
  const whole = tableOf(schema, options);
  rowsOf(options);
  const table = { ...whole, columns: whole.columns.filter(({ name }) => name !== options.by) };
  const folderOf = folders(batches, options.by, options.size);
  const partitions = new Map<string, Partition>();
  const find = (folder: string): Partition => {
    const known = partitions.get(folder);
    if (known !== undefined) return known;
    if (partitions.size >= PARTITIONS_MAX)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `${excerpt(options.by)} has more than ${PARTITIONS_MAX} values; ` +
          'partition by something else',
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
