/**
 * Records as Apache Parquet: `aioscope/parquet`, through hyparquet-writer, in every runtime.
 *
 * @module
 */
export { type ParquetOptions, parquetFile } from './parquet/file.ts';
export { type FilePart, type PartitionOptions, parquetPartitions } from './parquet/partitions.ts';
export type { TableOptions } from './table.ts';
