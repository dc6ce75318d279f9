/**
 * Writes records as Apache Parquet, in one file or in one per value of columns.
 *
 * @example
 * ```js
 * import { createWriteStream } from 'node:fs';
 * import { Readable } from 'node:stream';
 * import { pipeline } from 'node:stream/promises';
 * import { openPairs } from 'aioscope';
 * import { parquetFile } from 'aioscope/parquet';
 *
 * const capture = 'test/fixtures/captures/case_sync';
 * const pairs = await openPairs(`${capture}.iocb88`, `${capture}.ioev56`);
 * const chunks = parquetFile(pairs, { names: true });
 * await pipeline(Readable.from(chunks), createWriteStream('pairs.parquet'));
 * console.log(pairs.quality.submissions.records);
 * ```
 *
 * ```text
 * 486
 * ```
 *
 * @module
 */
export { type ParquetOptions, parquetFile } from './parquet/file.ts';
export { type FilePart, type PartitionOptions, parquetPartitions } from './parquet/partitions.ts';
export type { TableOptions } from './table.ts';
