// The columns of the tables in ClickHouse: those that they always have, and those of a layout.
import { CALLS } from '../abi/call.ts';
import { ERRNO, ERRNO_INTERNAL } from '../abi/errno.ts';
import { type Flag, IOCB_FLAGS, RWF_FLAGS } from '../abi/flag.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { ScalarType } from '../abi/scalar.ts';
import { pairSchema } from '../analysis/match/pair-batch.ts';
import { parseLayout } from '../layout/layout.ts';
import { type Schema, schemaOf } from '../layout/schema.ts';
import { type TableColumn, tableOf } from '../sinks/table.ts';
import { PARTS } from '../trace/part.ts';
import { quoteText } from './quote.ts';

/** The tables of rows, in the order of the statements. */
export const TABLES = ['iocb', 'io_event', 'refused', 'aio_ring', 'pairs', 'calls'] as const;
/** A table of rows. */
export type TableName = (typeof TABLES)[number];

/** The ClickHouse type of each type of a column. */
const TYPES = {
  u8: 'UInt8',
  i8: 'Int8',
  u16: 'UInt16',
  i16: 'Int16',
  u32: 'UInt32',
  i32: 'Int32',
  u64: 'UInt64',
  i64: 'Int64',
} as const satisfies Record<ScalarType, string>;

/** A type of the tables. */
export type ColumnType = (typeof TYPES)[ScalarType] | 'String';

/** A column that is stored. */
export interface StoredColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** A column that is computed from another one. */
export interface AliasColumn extends StoredColumn {
  readonly expression: string;
}

/** Returns the type that a column of a batch has in ClickHouse. */
export function columnType({ type }: Pick<TableColumn, 'type'>): ColumnType {
  if (type === 'text' || type === 'words') return 'String';
  return TYPES[type === 'timestamp' ? 'i64' : type];
}

const stored = (column: TableColumn): StoredColumn => ({
  name: column.name,
  type: columnType(column),
});

/** Returns the columns of the records, or pairs, of a schema. */
export const columnsOf = (schema: Schema): StoredColumn[] =>
  tableOf(schema, {}).columns.map(stored);

/** A chunk has the number of its file in the upper half, and its own in the lower one. */
export const CHUNKS_PER_PART = 2 ** 16;

/** The fields of envelopes that every table has: 0 or '' where the layout lacks one. */
const ENVELOPE: readonly StoredColumn[] = [
  { name: 'ts', type: 'UInt64' },
  { name: 'addr', type: 'UInt64' },
  { name: 'pid', type: 'UInt32' },
  { name: 'tid', type: 'UInt32' },
  { name: 'comm', type: 'String' },
  { name: 'ctx', type: 'UInt64' },
  { name: 'seq', type: 'UInt64' },
  { name: 'ret', type: 'Int64' },
];
const PATH: StoredColumn = { name: 'path', type: 'String' };

/** What every row has: its load, its chunk, and its number in its file. */
export const POSITION_COLUMNS: readonly StoredColumn[] = [
  { name: 'load', type: 'String' },
  { name: 'chunk', type: 'UInt32' },
  { name: 'index', type: 'UInt64' },
];

function callColumns(): StoredColumn[] {
  const { envelope } = parseLayout(`${PARTS.calls.layout},record`);
  return envelope.map(({ name, type }) => ({
    name,
    type: type === 'char' ? 'String' : TYPES[type],
  }));
}

/** The columns of the records that each table always has. */
const RECORDS: Readonly<Record<TableName, () => readonly StoredColumn[]>> = {
  iocb: () => columnsOf(schemaOf({ kind: 'iocb' })),
  io_event: () => columnsOf(schemaOf({ kind: 'io_event' })),
  refused: () => columnsOf(schemaOf({ kind: 'iocb' })),
  aio_ring: () => columnsOf(schemaOf({ kind: 'aio_ring' })),
  pairs: () => columnsOf(pairSchema(schemaOf({ kind: 'iocb', layout: 'traced' }))),
  calls: callColumns,
};

