import type { RecordKind } from '../abi/record.ts';
import type { FieldTypes } from '../layout/layout-type.ts';
import { checkArgument, checkOptions } from '../layout/option-names.ts';
import { oneOf, type Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import type { ColumnName } from '../stream/batch-type.ts';
import { textColumns } from './names.ts';
import { checkBatch, INT64_FORMS, placeNames, ROW_NAMES, type RowOptions } from './rows.ts';
import type { TextFormat } from './text/cells.ts';
import { rowsText } from './text/write-rows.ts';

/** What becomes of text that a spreadsheet would take for a formula. */
const FORMULAS = ['escape', 'keep'] as const;

/** Options of `csvRows`. */
export interface CsvOptions<C extends string = string> extends RowOptions<C> {
  /**
   * Spreadsheets run text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return, and the
   * names of programs come from outside. `escape`, the default, puts a `'` before such text,
   * which spreadsheets take away; `keep` writes it unchanged, for other readers. Numbers are
   * unchanged.
   */
  readonly formulas?: (typeof FORMULAS)[number] | undefined;
}

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-](\d+(\.\d*)?(e[+-]?\d+)?|Infinity)$/i;

/**
 * Returns a text as a cell of CSV (RFC 4180): quoted if necessary, and escaped if it is a formula
 * to a spreadsheet.
 */
export function csvCell(text: string, formulas: CsvOptions['formulas'] = 'escape'): string {
  checkArgument('text', text, 'string');
  oneOf('formulas', formulas, FORMULAS);
  return cellOf(text, formulas);
}

function cellOf(text: string, formulas: CsvOptions['formulas']): string {
  const isFormula = formulas === 'escape' && FORMULA.test(text) && !NUMBER.test(text);
  const cell = isFormula ? `'${text}` : text;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** How rows are written. */
export const csvFormat = (formulas: CsvOptions['formulas']): TextFormat => ({
  key: (_, isFirst) => (isFirst ? '' : ','),
  quote: (text) => cellOf(text, formulas),
  missing: '',
  wide: 'number',
  end: '\n',
});

/**
 * Returns the header of a CSV (RFC 4180): `index`, `offset`, and the names of the columns. `names`
 * adds the columns that it adds to the rows.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function csvHeader(schema: Schema, columns?: readonly string[], names?: boolean): string {
  if (names !== undefined) checkArgument('names', names, 'boolean');
  const heads = textColumns(schema, { columns, names }).map(({ name }) => name);
  return `${[...placeNames(schema), ...heads].join(',')}\n`;
}

/**
 * Returns rows of a batch as CSV: `index` and `offset` in the source, then the values of the
 * columns. Text is UTF-8; see `formulas` for text that spreadsheets would run.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist, `AIOSCOPE_OPTION` for
 *   another value of `formulas`
 */
export function csvRows<R extends RecordKind, F extends FieldTypes, N extends string>(
  batch: RecordBatch<R, F>,
  options: CsvOptions<ColumnName<R, F, N>> = {},
): string {
  checkBatch('csvRows', batch);
  checkOptions('csvRows', options, [ROW_NAMES, 'formulas']);
  oneOf('int64', options.int64 ?? 'auto', INT64_FORMS);
  const format = csvFormat(oneOf('formulas', options.formulas ?? 'escape', FORMULAS));
  const { begin, end } = options;
  return rowsText(batch, { columns: textColumns(batch.schema, options), format, begin, end });
}
