// Results of queries, chunk by chunk, as JSON values, Arrow or Parquet.

import type { DuckDBConnection, DuckDBDataChunk, DuckDBValueConverter } from '@duckdb/node-api';
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { checkArgument, checkOptions } from '../layout/option-names.ts';
import { oneOf } from '../layout/schema.ts';
import { bytesOf, chunksOf, END_OF_STREAM, NO_NULLS, textBuffers } from '../sinks/arrow/buffers.ts';
import {
  batchMessage,
  type ColumnBuffers,
  type ResultField,
  schemaMessage,
} from '../sinks/arrow/message.ts';
import { PARQUET_CODECS } from '../sinks/table.ts';
import { version } from '../version.ts';
import { loadPeer } from './peer.ts';
import { checkQuery, chunksOfQuery, explained, runQuery } from './query.ts';
import { quoteName, quoteText } from './sql-names.ts';
import { SQL_TYPES } from './sql-table.ts';

/**
 * A JSON value. Integers of 64 bits and more, decimals and times are strings, so that nothing is
 * rounded.
 */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A JSON value, or an integer of 64 bits and more as bigint. */
export type ExactValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ExactValue[]
  | { readonly [name: string]: ExactValue };

/** Some rows of a query's result. */
export interface QueryRows<V = JsonValue> {
  /** The unique names of the columns. */
  readonly names: readonly string[];
  /** The SQL type of each column, such as `UBIGINT`. */
  readonly types: readonly string[];
  readonly rows: readonly (readonly V[])[];
}

/**
 * Yields a query's result in batches of up to 2,048 rows, each with names and types. The last batch
 * is empty. Integers of 64 bits and more are strings, or bigint with the option `bigint`.
 *
 * @throws DuckDB's Error, whose message begins with its type, such as `Parser Error`; what reading
 *   a file threw. An error that comes late follows the rows before it
 */
export function queryRows(
  connection: DuckDBConnection,
  query: string,
  options: { readonly bigint: true },
): AsyncGenerator<QueryRows<ExactValue>, void, void>;
export function queryRows(
  connection: DuckDBConnection,
  query: string,
  options?: { readonly bigint?: false | undefined },
): AsyncGenerator<QueryRows, void, void>;
export async function* queryRows(
  connection: DuckDBConnection,
  query: string,
  options: { readonly bigint?: boolean | undefined } = {},
): AsyncGenerator<QueryRows<ExactValue>, void, void> {
  checkOptions('queryRows', options, ['bigint:boolean']);
  const { bigint = false } = options;
  const { JsonDuckDBValueConverter: asJson } = loadPeer().api;
  const exact: DuckDBValueConverter<unknown> = (value, type, converter) =>
    typeof value === 'bigint' ? value : asJson(value, type, converter);
  for await (const { names, types, chunk } of chunksOfQuery(connection, query)) {
    const rows = (chunk?.convertRows(bigint ? exact : asJson) ?? []) as ExactValue[][];
    yield { names, types: types.map(String), rows };
  }
}

const SCALAR_TYPES: ReadonlyMap<string, ScalarType> = new Map(
  (Object.keys(SQL_TYPES) as ScalarType[]).map((type) => [SQL_TYPES[type] as string, type]),
);

/** The Arrow field of a column. */
function fieldOf(name: string, type: string): ResultField {
  const scalar = SCALAR_TYPES.get(type);
  if (scalar !== undefined) return { name, nullable: true, type: scalar };
  if (type === 'DOUBLE' || type === 'FLOAT') return { name, nullable: true, type: 'f64' };
  if (type === 'BOOLEAN') return { name, nullable: true, type: 'bool' };
  if (type === 'HUGEINT') return { name, nullable: true, type: 'decimal', width: 38, scale: 0 };
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (width !== undefined)
    return { name, nullable: true, type: 'decimal', width: Number(width), scale: Number(scale) };
  return { name, nullable: true, type: 'text' };
}

/** One bit per value. */
function bitsOf(values: readonly unknown[], isSet: (value: unknown) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) if (isSet(value)) bits[i >> 3] |= 1 << (i & 7);
  return bits;
}

