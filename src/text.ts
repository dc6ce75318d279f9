/**
 * Writes the rows of a batch as CSV or as newline-delimited JSON.
 *
 * @example
 * ```js
 * import { readFileSync } from 'node:fs';
 * import { decode } from 'aioscope';
 * import { csvHeader, csvRows, ndjsonRows } from 'aioscope/text';
 *
 * const batch = decode(readFileSync('examples/fio_nowait.ioev'), { kind: 'io_event' });
 * const columns = ['data', 'res'];
 * let text = csvHeader(batch.schema, columns, true);
 * text += csvRows(batch, { columns, names: true, end: 2 });
 * text += ndjsonRows(batch, { columns, end: 1 });
 * console.log(text.trimEnd());
 * ```
 *
 * ```text
 * index,offset,data,res,res_name
 * 0,0,0,-11,EAGAIN
 * 1,32,0,-11,EAGAIN
 * {"index":0,"offset":0,"data":0,"res":-11}
 * ```
 *
 * @module
 */
export { type CsvOptions, csvCell, csvHeader, csvRows } from './sinks/csv.ts';
export { ndjsonRows } from './sinks/ndjson.ts';
export {
  INT64_FORMS,
  INT64_JSON,
  type Int64Form,
  placeNames,
  placeOf,
  type RowOptions,
  selectColumns,
} from './sinks/rows.ts';
