import type { RecordKind } from '../abi/record.ts';
import type { FieldTypes } from '../layout/layout-type.ts';
import { checkOptions } from '../layout/option-names.ts';
import { oneOf } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import type { ColumnName } from '../stream/batch-type.ts';
import { textColumns } from './names.ts';
import {
  cellWriter,
  checkBatch,
  INT64_FORMS,
  INT64_JSON,
  lines,
  placeNames,
  placeOf,
  ROW_NAMES,
  type RowOptions,
} from './rows.ts';

/**
 * Returns rows of a batch as newline-delimited JSON: `index` and `offset` in the source (for a ring
 * also `slot` and `state`), then the columns by name; a name that does not exist is null.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function ndjsonRows<R extends RecordKind, F extends FieldTypes, N extends string>(
  batch: RecordBatch<R, F>,
  options: RowOptions<ColumnName<R, F, N>> = {},
): string {
  checkBatch('ndjsonRows', batch);
  checkOptions('ndjsonRows', options, ROW_NAMES);
  const wide = INT64_JSON[oneOf('int64', options.int64 ?? 'auto', INT64_FORMS)];
  const cells = textColumns(batch.schema, options).map(({ name, source, names }) => {
    const nameOf = names?.(batch);
    const write = nameOf
      ? (i: number) => JSON.stringify(nameOf(i))
      : cellWriter(batch, source, JSON.stringify, wide, 'null');
    const key = `,${JSON.stringify(name)}:`;
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
