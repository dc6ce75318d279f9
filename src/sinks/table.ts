import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError, excerpt, shown } from '../errors.ts';
import { checkArgument } from '../layout/option-names.ts';
import { type ColumnSource, oneOf, type Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import type { BatchStream } from '../stream/coalesce.ts';
import { version } from '../version.ts';
import { selectColumns } from './rows.ts';
import { runNameReader } from './run-columns.ts';
import { nameColumn } from './table/name-column.ts';

/** The types that the envelope's `ts` can be written as. */
export const TS_TYPES = ['u64', 'timestamp'] as const;

/** The compressions of Parquet pages. */
export const PARQUET_CODECS = ['snappy', 'zstd', 'none'] as const;

/** The columns of a table, and their types. */
export interface TableOptions<C extends string = string> {
  /** Only these columns, in this order. Default: all. */
  readonly columns?: readonly C[] | undefined;
  /**
   * Add a column of names beside an opcode, a result and the columns of a check:
   * `aio_lio_opcode_name`, `res_name`, `firstRefusal_name`, `minKernel_name`, which are null if
   * the value has no name, and `anomalies_name`, the names of all matching rules joined by `|`.
   */
  readonly names?: boolean | undefined;
  /**
   * The type of the envelope's `ts`, and of `completionTs` in pairs. Default: `u64`. `timestamp` is
   * in nanoseconds, without a time zone.
   */
  readonly tsType?: (typeof TS_TYPES)[number] | undefined;
  /**
   * Metadata besides kind, layout, endian and version, such as the name of the source.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** The names of `TableOptions`. */
export const TABLE_NAMES = [
  'columns:string[]',
  'names:boolean',
  'tsType',
  'metadata:object',
] as const;

/** A column of a table: numbers as stored in a batch, text, or words of a fixed list. */
export type TableColumn = { readonly name: string } & (
  | {
      readonly type: ScalarType | 'timestamp';
      values(batch: RecordBatch): ColumnValues;
      /** Tests rows for null; only of columns whose values can be. */
      nulls?(batch: RecordBatch): ((i: number) => boolean) | undefined;
    }
  | {
      readonly type: 'text';
      /** Given if it may be null. */
      readonly nullable?: true;
      text(batch: RecordBatch): (i: number) => string | null;
    }
  | {
      readonly type: 'words';
      readonly words: readonly string[];
      places(batch: RecordBatch): Int16Array;
    }
);
type ColumnValues = Exclude<RecordBatch['columns'][string], undefined>;

/** A table of records. */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly metadata: Readonly<Record<string, string>>;
}

const STATES = ['live', 'stale'] as const;
/** The slot of each event of a ring, and whether it is live or stale. */
const ringColumns: readonly TableColumn[] = [
  {
    name: 'slot',
    type: 'u32',
    values: (batch) => Uint32Array.from({ length: batch.length }, (_, i) => batch.slotOf(i) ?? 0),
  },
  {
    name: 'state',
    type: 'words',
    words: STATES,
    places: (batch) =>
      Int16Array.from({ length: batch.length }, (_, i) =>
        STATES.indexOf(batch.stateOf(i) ?? 'live'),
      ),
  },
];

/** Timestamps are signed, so a `ts` from 2^63 on is out of range. */
function timestamps(batch: RecordBatch, name: string): ColumnValues {
  const array = batch.columns[name] as BigUint64Array;
  const highs = new Int32Array(array.buffer, array.byteOffset, 2 * batch.length);
  for (let i = 0; i < batch.length; i++) {
    if (highs[2 * i + 1] >= 0) continue;
    throw new AioscopeError(
      'AIOSCOPE_RANGE',
      `${name} of record ${batch.indexOf(i)} is ${array[i]}, beyond the last timestamp, ` +
        `${2n ** 63n - 1n}; write it as a number`,
    );
  }
  return array;
}

/** Descriptors are `int` in programs, and signed in tables. */
function descriptors(batch: RecordBatch, name: string): Int32Array {
  const { buffer, byteOffset } = batch.columns[name];
  return new Int32Array(buffer, byteOffset, batch.length);
}

/** The columns of times, in envelopes and in pairs. */
const TIMES: readonly string[] = ['ts', 'completionTs'];

function tableColumns(source: ColumnSource, { names, tsType }: TableOptions): TableColumn[] {
  const { name, type, inRecord, runName } = source;
  if (runName !== undefined)
    return [{ name, type: 'text', nullable: true, text: (batch) => runNameReader(batch, runName) }];
  if (type === 'char') {
    const text = (batch: RecordBatch) => (i: number) => batch.named(name, i);
    return [{ name, type: 'text', text }];
  }
  const nullable =
    source.absent === undefined ? {} : { nulls: (batch: RecordBatch) => batch.absence(name) };
  const isTime =
    tsType === 'timestamp' && TIMES.includes(name) && !inRecord && SCALARS[type].byteLength === 8;
  if (isTime)
    return [
      {
        name,
        type: 'timestamp',
        values: (batch) => (type === 'u64' ? timestamps(batch, name) : batch.columns[name]),
        ...nullable,
      },
    ];
  if (source.meaning === 'descriptor')
    return [{ name, type: 'i32', values: (batch) => descriptors(batch, name), ...nullable }];
  const column: TableColumn = { name, type, values: (batch) => batch.columns[name], ...nullable };
  const named = names ? nameColumn(source) : undefined;
  return named === undefined ? [column] : [column, named];
}

export { nameColumn };

/**
 * Returns the schema of a stream of batches.
 * @throws AioscopeError `AIOSCOPE_SOURCE` for anything else
 */
export function schemaOf(caller: string, batches: Pick<BatchStream, 'schema'>): Schema {
  if (typeof batches === 'object' && batches !== null && Symbol.asyncIterator in batches)
    return batches.schema;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${caller} takes a reader, as open and openPairs return it, not ${shown(batches)}`,
  );
}

/** Throws `AIOSCOPE_COLUMN` if two columns have one name. */
export function checkUnique(columns: readonly { readonly name: string }[]): void {
  const names = new Set<string>();
  const twice = columns.find(({ name }) => names.size === names.add(name).size);
  if (twice !== undefined)
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `column '${excerpt(twice.name)}' would occur twice in the table`,
    );
}

/**
 * Returns the table of a schema's records.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist, or for two columns of
 *   the same name
 */
export function tableOf(schema: Schema, options: TableOptions): Table {
  oneOf('tsType', options.tsType ?? 'u64', TS_TYPES);
  for (const [name, text] of Object.entries(options.metadata ?? {}))
    checkArgument(name, text, 'string');
  const { kind, layout, endian, check, rows } = schema;
  const columns = selectColumns(schema, options.columns).flatMap((source) =>
    tableColumns(source, options),
  );
  if (kind === 'aio_ring' && options.columns === undefined) columns.push(...ringColumns);
  checkUnique(columns);
  const format = {
    kind: rows ?? kind,
    layout: layout.text,
    endian,
    ...(check && { check }),
    aioscope: version,
  };
  const metadata = { ...format, ...options.metadata };
  return { columns, metadata };
}
