// Options for reading a source, its progress and its quality.
import type { EngineOption } from '../engine/kernel.ts';
import { badValue } from '../errors.ts';
import { type AbsentOption, absentOf } from '../layout/absent.ts';
import {
  type CheckOption,
  FORMAT_NAMES,
  type FormatOptions,
  type Schema,
  schemaOf,
} from '../layout/schema.ts';
import { SELECT_NAMES, type SelectOptions } from '../layout/where.ts';
import type { GlobalType } from './global-type.ts';

/** The progress of a reader. */
export interface Progress {
  /** Bytes read so far. */
  readonly bytes: number;
  /** Whole records read so far. */
  readonly records: number;
  /** Size of the source in bytes, if it is known in advance. */
  readonly totalBytes: number | undefined;
}

/** Options of everything that reads a source. */
export interface ReadOptions {
  /** Stops the reading: the next step rejects with the signal's reason. */
  readonly signal?: GlobalType<'AbortSignal'> | undefined;
  /** Called after each read, about once per MiB. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** The names of `ReadOptions`. */
export const READ_NAMES = ['signal:AbortSignal', 'onProgress:function'] as const;

/** How complete the data is: every byte read belongs to a record or is torn. */
export interface Quality {
  /** Bytes read. */
  bytes: number;
  /** Whole records in them. */
  records: number;
  /** Bytes at the end that do not make up a whole record. */
  tornBytes: number;
  /** Offset of the first torn byte; null if there are none. */
  tornOffset: number | null;
  /** Records that met the conditions; only present if there are conditions. */
  selected?: number;
}

/** The values of `compression`. */
export const COMPRESSIONS = ['auto', 'none'] as const;
/** `auto` recognizes gzip and zstd by their magic; `none` reads the bytes unchanged. */
export type CompressionOption = (typeof COMPRESSIONS)[number];

/** How the bytes of a source are read. */
export interface ByteOptions {
  /** `auto` unless given: gzip and zstd are recognized by their magic and decompressed. */
  readonly compression?: CompressionOption | undefined;
  /**
   * Node only. At the end of a file, wait for it to grow until this signal fires; batches are
   * delivered as soon as there are records.
   */
  readonly follow?: GlobalType<'AbortSignal'> | undefined;
}

/** How many threads read one source. */
export interface WorkersOption {
  /**
   * Node only. Threads for one regular file of 256 MiB or more, from 1 to 256. `summarize` uses
   * one per core unless given, at most 256, the calling thread among them; `open` decodes on the
   * calling thread. Where threads cannot be used, the calling thread reads, and `workersReason` of
   * the reader or summary is why.
   */
  readonly workers?: number | undefined;
}

/** How records are decoded. */
export interface DecodeOptions extends FormatOptions, AbsentOption, CheckOption, SelectOptions {
  /** Which engine decodes; `auto` unless given. */
  readonly engine?: EngineOption | undefined;
}

/** The names of `DecodeOptions`. */
export const DECODE_NAMES = [
  FORMAT_NAMES,
  'absent:object[]',
  SELECT_NAMES,
  'check',
  'engine',
] as const;

/** How a source is read in batches. */
export interface OpenOptions extends DecodeOptions, ReadOptions, ByteOptions, WorkersOption {
  /**
   * Records per batch, from 1 to 1048576 and at most 512 MiB of them; 8192 unless given. Every
   * batch but the last has this many. With conditions, a batch holds the selected ones of this
   * many records, and empty batches are skipped.
   */
  readonly batchSize?: number | undefined;
  /** Makes every batch own its columns, so that it stays valid. Costs one copy. */
  readonly owned?: boolean | undefined;
}

/** The names of `OpenOptions`. */
export const OPEN_NAMES = [
  DECODE_NAMES,
  READ_NAMES,
  'compression',
  'follow:AbortSignal',
  'workers:number',
  'batchSize:number',
  'owned:boolean',
] as const;

/** The options that a schema was resolved from, apart from its check. */
export const formatOf = (schema: Schema): FormatOptions & AbsentOption => {
  const { kind, layout, endian } = schema;
  return { kind, layout: layout.text, endian, absent: absentOf(schema) };
};

/** The schema of the same format with the columns of a check, which conditions may name. */
export const withCheck = (schema: Schema, check: CheckOption['check']): Schema =>
  schemaOf({ ...formatOf(schema), names: schema.names, check });

/** Records per batch by default. */
export const BATCH_SIZE = 8192;
/** A tally of the js engine sums twice this many words exactly in a double. */
const BATCH_SIZE_MAX = 2 ** 20;
/** The columns and the source bytes of a batch have to fit a WebAssembly memory. */
const BATCH_BYTES_MAX = 2 ** 29;

/** Returns `batchSize`, or throws `AIOSCOPE_OPTION` if it is out of range for this stride. */
export function checkBatchSize(batchSize: number, stride: number): number {
  const isWhole = Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= BATCH_SIZE_MAX;
  if (isWhole && batchSize * stride <= BATCH_BYTES_MAX) return batchSize;
  const range = isWhole
    ? `for records of ${stride} bytes it is at most ${Math.floor(BATCH_BYTES_MAX / stride)}`
    : `it must be a whole number from 1 to ${BATCH_SIZE_MAX}`;
  throw badValue('batchSize', batchSize, range);
}

const WORKERS_MAX = 256;

/** Returns `workers`, or as many as there are cores, at most 256, if it is undefined. */
export const workersOf = (workers: number | undefined, cores: number): number =>
  workers === undefined ? Math.max(1, Math.min(cores, WORKERS_MAX)) : checkWorkers(workers);

/** Returns `workers`, or throws `AIOSCOPE_OPTION` if it is not a whole number from 1 to 256. */
export function checkWorkers(workers: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= WORKERS_MAX) return workers;
  throw badValue('workers', workers, `it must be a whole number from 1 to ${WORKERS_MAX}`);
}
