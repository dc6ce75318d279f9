import type { RecordBatch } from '../stream/batch.ts';
import { cellWriter, lines, placeNames, placeOf, type RowOptions, selectColumns } from './rows.ts';

/**
 * Returns rows of a batch as newline-delimited JSON: `index` and `offset` in the source (for a ring
 * also `slot` and `state`), then the columns by name. 64-bit values are strings, since many JSON
 * readers round numbers.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function ndjsonRows(batch: RecordBatch, options: RowOptions = {}): string {
  const cells = selectColumns(batch.schema, options.columns).map((column) => {
    const write = cellWriter(batch, column, JSON.stringify, '"');
    const key = `,${JSON.stringify(column.name)}:`;
    return (i: number) => key + write(i);
  });
  const names = placeNames(batch.schema);
  return lines(batch, options, (i) => {
    const place = placeOf(batch, i).map((value, at) => `"${names[at]}":${JSON.stringify(value)}`);
    let line = `{${place.join(',')}`;
    for (const cell of cells) line += cell(i);
    return `${line}}`;
  });
}
