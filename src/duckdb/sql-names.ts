import { ERRNO, ERRNO_INTERNAL } from '../abi/errno.ts';
import { type Flag, IOCB_FLAGS, POLL_FLAGS, RWF_FLAGS } from '../abi/flag.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';
import type { ScalarType } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import type { Schema } from '../layout/schema.ts';
import { type TableColumn, tableOf } from '../sinks/table.ts';

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

/** Quotes a name; quotes a text. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The columns of names that views add, by meaning, which are also the macros that compute them. */
export const NAMES: Partial<Record<Meaning, string>> = {
  opcode: 'opcode_name',
  result: 'errno_name',
};

const cases = OPCODES.map(({ value, name }) => `WHEN ${value} THEN ${quoteText(name)}`);
/** A CASE with few branches is four times as fast as a lookup in a list. */
const OPCODE_NAME = `CREATE MACRO opcode_name(x) AS CASE x ${cases.join(' ')} END`;

/**
 * Names negative errnos. Other results, which are the majority, skip the list, which begins at 1.
 */
function errnoMacro(): string {
  const names: Readonly<Record<number, string>> = { ...ERRNO, ...ERRNO_INTERNAL };
  const last = Math.max(...Object.keys(names).map(Number));
  const list = Array.from({ length: last }, (_, i) =>
    names[i + 1] === undefined ? 'NULL' : quoteText(names[i + 1]),
  );
  return (
    `CREATE MACRO errno_name(x) AS CASE WHEN x BETWEEN ${-last} AND -1 ` +
    `THEN [${list.join(',')}][-x] END`
  );
}

/** Names the set bits, joined by `|`. Undefined bits come last, as one hex number. */
function flagMacro(name: string, flags: readonly Flag[]): string {
  const named = flags.reduce((mask, { bit }) => mask | bit, 0);
  const words = flags.map(
    ({ bit, name: word }) => `CASE WHEN x::UBIGINT & ${bit} <> 0 THEN ${quoteText(word)} END`,
  );
  const rest = `(x::UBIGINT & ~${named}::UBIGINT)`;
  const hex = `CASE WHEN ${rest} <> 0 THEN '0x' || lower(hex(${rest})) END`;
  const list = [...words, hex].join(', ');
  return `CREATE MACRO ${name}(x) AS CASE WHEN x = 0 THEN '0' ELSE concat_ws('|', ${list}) END`;
}

/**
 * Statements that define the macros `opcode_name(x)`, `errno_name(res)` for negative results,
 * `iocb_flag_names(x)`, `rw_flag_names(x)` and `poll_names(x)`.
 */
export const MACROS: readonly string[] = [
  OPCODE_NAME,
  errnoMacro(),
  flagMacro('iocb_flag_names', IOCB_FLAGS),
  flagMacro('rw_flag_names', RWF_FLAGS),
  flagMacro('poll_names', POLL_FLAGS),
];

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
 * Returns the SQL table of a schema: its columns, for records their `index` in the file, and the
 * `file`.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for names that differ only by case, which SQL ignores
 */
export function sqlTable(name: string, schema: Schema, isRecords: boolean): SqlTable {
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
  return { name, columns: all, names };
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
