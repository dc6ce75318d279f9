// What is loaded into one table: the rows of a file, of a part of a trace, or of a match.
import { absentOf } from '../layout/absent.ts';
import type { Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import type { BatchStream } from '../stream/coalesce.ts';
import type { TableName } from './columns.ts';

/** Consecutive rows of a batch. */
export interface Slice {
  readonly batch: RecordBatch;
  readonly from: number;
  readonly to: number;
  /** The number of row `i` of the batch in the file. */
  indexOf(i: number): number;
}

/** Is called with the bytes that were read since the call before. */
export type OnBytes = (bytes: number) => void;

/** Bytes at the end of a file that are not a whole record. */
export interface Torn {
  readonly tornBytes: number;
  readonly tornOffset: number | null;
}

/** What is loaded into one table. */
export interface LoadPart {
  readonly table: TableName;
  /** What the table of loads calls it. */
  readonly file: string;
  readonly schema: Schema;
  /** Distinguishes files of equal size; empty if nothing is known of the source in advance. */
  readonly fingerprint: string;
  /** The size of the file in bytes; undefined if it is not known in advance. */
  readonly bytes: number | undefined;
  /** The records, if any range of them can be read on its own. */
  readonly records: number | undefined;
  /** Yields the rows in order; of records `from` to `to` if ranges can be read. */
  read(from: number, to: number | undefined, onBytes: OnBytes): AsyncIterable<Slice>;
}

/** The rows of a stream of batches, numbered from the first row on, or as its records are. */
export async function* slicesOf(
  batches: AsyncIterable<RecordBatch>,
  isNumbered: boolean,
  base = 0,
): AsyncGenerator<Slice, void, void> {
  let count = 0;
  for await (const batch of batches) {
    const begin = count;
    const indexOf = isNumbered ? (i: number) => base + batch.indexOf(i) : (i: number) => begin + i;
    yield { batch, from: 0, to: batch.length, indexOf };
    count += batch.length;
  }
}

/** The table of a stream's rows. */
export function tableOfSchema({ kind, rows }: Schema): TableName | undefined {
  if (rows === 'open') return undefined;
  return rows ?? kind;
}

/** A part of a stream that can be read once. `fingerprint` distinguishes its source from others. */
export const streamPart = (
  stream: BatchStream,
  table: TableName,
  file: string,
  fingerprint = '',
): LoadPart => ({
  table,
  file,
  schema: stream.schema,
  fingerprint,
  bytes: undefined,
  records: undefined,
  read: async function* (_from, _to, onBytes) {
    for await (const slice of slicesOf(stream, stream.schema.rows === undefined)) {
      yield slice;
      onBytes(slice.batch.length * stream.schema.stride);
    }
  },
});

/** The fields that the source of records could not show, which are 0. */
export const lackedBy = (schema: Schema): string[] =>
  (absentOf(schema) ?? []).map(({ field }) => field);
