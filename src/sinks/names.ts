import type { ColumnSource, Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { type RowOptions, selectColumns } from './rows.ts';
import { checkUnique, nameColumn, type TableColumn } from './table.ts';

/** A column of rows of text: of the records' own values, or of their names. */
export interface TextColumn {
  readonly name: string;
  readonly source: ColumnSource;
  /** Returns the name of each row of a batch, or null; undefined for a column of values. */
  readonly names?: (batch: RecordBatch) => (i: number) => string | null;
}

function namesOf(column: TableColumn): NonNullable<TextColumn['names']> | undefined {
  if (column.type === 'text') return column.text;
  if (column.type !== 'words') return undefined;
  const { words } = column;
  return (batch) => {
    const places = column.places(batch);
    return (i) => words[places[i]] ?? null;
  };
}

/**
 * Returns the columns of rows of text: those selected and, with `names`, the names of each that has
 * them after it.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist or is named twice
 */
export function textColumns(
  schema: Schema,
  { columns, names }: Pick<RowOptions, 'columns' | 'names'>,
): readonly TextColumn[] {
  const all = selectColumns(schema, columns).flatMap((source): TextColumn[] => {
    const values = { name: source.name, source };
    const named = names ? nameColumn(source) : undefined;
    const read = named && namesOf(named);
    return named && read ? [values, { name: named.name, source, names: read }] : [values];
  });
  checkUnique(all);
  return all;
}