/** 128-bit integers, the low words first. */
function wideOf(values: readonly unknown[]): BigUint64Array {
  const words = new BigUint64Array(2 * values.length);
  for (const [i, value] of values.entries()) {
    if (value === null) continue;
    const wide = typeof value === 'bigint' ? value : (value as { value: bigint }).value;
    words[2 * i] = BigInt.asUintN(64, wide);
    words[2 * i + 1] = BigInt.asUintN(64, wide >> 64n);
  }
  return words;
}

/** Returns the buffers of a column; `texts` are its values as text. */
function buffersOf(
  { type }: ResultField,
  values: readonly unknown[],
  texts: () => readonly JsonValue[],
): ColumnBuffers {
  const nulls = values.filter((value) => value === null).length;
  const valid = nulls === 0 ? NO_NULLS : bitsOf(values, (value) => value !== null);
  if (type === 'text') {
    const all = texts();
    const textOf = (value: JsonValue) =>
      typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    const [, offsets, bytes] = textBuffers(values.length, (i) => textOf(all[i])).buffers;
    return { nulls, buffers: [valid, offsets, bytes] };
  }
  if (type === 'bool')
    return { nulls, buffers: [valid, bitsOf(values, (value) => value === true)] };
  if (type === 'decimal') return { nulls, buffers: [valid, bytesOf(wideOf(values))] };
  const array = new (type === 'f64' ? Float64Array : SCALARS[type as ScalarType].array)(
    values.length,
  );
  for (const [i, value] of values.entries()) if (value !== null) array[i] = value as never;
  return { nulls, buffers: [valid, bytesOf(array)] };
}

function batchOf(fields: readonly ResultField[], chunk: DuckDBDataChunk) {
  const { JsonDuckDBValueConverter: converter } = loadPeer().api;
  const columns = fields.map((field, i) =>
    buffersOf(
      field,
      chunk.getColumnValues(i),
      () => chunk.convertColumnValues(i, converter) as readonly JsonValue[],
    ),
  );
  return batchMessage(chunk.rowCount, columns);
}

/**
 * Yields a query's result in Arrow's IPC stream format, in chunks. Integers and doubles keep their
 * types; HUGEINT (the type of sums) and DECIMAL are 128-bit decimals; other types, such as times,
 * lists and UHUGEINT, are text.
 *
 * @throws as `queryRows` does
 */
export async function* queryArrow(
  connection: DuckDBConnection,
  query: string,
): AsyncGenerator<Uint8Array, void, void> {
  let fields: readonly ResultField[] | undefined;
  for await (const { names, types, chunk } of chunksOfQuery(connection, query)) {
    if (fields === undefined) {
      fields = names.map((name, i) => fieldOf(name, String(types[i])));
      yield schemaMessage({ columns: fields, metadata: { aioscope: version, query } });
    }
    if (chunk !== null && chunk.rowCount > 0) yield* chunksOf(batchOf(fields, chunk), false);
  }
  yield END_OF_STREAM;
}

/**
 * Writes a query's result as a Parquet file with DuckDB. 128-bit integers, the type of sums, which
 * Parquet lacks, are written as DECIMAL(38, 0). Memory is bounded by a row group of 122,880 rows.
 *
 * @throws as `queryRows` does
 */
export async function queryParquet(
  connection: DuckDBConnection,
  query: string,
  path: string,
  codec: 'snappy' | 'zstd' | 'none' = 'snappy',
): Promise<void> {
  checkQuery(connection, query);
  checkArgument('path', path, 'string');
  oneOf('codec', codec, PARQUET_CODECS);
  const plain = query.replace(/[;\s]+$/, '');
  const describe = connection.runAndReadAll(`DESCRIBE (${plain}\n)`).catch((error) => {
    throw explained(connection, error);
  });
  const described = (await describe).getRowObjectsJson();
  const columns = described.map(({ column_name: name, column_type: type }, i) => {
    const column = `_${i}`;
    const value = type === 'HUGEINT' || type === 'UHUGEINT' ? `${column}::DECIMAL(38, 0)` : column;
    return [column, `${value} AS ${quoteName(String(name))}`];
  });
  const [from, to] = [0, 1].map((side) => columns.map((names) => names[side]).join(', '));
  const compression = codec === 'none' ? 'uncompressed' : codec;
  await runQuery(
    connection,
    `COPY (SELECT ${to} FROM (${plain}\n) AS _(${from})) TO ${quoteText(path)} ` +
      `(FORMAT parquet, COMPRESSION ${compression}, USE_TMP_FILE false)`,
  );
}
