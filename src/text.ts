/**
 * `aioscope/text`: writes the rows of a batch as CSV or newline-delimited JSON. Works in every
 * runtime.
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
