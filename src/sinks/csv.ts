import type { Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { cellWriter, lines, placeNames, placeOf, type RowOptions, selectColumns } from './rows.ts';

const quote = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * The first line of a CSV (RFC 4180): `index`, `offset`, and the names of the columns.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function csvHeader(schema: Schema, columns?: readonly string[]): string {
  return `${[...placeNames(schema), ...selectColumns(schema, columns).map(({ name }) => name)].join(',')}\n`;
}

/**
 * Rows of a batch as CSV: `index` and `offset` in the source, then every column as the column holds it.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function csvRows(batch: RecordBatch, options: RowOptions = {}): string {
  const cells = selectColumns(batch.schema, options.columns).map((column) =>
    cellWriter(batch, column, quote, ''),
  );
  return lines(batch, options, (i) => {
    let line = placeOf(batch, i).join(',');
    for (const cell of cells) line += `,${cell(i)}`;
    return line;
  });
}