/** Merges lists of columns; of one name, the first stays. */
const merged = (...lists: readonly (readonly StoredColumn[])[]): StoredColumn[] => {
  const all = new Map<string, StoredColumn>();
  for (const column of lists.flat()) if (!all.has(column.name)) all.set(column.name, column);
  return [...all.values()];
};

/** Returns the stored columns that a table always has. */
export function storedColumns(table: TableName): StoredColumn[] {
  const hasFile = table === 'iocb' || table === 'refused' || table === 'pairs';
  return merged(POSITION_COLUMNS, ENVELOPE, RECORDS[table](), hasFile ? [PATH] : []);
}

/** An expression that replaces numbers by their names, and others by ''. */
function transform(value: string, names: readonly (readonly [number, string])[]): string {
  const numbers = names.map(([number]) => number).join(', ');
  const texts = names.map(([, name]) => quoteText(name)).join(', ');
  return `transform(toInt64(${value}), [${numbers}], [${texts}], '')`;
}

const OPCODE_NAMES = OPCODES.map(({ value, name }) => [value, name] as const);
const ERRNO_NAMES = Object.entries({ ...ERRNO, ...ERRNO_INTERNAL }).map(
  ([number, name]) => [-Number(number), name] as const,
);
const CALL_NAMES = CALLS.map((name, number) => [number, name] as const);

/** An expression that names the set bits, joined by `|`; undefined bits come last, in hex. */
function flagNames(value: string, flags: readonly Flag[]): string {
  const known = flags.reduce((mask, { bit }) => mask | bit, 0) >>> 0;
  const names = flags.map(
    ({ bit, name }) => `if(bitAnd(${value}, ${bit}) != 0, ${quoteText(name)}, '')`,
  );
  const rest = `bitAnd(${value}, ${~known >>> 0})`;
  const hex = `concat('0x', replaceRegexpOne(lower(hex(${rest})), '^0+', ''))`;
  const list = [...names, `if(${rest} != 0, ${hex}, '')`].join(', ');
  return `if(${value} = 0, '0', arrayStringConcat(arrayFilter(x -> x != '', [${list}]), '|'))`;
}

const OPCODE: AliasColumn = {
  name: 'opcode_name',
  type: 'String',
  expression: transform('aio_lio_opcode', OPCODE_NAMES),
};
const FLAGS: readonly AliasColumn[] = [
  OPCODE,
  { name: 'rw_flag_names', type: 'String', expression: flagNames('aio_rw_flags', RWF_FLAGS) },
  { name: 'iocb_flag_names', type: 'String', expression: flagNames('aio_flags', IOCB_FLAGS) },
];
const errno = (value: string): AliasColumn => ({
  name: 'errno_name',
  type: 'String',
  expression: transform(value, ERRNO_NAMES),
});
const CALL: readonly AliasColumn[] = [
  { name: 'call_name', type: 'String', expression: transform('call', CALL_NAMES) },
  errno('ret'),
  {
    name: 'durationNs',
    type: 'Int64',
    expression: 'if(ts = 0 OR end = 0, toInt64(0), toInt64(end - ts))',
  },
];

/** The number of a row's file in its load; the table of loads has the name. */
const PART: AliasColumn = {
  name: 'part',
  type: 'UInt32',
  expression: `toUInt32(intDiv(chunk, ${CHUNKS_PER_PART}))`,
};

/** The columns of each table that are computed when they are read. */
export const ALIASES: Readonly<Record<TableName, readonly AliasColumn[]>> = {
  iocb: [PART, ...FLAGS],
  io_event: [PART, errno('res')],
  refused: [PART, ...FLAGS, errno('ret')],
  aio_ring: [PART, errno('res')],
  pairs: [PART, ...FLAGS, errno('res')],
  calls: [PART, ...CALL],
};
