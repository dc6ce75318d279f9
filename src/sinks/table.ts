import { ERRNO, ERRNO_INTERNAL, MAX_ERRNO } from '../abi/errno.ts';
import { OPCODES } from '../abi/opcode.ts';
import { RELEASES } from '../abi/release.ts';
import { IO_EVENT_RULES, IOCB_RULES, type Rule, ruleNames } from '../abi/rule.ts';
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { version } from '../version.ts';
import { selectColumns } from './rows.ts';

/** The types that the envelope's `ts` can be written as. */
export const TS_TYPES = ['u64', 'timestamp'] as const;

/** The compressions of Parquet pages. */
export const PARQUET_CODECS = ['snappy', 'zstd', 'none'] as const;

/** The columns of a table, and their types. */
export interface TableOptions {
  /** Only these columns, in this order. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Add a column of names beside an opcode, a result and the columns of a check:
   * `aio_lio_opcode_name`, `res_name`, `firstRefusal_name`, `minKernel_name`, which are null if
   * there is no name, and `anomalies_name`, the names of all matching rules joined by `|`.
   */
  readonly names?: boolean | undefined;
  /**
   * The type of the envelope's `ts`, and of `completionTs` in pairs. Default: `u64`. `timestamp` is
   * in nanoseconds, without a time zone.
   */
  readonly tsType?: (typeof TS_TYPES)[number] | undefined;
  /**
   * More metadata of the table, beside kind, layout and version; such as the name of the source.
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A column of a table: numbers as stored in a batch, text, or words of a fixed list. */
export type TableColumn = { readonly name: string } & (
  | { readonly type: ScalarType | 'timestamp'; values(batch: RecordBatch): ColumnValues }
  | { readonly type: 'text'; text(batch: RecordBatch): (i: number) => string }
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

const opcodeWords = OPCODES.map(({ name }) => name);
const errnoNames: Readonly<Record<number, string>> = { ...ERRNO, ...ERRNO_INTERNAL };
const errnoWords = Object.values(errnoNames);

/** Maps each number from 0 to `max` to the place of its name in a list, or -1. */
function placesOf(max: number, numbers: readonly number[]): Int16Array {
  const places = new Int16Array(max + 1).fill(-1);
  for (const [place, number] of numbers.entries()) places[number] = place;
  return places;
}
const opcodePlaces = placesOf(
  0xffff,
  OPCODES.map(({ value }) => value),
);
const errnoPlaces = placesOf(MAX_ERRNO, Object.keys(errnoNames).map(Number));

/** A column of the names of opcodes. */
const opcodeColumn = (source: ColumnSource): TableColumn => ({
  name: `${source.name}_name`,
  type: 'words',
  words: opcodeWords,
  places(batch) {
    const opcodes = batch.columns[source.name] as Uint16Array;
    const places = new Int16Array(batch.length);
    for (let i = 0; i < places.length; i++) places[i] = opcodePlaces[opcodes[i]];
    return places;
  },
});

/** A column of the names of errnos, for negative results. */
const errnoColumn = (source: ColumnSource): TableColumn => ({
  name: `${source.name}_name`,
  type: 'words',
  words: errnoWords,
  places(batch) {
    const { buffer, byteOffset } = batch.columns[source.name] as BigInt64Array;
    const words = new Int32Array(buffer, byteOffset, 2 * batch.length);
    const places = new Int16Array(batch.length);
    for (let i = 0; i < places.length; i++) {
      const errno = -words[2 * i];
      places[i] =
        words[2 * i + 1] === -1 && errno > 0 && errno <= MAX_ERRNO ? errnoPlaces[errno] : -1;
    }
    return places;
  },
});

/** A column of words numbered from 1; 0 has none. */
const numberedColumn = (source: ColumnSource, words: readonly string[]): TableColumn => ({
  name: `${source.name}_name`,
  type: 'words',
  words,
  places(batch) {
    const numbers = batch.columns[source.name] as Uint8Array;
    const places = new Int16Array(batch.length);
    for (let i = 0; i < places.length; i++)
      places[i] = numbers[i] <= words.length ? numbers[i] - 1 : -1;
    return places;
  },
});

/** A column of the names of the rules in a mask. Few masks occur in most records. */
const rulesColumn = (source: ColumnSource, rules: readonly Rule[]): TableColumn => ({
  name: `${source.name}_name`,
  type: 'text',
  text(batch) {
    const masks = batch.columns[source.name] as Uint32Array;
    const known = new Map<number, string>();
    return (i) => {
      const text = known.get(masks[i]) ?? ruleNames(rules, masks[i]).join('|');
      known.set(masks[i], text);
      return text;
    };
  },
});

const namesOf = (rules: readonly Rule[]): string[] => rules.map(({ name }) => name);

/** Returns the column of names for a column whose values have names. */
export function nameColumn(source: ColumnSource): TableColumn | undefined {
  switch (source.meaning) {
    case 'opcode':
      return opcodeColumn(source);
    case 'result':
      return errnoColumn(source);
    case 'iocbReason':
      return numberedColumn(source, namesOf(IOCB_RULES));
    case 'ioEventReason':
      return numberedColumn(source, namesOf(IO_EVENT_RULES));
    case 'release':
      return numberedColumn(source, RELEASES);
    case 'iocbAnomalies':
      return rulesColumn(source, IOCB_RULES);
    case 'ioEventAnomalies':
      return rulesColumn(source, IO_EVENT_RULES);
    default:
      return undefined;
  }
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

/** The columns of times, in envelopes and in pairs. */
const TIMES: readonly string[] = ['ts', 'completionTs'];

function tableColumns(source: ColumnSource, { names, tsType }: TableOptions): TableColumn[] {
  const { name, type, inRecord } = source;
  if (type === 'char') {
    const text = (batch: RecordBatch) => (i: number) => batch.named(name, i);
    return [{ name, type: 'text', text }];
  }
  const isTime =
    tsType === 'timestamp' && TIMES.includes(name) && !inRecord && SCALARS[type].byteLength === 8;
  if (isTime)
    return [
      {
        name,
        type: 'timestamp',
        values: (batch) => (type === 'u64' ? timestamps(batch, name) : batch.columns[name]),
      },
    ];
  const column: TableColumn = { name, type, values: (batch) => batch.columns[name] };
  const named = names ? nameColumn(source) : undefined;
  return named === undefined ? [column] : [column, named];
}

/** Throws `AIOSCOPE_COLUMN` if two columns have one name. */
export function checkUnique(columns: readonly { readonly name: string }[]): void {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new AioscopeError('AIOSCOPE_COLUMN', `column '${twice}' would occur twice in the table`);
}

/**
 * Returns the table of a schema's records.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist, or for two columns of
 *   the same name
 */
export function tableOf(schema: Schema, options: TableOptions): Table {
  const { kind, layout, endian, check, isPairs } = schema;
  const columns = selectColumns(schema, options.columns).flatMap((source) =>
    tableColumns(source, options),
  );
  if (kind === 'aio_ring' && options.columns === undefined) columns.push(...ringColumns);
  checkUnique(columns);
  const format = {
    kind: isPairs ? 'pairs' : kind,
    layout: layout.text,
    endian,
    ...(check && { check }),
    aioscope: version,
  };
  const metadata = { ...format, ...options.metadata };
  return { columns, metadata };
}
