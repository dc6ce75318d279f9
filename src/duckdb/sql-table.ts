// The tables of SQL: their columns and types, and the statements that create them.
import type { ScalarType } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import { joinSchemas, type Schema } from '../layout/schema.ts';
import { type TableColumn, tableOf } from '../sinks/table.ts';
import { NAMES, quoteName } from './sql-names.ts';

/** The SQL type of each column type. */
export const SQL_TYPES = {
  u8: 'UTINYINT',
  i8: 'TINYINT',
  u16: 'USMALLINT',
  i16: 'SMALLINT',
  u32: 'UINTEGER',
  i32: 'INTEGER',
  u64: 'UBIGINT',
  i64: 'BIGINT',
} as const satisfies Record<ScalarType, string>;

/** Returns the SQL type of a table's column. */
export function sqlType({ type }: Pick<TableColumn, 'type'>): string {
  if (type === 'timestamp') return 'TIMESTAMP_NS';
  return type === 'text' || type === 'words' ? 'VARCHAR' : SQL_TYPES[type];
}

/** A column of an SQL table: a column of `tableOf`, or the origin of the record. */
export type SqlColumn =
  | TableColumn
  | { readonly name: 'index'; readonly type: 'u64' }
  | { readonly name: 'file'; readonly type: 'text' };

/** An SQL table. */
export interface SqlTable {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
  /** Expressions of the columns of names. */
  readonly names: readonly string[];
}

/**
 * Returns the SQL table of sources with the same columns: these columns, for records their `index`
 * in the file, and the `file`. `more` are expressions of further columns.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for names that differ only by case, which SQL ignores
 */
export function sqlTable(
  name: string,
  schemas: readonly Schema[],
  isRecords: boolean,
  more: readonly string[] = [],
): SqlTable {
  const schema = joinSchemas(schemas);
  const { columns } = tableOf(schema, {});
  const place = isRecords ? [{ name: 'index', type: 'u64' } as const] : [];
  const all: SqlColumn[] = [...columns, ...place, { name: 'file', type: 'text' }];
  const taken = all.map((column) => column.name.toLowerCase());
  const twice = taken.find((each, i) => taken.indexOf(each) !== i);
  if (twice !== undefined)
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `layout '${schema.layout.text}': the SQL table would have two columns '${twice}'; ` +
        'rename the field',
    );
  const names = schema.columns.flatMap((column) => {
    const called =
      column.inRecord && column.meaning !== undefined ? NAMES[column.meaning] : undefined;
    return called === undefined || taken.includes(called)
      ? []
      : [`${called}(${quoteName(column.name)}) AS ${called}`];
  });
  return { name, columns: all, names: [...names, ...more] };
}

/** Returns the statement that creates an empty table. */
export const createTable = (name: string, { columns }: SqlTable): string => {
  const list = columns.map((column) => `${quoteName(column.name)} ${sqlType(column)}`);
  return `CREATE TABLE ${quoteName(name)} (${list.join(', ')})`;
};

/**
 * Returns the statement that creates a view over the parts of a table, with the names of opcodes
 * and errors.
 */
export const createView = ({ name, names }: SqlTable, parts: readonly string[]): string =>
  `CREATE VIEW ${quoteName(name)} AS SELECT ${['*', ...names].join(', ')} ` +
  `FROM (${parts.map((part) => `FROM ${part}`).join(' UNION ALL ')})`;
