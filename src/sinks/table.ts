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

/** How pages of Parquet can be compressed. */
export const PARQUET_CODECS = ['snappy', 'zstd', 'none'] as const;

/** Which columns a table has, and as what. */
export interface TableOptions {
  /** Only these columns, in this order; all of them unless said otherwise. */
  readonly columns?: readonly string[] | undefined;
  /**
   * Beside an opcode, a result and the columns of a check a column of names, `aio_lio_opcode_name`, `res_name`, `firstReason_name`,
   * `leastRelease_name`: text, null where there is no name; and `anomalies_name`, the names of all rules joined by `|`.
   */
  readonly names?: boolean | undefined;
  /** The envelope's `ts`, and `completionTs` of pairs, as it is, or as a timestamp in nanoseconds without a time zone. */
  readonly tsType?: (typeof TS_TYPES)[number] | undefined;
  /** What the table says of itself besides kind, layout and version: such as the name of the source. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A column of a table: numbers as they lie in a batch, text, or a word of a fixed list. */
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

/** A table that records make. */
export interface Table {
  readonly columns: readonly TableColumn[];
  /** What it says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

const opcodeWords = OPCODES.map(({ name }) => name);
const errnoNames: Readonly<Record<number, string>> = { ...ERRNO, ...ERRNO_INTERNAL };
const errnoWords = Object.values(errnoNames);

/** For every number from 0 to `max` the place of its name in a list, or -1. */
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

/** The place of each opcode's name. */
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

/** The place of the errno's name where a result is a negative errno. */
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

/** The word of each number from 1 on; 0 is none. */
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

/** The names of the rules of each mask: few masks stand in many records. */
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

/** The column of names beside a column, where its values have names that programs ask for. */
function nameColumn(source: ColumnSource): TableColumn | undefined {
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
/** Of a ring: the slot of each event, and whether it waits to be reaped. */
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

/** Timestamps are signed: a `ts` from 2^63 on is none. */
function timestamps(batch: RecordBatch, name: string): ColumnValues {
  const array = batch.columns[name] as BigUint64Array;
  const highs = new Int32Array(array.buffer, array.byteOffset, 2 * batch.length);
  for (let i = 0; i < batch.length; i++) {
    if (highs[2 * i + 1] >= 0) continue;
    throw new AioscopeError(
      'AIOSCOPE_RANGE',
      `${name} of record ${batch.indexOf(i)} is ${array[i]}, and a timestamp ends at ${2n ** 63n - 1n}; leave it a number`,
    );
  }
  return array;
}

/** Where times stand: in an envelope, and in pairs. */
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

/**
 * The table that records of a schema make.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` for a column that does not exist, or a name that two columns would have
 */
export function tableOf(schema: Schema, options: TableOptions): Table {
  const { kind, layout, endian, check, isPairs } = schema;
  const columns = selectColumns(schema, options.columns).flatMap((source) =>
    tableColumns(source, options),
  );
  if (kind === 'aio_ring' && options.columns === undefined) columns.push(...ringColumns);
  const twice = columns.find(
    ({ name }, i) => columns.findIndex((other) => other.name === name) !== i,
  );
  if (twice !== undefined)
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `column '${twice.name}' would stand twice; a table has it once`,
    );
  const told = {
    kind: isPairs ? 'pairs' : kind,
    layout: layout.text,
    endian,
    ...(check && { check }),
    aioscope: version,
  };
  const metadata = { ...told, ...options.metadata };
  return { columns, metadata };
}
