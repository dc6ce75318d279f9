import type { RecordBatch } from '../stream/batch.ts';
import { textColumns } from './names.ts';
import { cellWriter, lines, placeNames, placeOf, type RowOptions } from './rows.ts';

const LAST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);

/** How 64-bit values are written. */
const WIDE: Readonly<Record<NonNullable<RowOptions['int64']>, (value: bigint) => string>> = {
  auto: (value) => (value <= LAST_NUMBER && value >= -LAST_NUMBER ? `${value}` : `"${value}"`),
  string: (value) => `"${value}"`,
  number: String,
};

/**
 * Returns rows of a batch as newline-delimited JSON: `index` and `offset` in the source (for a ring
 * also `slot` and `state`), then the columns by name; a name that does not exist is null.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist
 */
export function ndjsonRows(batch: RecordBatch, options: RowOptions = {}): string {
  const wide = WIDE[options.int64 ?? 'auto'];
  const cells = textColumns(batch.schema, options).map(({ name, source, names }) => {
    const nameOf = names?.(batch);
    const write = nameOf
      ? (i: number) => JSON.stringify(nameOf(i))
      : cellWriter(batch, source, JSON.stringify, wide);
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
