// A table of dumps that every query reads in place, through a DuckDB table function.
import type { DuckDBConnection } from '@duckdb/node-api';
import { jsEngine } from '../engine/js-kernels.ts';
import type { EngineOption } from '../engine/kernel.ts';
import { selectEngine } from '../engine/select.ts';
import { AioscopeError, messageOf } from '../errors.ts';
import { openRange } from '../host/node/file-range.ts';
import type { Schema } from '../layout/schema.ts';
import type { SelectOptions } from '../layout/where.ts';
import { RecordBatch } from '../stream/batch.ts';
import { Decoder, rowsOf } from '../stream/decoder.ts';
import type { ReadOptions } from '../stream/options.ts';
import { filterOf } from '../stream/row-filter.ts';
import type { ByteSource } from '../stream/source.ts';
import { SourceBuffer } from '../stream/source-buffer.ts';
import { ChunkWriter } from './chunk.ts';
import { CHUNK_ROWS } from './chunk-rows.ts';
import { stateOf } from './connection.ts';
import type { Bindings, Peer } from './peer.ts';
import type { SqlTable } from './sql-table.ts';

/** An open regular file. The table has the records that it had when it was opened. */
export interface Dump {
  readonly source: ByteSource & {
    /** The descriptor; undefined once it is closed. */
    readonly origin: number;
    readonly byteLength: number;
  };
  readonly schema: Schema;
}

/** How to read dumps. */
export interface ScanOptions extends ReadOptions {
  readonly engine?: EngineOption | undefined;
  /** Which records to read; all by default. */
  readonly select?: SelectOptions | undefined;
}

/** Bytes per read. */
const READ_BYTES = 2 ** 20;

const bytesOf = (dumps: readonly Dump[]): number =>
  dumps.reduce((sum, { source }) => sum + source.byteLength, 0);

/** Yields the records of one file in batches of at most one chunk. */
function* batchesOf(
  { source, schema }: Dump,
  { engine, select = {}, ...reading }: ScanOptions,
): Generator<RecordBatch, void, void> {
  if (source.byteLength === 0) return;
  const reads = Math.max(1, Math.round(READ_BYTES / (CHUNK_ROWS * schema.stride)));
  const decoder = new Decoder(
    schema,
    selectEngine(engine, jsEngine),
    CHUNK_ROWS,
    reads,
    filterOf(select, schema),
  );
  try {
    const range = openRange(source.origin, source.name, {
      begin: 0,
      end: source.byteLength,
      isLast: false,
      sourceBytes: source.byteLength,
    });
    const frames = new SourceBuffer(range, decoder, reading);
    let firstIndex = 0;
    for (let records = frames.nextNow(); records > 0; records = frames.nextNow()) {
      for (let done = 0; done < records; done += CHUNK_ROWS) {
        const count = Math.min(CHUNK_ROWS, records - done);
        const length = decoder.decode(frames.address + done * schema.stride, count);
        const arrays = decoder.columns.map((array, i) =>
          rowsOf(schema.columns[i], array, 0, length),
        );
        const place = { firstIndex, rows: decoder.rows, ring: undefined, isLive: () => true };
        // A chunk without rows would end the scan.
        if (length > 0) yield new RecordBatch(schema, arrays, length, place);
        firstIndex += count;
      }
    }
  } finally {
    decoder.release();
  }
}

/** One pass over all files. */
class Scan {
  /** The requested columns, by place. */
  readonly places: readonly number[];
  readonly #batches: Generator<readonly [RecordBatch, string], void, void>;

  constructor(places: readonly number[], dumps: readonly Dump[], options: ScanOptions) {
    this.places = places;
    this.#batches = Scan.#all(dumps, options);
  }

  next(): readonly [RecordBatch, string] | undefined {
    return this.#batches.next().value ?? undefined;
  }

  static *#all(
    dumps: readonly Dump[],
    { onProgress, ...options }: ScanOptions,
  ): Generator<readonly [RecordBatch, string], void, void> {
    const totalBytes = bytesOf(dumps);
    let before = { bytes: 0, records: 0 };
    for (const dump of dumps) {
      let so = before;
      const tell = (read: { bytes: number; records: number }) => {
        so = { bytes: before.bytes + read.bytes, records: before.records + read.records };
        onProgress?.({ ...so, totalBytes });
      };
      for (const batch of batchesOf(dump, { ...options, onProgress: tell }))
        yield [batch, dump.source.name];
      before = so;
    }
  }
}

/** Closes files after DuckDB has released the function that reads them. */
const forgotten = new FinalizationRegistry<readonly Dump[]>((dumps) => {
  for (const { source } of dumps) source.close();
});

const closed = (): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_STALE',
    'the connection, or a file that it reads, has been closed; connect again',
  );

/** The columns that a query requests, by place. */
function placesOf(bindings: Bindings, info: object): number[] {
  return Array.from({ length: bindings.init_get_column_count(info) }, (_, i) =>
    bindings.init_get_column_index(info, i),
  );
}

/** Registers a table function that scans these dumps, which all have the columns of the table. */
export function registerScan(
  connection: DuckDBConnection,
  peer: Peer,
  name: string,
  { columns }: Pick<SqlTable, 'columns'>,
  dumps: readonly Dump[],
  options: ScanOptions,
): void {
  const { bindings } = peer;
  const writer = new ChunkWriter(peer, columns);
  const rows = dumps.reduce(
    (sum, { source, schema }) => sum + Math.floor(source.byteLength / schema.stride),
    0,
  );
  const attempt = (
    setError: (info: object, message: string) => void,
    info: object,
    work: () => void,
  ): void => {
    try {
      work();
    } catch (error) {
      stateOf(connection).fault ??= error;
      setError(info, messageOf(error));
    }
  };
  const bind = (info: object) => {
    for (const [i, { name: column }] of columns.entries())
      bindings.bind_add_result_column(info, column, writer.types[i]);
    bindings.bind_set_cardinality(info, rows, true);
  };
  const init = (info: object) => {
    // Callbacks run on this thread whatever DuckDB's threads do. With one active, rows keep the
    // order of the files.
    bindings.init_set_max_threads(info, 1);
    bindings.init_set_init_data(info, new Scan(placesOf(bindings, info), dumps, options));
  };
  const main = (info: object, chunk: object) => {
    // The descriptor of a file that has been closed may be another file's by now.
    if (dumps.some(({ source }) => source.origin === undefined)) throw closed();
    const scan = bindings.function_get_init_data(info) as Scan;
    const next = scan.next();
    if (next === undefined) bindings.data_chunk_set_size(chunk, 0);
    else writer.write(chunk, scan.places, next[0], 0, next[0].length, next[1]);
  };
  const scanner = bindings.create_table_function();
  bindings.table_function_set_name(scanner, name);
  bindings.table_function_supports_projection_pushdown(scanner, true);
  bindings.table_function_set_bind(scanner, (info) =>
    attempt(bindings.bind_set_error, info, () => bind(info)),
  );
  bindings.table_function_set_init(scanner, (info) =>
    attempt(bindings.init_set_error, info, () => init(info)),
  );
  bindings.table_function_set_function(scanner, (info, chunk) =>
    attempt(bindings.function_set_error, info, () => main(info, chunk)),
  );
  forgotten.register(main, dumps);
  connection.registerTableFunction({ table_function: scanner });
}
