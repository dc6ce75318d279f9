import type { Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { textColumns } from './names.ts';
import {
  type CellWriter,
  cellWriter,
  lines,
  placeNames,
  placeOf,
  type RowOptions,
} from './rows.ts';

const quote = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * Returns the header of a CSV (RFC 4180): `index`, `offset`, and the names of the columns. `names`
 * adds the columns that it adds to the rows.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function csvHeader(schema: Schema, columns?: readonly string[], names?: boolean): string {
  const heads = textColumns(schema, { columns, names }).map(({ name }) => name);
  return `${[...placeNames(schema), ...heads].join(',')}\n`;
}

/**
 * Returns rows of a batch as CSV: `index` and `offset` in the source, then the values of the
 * columns, as they are: a text that begins with = + - or @ is a formula to some spreadsheets.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function csvRows(batch: RecordBatch, options: RowOptions = {}): string {
  const cells = textColumns(batch.schema, options).map(({ source, names }): CellWriter => {
    const nameOf = names?.(batch);
    return nameOf ? (i) => quote(nameOf(i) ?? '') : cellWriter(batch, source, quote, String);
  });
  return lines(batch, options, (i) => {
    let line = placeOf(batch, i).join(',');
    for (const cell of cells) line += `,${cell(i)}`;
    return line;
  });
}
