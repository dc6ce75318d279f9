import { ERRNO, ERRNO_INTERNAL } from '../abi/errno.ts';
import { type Flag, IOCB_FLAGS, POLL_FLAGS, RWF_FLAGS } from '../abi/flag.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';
import type { ScalarType } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import type { Schema } from '../layout/schema.ts';
import { type TableColumn, tableOf } from '../sinks/table.ts';

/** What each type of a column is in SQL. */
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

/** The type of a column of a table in SQL. */
export function sqlType({ type }: Pick<TableColumn, 'type'>): string {
  if (type === 'timestamp') return 'TIMESTAMP_NS';
  return type === 'text' || type === 'words' ? 'VARCHAR' : SQL_TYPES[type];
}

/** A name or a text as SQL writes it. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The columns that views have besides, by what they name, and the macros that make them. */
export const NAMES: Partial<Record<Meaning, string>> = {
  opcode: 'opcode_name',
  result: 'errno_name',
};

const cases = OPCODES.map(({ value, name }) => `WHEN ${value} THEN ${quoteText(name)}`);
/** A list that columns are looked up in takes four times as long as a few cases. */
const OPCODE_NAME = `CREATE MACRO opcode_name(x) AS CASE x ${cases.join(' ')} END`;

/** The name of a result that is a negative errno: results that are none, most of them, stay out of the list, which begins at 1. */
function errnoMacro(): string {
  const names: Readonly<Record<number, string>> = { ...ERRNO, ...ERRNO_INTERNAL };
  const last = Math.max(...Object.keys(names).map(Number));
  const list = Array.from({ length: last }, (_, i) =>
    names[i + 1] === undefined ? 'NULL' : quoteText(names[i + 1]),
  );
  return `CREATE MACRO errno_name(x) AS CASE WHEN x BETWEEN ${-last} AND -1 THEN [${list.join(',')}][-x] END`;
}

/** The names of the bits that are set, joined by `|`; bits without a name last, together, in hex. */
function flagMacro(name: string, flags: readonly Flag[]): string {
  const named = flags.reduce((mask, { bit }) => mask | bit, 0);
  const words = flags.map(
    ({ bit, name: word }) => `CASE WHEN x::UBIGINT & ${bit} <> 0 THEN ${quoteText(word)} END`,
  );
  const rest = `(x::UBIGINT & ~${named}::UBIGINT)`;
  const hex = `CASE WHEN ${rest} <> 0 THEN '0x' || lower(hex(${rest})) END`;
  return `CREATE MACRO ${name}(x) AS CASE WHEN x = 0 THEN '0' ELSE concat_ws('|', ${[...words, hex].join(', ')}) END`;
}

/**
 * Statements that give SQL the words of the ABI: `opcode_name(x)`, `errno_name(res)` of a negative result,
 * `iocb_flag_names(x)`, `rw_flag_names(x)` and `poll_names(x)`.
 */
export const MACROS: readonly string[] = [
  OPCODE_NAME,
  errnoMacro(),
  flagMacro('iocb_flag_names', IOCB_FLAGS),
  flagMacro('rw_flag_names', RWF_FLAGS),
  flagMacro('poll_names', POLL_FLAGS),
];

/** A column of a table in SQL: those of `tableOf`, and where each record is from. */
export type SqlColumn =
  | TableColumn
  | { readonly name: 'index'; readonly type: 'u64' }
  | { readonly name: 'file'; readonly type: 'text' };

/** A table in SQL. */
export interface SqlTable {
  readonly name: string;
  readonly columns: readonly SqlColumn[];
  /** Columns that are called what they compute. */
  readonly names: readonly string[];
}

/**
 * The table that records of a schema make in SQL: their columns, of records their `index` in the file, and the `file`.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for names that SQL, which has no upper and lower case, cannot tell apart
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
      `layout '${schema.layout.text}': a table in SQL would have '${twice}' twice; give the field another name`,
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

/** The statement that makes a table of its columns, to be filled. */
export const createTable = (name: string, { columns }: SqlTable): string =>
  `CREATE TABLE ${quoteName(name)} (${columns.map((column) => `${quoteName(column.name)} ${sqlType(column)}`).join(', ')})`;

/** The statement that makes one view of the parts of a table, with the names of opcodes and errors. */
export const createView = ({ name, names }: SqlTable, parts: readonly string[]): string =>
  `CREATE VIEW ${quoteName(name)} AS SELECT ${['*', ...names].join(', ')} FROM (${parts.map((part) => `FROM ${part}`).join(' UNION ALL ')})`;
