import type { Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { cellWriter, lines, placeNames, placeOf, type RowOptions, selectColumns } from './rows.ts';

const quote = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * Returns the header of a CSV (RFC 4180): `index`, `offset`, and the names of the columns.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function csvHeader(schema: Schema, columns?: readonly string[]): string {
  const names = selectColumns(schema, columns).map(({ name }) => name);
  return `${[...placeNames(schema), ...names].join(',')}\n`;
}

/**
 * Returns rows of a batch as CSV: `index` and `offset` in the source, then the values of the
 * columns.
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
