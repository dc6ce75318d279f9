import type { RecordBatch } from '../stream/batch.ts';
import { cellWriter, lines, placeNames, placeOf, type RowOptions, selectColumns } from './rows.ts';

/**
 * Rows of a batch as newline-delimited JSON: `index` and `offset` in the source (of a ring `slot` and
 * `state` too), then every column under its name as the
 * column holds it; 64-bit values are strings, which JSON readers cannot round.
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
