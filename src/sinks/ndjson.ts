import type { RecordKind } from '../abi/record.ts';
import type { FieldTypes } from '../layout/layout-type.ts';
import { checkOptions } from '../layout/option-names.ts';
import { oneOf } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import type { ColumnName } from '../stream/batch-type.ts';
import { textColumns } from './names.ts';
import { checkBatch, INT64_FORMS, ROW_NAMES, type RowOptions } from './rows.ts';
import type { TextFormat } from './text/cells.ts';
import { rowsText } from './text/write-rows.ts';

/** How rows are written. @throws AioscopeError `AIOSCOPE_OPTION` for another value of `int64` */
export const ndjsonFormat = (int64: RowOptions['int64']): TextFormat => ({
  key: (name, isFirst) => `${isFirst ? '{' : ','}${JSON.stringify(name)}:`,
  quote: JSON.stringify,
  missing: 'null',
  wide: oneOf('int64', int64 ?? 'auto', INT64_FORMS),
  end: '}\n',
});

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
  const format = ndjsonFormat(options.int64);
  const { begin, end } = options;
  return rowsText(batch, { columns: textColumns(batch.schema, options), format, begin, end });
}
