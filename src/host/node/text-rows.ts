// The rows of batches as CSV or NDJSON, in bytes.
import type { Schema } from '../../layout/schema.ts';
import { csvFormat } from '../../sinks/csv.ts';
import { textColumns } from '../../sinks/names.ts';
import { ndjsonFormat } from '../../sinks/ndjson.ts';
import type { RowOptions } from '../../sinks/rows.ts';
import { ByteText } from '../../sinks/text/byte-text.ts';
import { type RowsToWrite, writeRows } from '../../sinks/text/write-rows.ts';
import type { RecordBatch } from '../../stream/batch.ts';

/** How rows are written. */
export interface TextOptions extends Pick<RowOptions, 'columns' | 'names' | 'int64'> {
  readonly format: 'csv' | 'ndjson';
}

/** Returns what is written of each batch of a schema. */
export const rowsToWrite = (
  schema: Schema,
  { format, columns, names, int64 }: TextOptions,
): RowsToWrite => ({
  columns: textColumns(schema, { columns, names }),
  format: format === 'csv' ? csvFormat('escape') : ndjsonFormat(int64),
});

/** Yields the rows of each batch: a view, valid until the next step. */
export async function* textOf(
  schema: Schema,
  batches: AsyncIterable<RecordBatch>,
  options: TextOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const rows = rowsToWrite(schema, options);
  const text = new ByteText(new ArrayBuffer(2 ** 16));
  for await (const batch of batches) {
    text.at = 0;
    writeRows(text, batch, rows);
    yield text.written;
  }
}
