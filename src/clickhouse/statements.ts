// The statements that create the database and its tables.
import { AioscopeError, excerpt, wrongType } from '../errors.ts';
import { checkOptions } from '../layout/option-names.ts';
import type { Schema } from '../layout/schema.ts';
import {
  ALIASES,
  columnsOf,
  POSITION_COLUMNS,
  type StoredColumn,
  storedColumns,
  TABLES,
  type TableName,
} from './columns.ts';
import { checkName, DATABASE } from './connection-options.ts';
import { quoteName } from './quote.ts';

export { quoteName, quoteText } from './quote.ts';

/** What the statements depend on. */
export interface StatementOptions {
  /** The database. Default: `aio`. */
  readonly database?: string | undefined;
  /** The cluster over which the tables are distributed. Default: none, one node. */
  readonly cluster?: string | undefined;
  /** Whether the tables are replicated, by the macros `{shard}` and `{replica}` of the nodes. */
  readonly replicated?: boolean | undefined;
  /** Whether columns have codecs, which servers before 20.1 do not know. Default: true. */
  readonly codecs?: boolean | undefined;
}

const STATEMENT_NAMES = [
  'database:string',
  'cluster:string',
  'replicated:boolean',
  'codecs:boolean',
] as const;

/** The table of loads, which says what each load is, and whether it is complete. */
export const LOADS = 'loads';
/** The columns of that table. */
export const LOAD_COLUMNS = [
  ...['load String', '`table` String', 'part UInt32', 'file String', 'bytes Int64'],
  ...['records Int64', 'chunkRows UInt64', 'selection String', 'lacks String'],
  ...['format String', 'fingerprint String', 'shards String'],
  ...['isComplete UInt8', '`rows` UInt64', 'chunks UInt32', 'writtenAt DateTime'],
] as const;

/** Columns whose values grow evenly. */
const EVEN = new Set(['ts', 'index', 'completionTs', 'submissionIndex', 'completionIndex', 'end']);

function codecOf({ name, type }: StoredColumn): string {
  if (type === 'String') return ' CODEC(ZSTD(1))';
  return ` CODEC(${EVEN.has(name) ? 'DoubleDelta' : 'T64'}, ZSTD(1))`;
}

/** The definition of a stored column. */
export const definitionOf = (column: StoredColumn, hasCodecs: boolean): string =>
  `${quoteName(column.name)} ${column.type}${hasCodecs ? codecOf(column) : ''}`;

/** The name of the table on each node that holds the rows. */
export const localName = (table: TableName): string => `${table}_local`;

/** How the rows of a table are divided, and in which order they are. */
export const PARTITION_AND_ORDER = 'PARTITION BY (load, chunk) ORDER BY (ts, `index`)';

/**
 * Names that servers give to columns of their own: some versions read those instead of ours, others
 * refuse the table.
 */
const RESERVED = new Set([
  ...['_part', '_part_index', '_part_uuid', '_part_offset', '_partition_id', '_partition_value'],
  ...['_sample_factor', '_row_exists', '_block_number', '_block_offset', '_table', '_database'],
  '_shard_num',
]);
/** Old servers have a file per column, whose name is that of the column and at most 255 bytes. */
const NAME_LENGTH_MAX = 200;

/** The columns that a schema has besides those of its table, or an error where types clash. */
export function extraColumns(table: TableName, columns: readonly StoredColumn[]): StoredColumn[] {
  const known = new Map(storedColumns(table).map((column) => [column.name, column.type]));
  const own = new Set(POSITION_COLUMNS.map(({ name }) => name));
  const computed = new Set(ALIASES[table].map(({ name }) => name));
  const clash = (name: string, why: string): never => {
    throw new AioscopeError(
      'AIOSCOPE_LAYOUT',
      `the field ${excerpt(name)} of the layout ${why}; rename the field in the layout`,
    );
  };
  return columns.filter(({ name, type }) => {
    if (own.has(name) || computed.has(name)) clash(name, `is a column of its own in ${table}`);
    if (RESERVED.has(name)) clash(name, 'has a name that ClickHouse reserves');
    if (name.length > NAME_LENGTH_MAX)
      clash(
        name,
        `has a name of ${name.length} characters, and columns at most ${NAME_LENGTH_MAX}`,
      );
    const expected = known.get(name);
    if (expected !== undefined && !fits(type, expected))
      clash(name, `has the type ${type}, and the column of ${table} ${expected}`);
    return expected === undefined;
  });
}

