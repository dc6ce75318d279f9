// Loads streams of batches and parts of files, lists loads, and drops them.
import { AioscopeError, badValue } from '../errors.ts';
import { checkArgument, checkOptions } from '../layout/option-names.ts';
import { schemaOf as checkStream } from '../sinks/table.ts';
import type { BatchStream } from '../stream/coalesce.ts';
import type { Progress, ReadOptions } from '../stream/options.ts';
import { type ClusterNode, connectAll } from './cluster-node.ts';
import { TABLES } from './columns.ts';
import {
  CONNECTION_NAMES,
  type ConnectionOptions,
  checkName,
  checkUrls,
  DATABASE,
} from './connection-options.ts';
import { type LoadPart, streamPart, tableOfSchema } from './load-part.ts';
import { type TableLoad, TableLoader } from './loader.ts';
import { shardsOf } from './shards.ts';

/** Options of a load. */
export interface LoadOptions extends ConnectionOptions, ReadOptions {
  /**
   * The name of the load: letters, digits, `_`, `.` and `-`. Loading again under the same name
   * completes what an earlier run has left.
   */
  readonly load: string;
  /** What the table of loads calls the source. Default: the name of the load. */
  readonly file?: string | undefined;
  /**
   * What the stream selects, such as its conditions. A load is resumed only with the same selection.
   * Default: all records.
   */
  readonly selection?: string | undefined;
  /** Rows per chunk. Default: 4 GiB of records, or a thousandth of a file if that is more. */
  readonly chunkRows?: number | undefined;
}

/** What a load has done. */
export interface LoadResult {
  readonly load: string;
  readonly tables: readonly TableLoad[];
}

const LOAD_NAMES = [
  CONNECTION_NAMES,
  'load:string',
  'file:string',
  'chunkRows:number',
  'selection:string',
  'signal:AbortSignal',
  'onProgress:function',
] as const;

const LOAD = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/;

/** Returns the name of a load. @throws AioscopeError `AIOSCOPE_OPTION` */
export function checkLoad(load: string): string {
  if (typeof load === 'string' && LOAD.test(load)) return load;
  throw badValue(
    'load',
    load,
    'it must begin with a letter, a digit or _, and may have . and - besides, at most 200 in all',
  );
}

/** Runs work with a connection to each node, and closes them. */
export async function withNodes<T>(
  options: ConnectionOptions,
  signal: AbortSignal | undefined,
  work: (nodes: readonly ClusterNode[], database: string) => Promise<T>,
): Promise<T> {
  const database = checkName('database', options.database ?? DATABASE);
  const nodes = connectAll(checkUrls(options.url), options, signal);
  try {
    return await work(nodes, database);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

/**
 * Loads parts. Those of one table are numbered in their order, so the same have to be given again
 * to resume a load.
 */
export function loadParts(
  parts: readonly LoadPart[],
  { selection, ...options }: LoadOptions & { readonly selection: string },
): Promise<LoadResult> {
  const load = checkLoad(options.load);
  const signal = options.signal as AbortSignal | undefined;
  let [bytes, skipped] = [0, 0];
  const sizes = parts.map((part) => part.bytes);
  const totalBytes = sizes.some((size) => size === undefined)
    ? undefined
    : sizes.reduce<number>((sum, size = 0) => sum + size, 0);
  const onBytes = (more: number): void => {
    bytes += more;
    const progress: Progress = {
      bytes,
      records: 0,
      totalBytes: totalBytes && totalBytes - skipped,
    };
    options.onProgress?.(progress);
  };
  const onSkipped = (more: number): void => {
    skipped += more;
  };
  const { chunkRows } = options;
  return withNodes(options, signal, async (nodes, database) => {
    const shards = await shardsOf(nodes, database);
    const loading = { load, database, chunkRows, selection, shards, onBytes, onSkipped, signal };
    const tables: TableLoad[] = [];
    for (const table of TABLES) {
      const own = parts.filter((part) => part.table === table);
      if (own.length > 0) tables.push(await new TableLoader(table, nodes, loading).load(own));
    }
    return { load, tables };
  });
}

/**
 * Loads the records or pairs of a stream into the tables of ClickHouse, chunk by chunk: each is
 * sent to a staging table of its node, compared with what was sent (rows, first and last index, the
 * exact sum of every column), and put in place as a whole. Whatever fails, a reader of the tables
 * never sees a part of a chunk. Loading the same stream again under the same name sends the chunks
 * that are missing; every row is there exactly once then.
 *
 * The tables have to exist: see `tableStatements`. Columns that a layout has besides are added.
 * Memory does not depend on the length of the stream. The package `@clickhouse/client` has to be
 * installed.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for invalid options; `AIOSCOPE_PEER` without the client;
 *   `AIOSCOPE_CLICKHOUSE` if a node fails, the tables do not fit, or the load was begun with
 *   something else; whatever the stream throws
 */
export async function loadBatches(stream: BatchStream, options: LoadOptions): Promise<LoadResult> {
  checkArgument('options', options, 'object');
  checkOptions('loadBatches', options, LOAD_NAMES);
  const table = tableOfSchema(checkStream('loadBatches', stream));
  if (table === undefined)
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      'open requests have no table in ClickHouse; load the records, and find them by a query',
    );
  const part = streamPart(stream, table, options.file ?? options.load);
  return loadParts([part], { ...options, selection: options.selection ?? '' });
}