/** Whether values of a type fit a column: it has the same type, or a wider one of its sign. */
export function fits(type: string, column: string): boolean {
  if (type === column) return true;
  const [from, to] = [type, column].map((each) => /^(U?Int)(\d+)$/.exec(each));
  return from !== null && to !== null && from[1] === to[1] && Number(from[2]) < Number(to[2]);
}

function engineOf(table: string, { replicated, database = DATABASE }: StatementOptions): string {
  if (!replicated) return 'MergeTree';
  return `ReplicatedMergeTree('/clickhouse/tables/{shard}/${database}/${table}', '{replica}')`;
}

/** The statement that creates the table of rows on a node. */
function createLocal(
  table: TableName,
  more: readonly StoredColumn[],
  options: StatementOptions,
): string {
  const { database = DATABASE, codecs = true } = options;
  const stored = [...storedColumns(table), ...more].map((each) => definitionOf(each, codecs));
  const computed = ALIASES[table].map(
    ({ name, type, expression }) => `${quoteName(name)} ${type} ALIAS ${expression}`,
  );
  const name = localName(table);
  const columns = [...stored, ...computed].join(',\n  ');
  return (
    `CREATE TABLE IF NOT EXISTS ${database}.${name} (\n  ${columns}\n) ` +
    `ENGINE = ${engineOf(name, options)} ${PARTITION_AND_ORDER}`
  );
}

/** The statement that creates the table to query, over those that hold the rows. */
function createQueryTable(
  table: TableName,
  { database = DATABASE, cluster }: StatementOptions,
): string {
  const local = localName(table);
  const engine =
    cluster === undefined
      ? `Merge(${database}, '^${local}$')`
      : `Distributed(${checkName('cluster', cluster)}, ${database}, ${local})`;
  const create = `CREATE TABLE IF NOT EXISTS ${database}.${table} AS ${database}.${local}`;
  return `${create} ENGINE = ${engine}`;
}

/**
 * Each column once, with the widest of its types.
 *
 * @throws AioscopeError `AIOSCOPE_LAYOUT` if none of its types takes the values of all
 */
export function widestOf(columns: readonly StoredColumn[]): StoredColumn[] {
  const all = new Map<string, StoredColumn>();
  for (const column of columns) {
    const { name, type } = column;
    const known = all.get(name);
    if (known === undefined || fits(known.type, type)) all.set(name, column);
    else if (!fits(type, known.type))
      throw new AioscopeError(
        'AIOSCOPE_LAYOUT',
        `the field ${name} has the type ${known.type} in one file and ${type} in another; ` +
          'rename it in one of the layouts, or load the files into different databases',
      );
  }
  return [...all.values()];
}

/** The columns that the schemas of a table have besides its own. */
export const extraOf = (table: TableName, given: ReadonlyMap<TableName, readonly Schema[]>) =>
  widestOf(extraColumns(table, (given.get(table) ?? []).flatMap(columnsOf)));

/**
 * Returns the statements that create the database and its tables, in order: on each node the rows
 * in `iocb_local`, `io_event_local` and so on, and over them `iocb`, `io_event` and so on, which
 * are the ones to query. Fields of the layouts in `schemas` become columns, too.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for an invalid name, `AIOSCOPE_LAYOUT` for a field that
 *   clashes with a column
 */
export function tableStatements(
  options: StatementOptions = {},
  schemas: ReadonlyMap<TableName, readonly Schema[]> = new Map(),
): string[] {
  checkOptions('tableStatements', options, STATEMENT_NAMES);
  if (!(schemas instanceof Map)) throw wrongType('schemas', schemas, 'Map');
  const database = checkName('database', options.database ?? DATABASE);
  const tables = TABLES.flatMap((table) => [
    createLocal(table, extraOf(table, schemas), options),
    createQueryTable(table, options),
  ]);
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    ...tables,
    `CREATE TABLE IF NOT EXISTS ${database}.${LOADS} (\n  ${LOAD_COLUMNS.join(',\n  ')}\n) ` +
      `ENGINE = ${engineOf(LOADS, options)} PARTITION BY load ORDER BY (\`table\`, part)`,
  ];
}
