import {
  type Field,
  type Meaning,
  RECORDS,
  type RecordKind,
  type RecordLayout,
} from '../abi/record.ts';
import { PROFILES, type ProfileName } from '../abi/rule.ts';
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError, badValue, excerpt } from '../errors.ts';
import { type AbsentOf, type AbsentOption, joinAbsent, withAbsent } from './absent.ts';
import { type Layout, parseLayout } from './layout.ts';
import { checkOptions } from './option-names.ts';
import type { PresetName } from './preset.ts';
import { joinNames, type RunName, type RunNames } from './run-names.ts';

/** What a source holds: packed structs, or the image of a completion ring. */
export type Kind = RecordKind | 'aio_ring';
/** The kinds, in the order of output. */
export const KINDS: readonly Kind[] = ['io_event', 'iocb', 'aio_ring'];

/** The byte order of a dump, which is that of the machine it was taken on. */
export type Endian = 'little' | 'big';
/** The byte orders. */
export const ENDIANS: readonly Endian[] = ['little', 'big'];

/**
 * The origin of a column: a field of the record, a field of its envelope, or a value computed by a
 * check.
 */
export interface ColumnSource {
  readonly name: string;
  readonly type: ScalarType | 'char';
  /** Bytes of one value. */
  readonly byteLength: number;
  /** Bytes from the start of a record with its envelope, or -1 for a computed column. */
  readonly sourceOffset: number;
  /** Where the column begins in an arena, in bytes per row of the arena's capacity. */
  readonly columnOffset: number;
  readonly inRecord: boolean;
  readonly meaning: Meaning | undefined;
  /** The opcodes whose records lack the field, or all; undefined if all have it. */
  readonly absent?: AbsentOf | undefined;
  /** What a column of names has, which no record holds: they are those of the run. */
  readonly runName?: RunName | undefined;
}

/** The names of a run, and the columns of them: those that it has names for, unless given. */
interface SchemaNames extends RunNames {
  readonly columns?: readonly RunName[];
}

/** A resolved format: everything that decoding needs to know about a source. */
export interface Schema {
  readonly kind: Kind;
  readonly record: RecordLayout;
  readonly layout: Layout;
  readonly endian: Endian;
  /** Bytes from one record to the next. */
  readonly stride: number;
  /**
   * The record's columns in the order of the header, then the envelope's, then those of a check.
   */
  readonly columns: readonly ColumnSource[];
  /** The profile that records are checked against, if any. */
  readonly check?: ProfileName;
  /**
   * Rows of a match: `pairs`, submissions with their completions, or `open`, submissions without;
   * undefined for records.
   */
  readonly rows?: 'pairs' | 'open' | undefined;
  /** The names of processes and files, as a trace has them. */
  readonly names?: SchemaNames | undefined;
}

/** How to read the bytes of a source. */
export interface FormatOptions {
  /** What the source holds. */
  readonly kind: Kind;
  /** The name of a preset, or a field list. Default: `record`, a bare dump. */
  readonly layout?: PresetName | (string & {}) | undefined;
  /** The byte order. Default: `little`. */
  readonly endian?: Endian | undefined;
}

/** What is known of the run that records are of. */
export type NamesOption = Pick<Schema, 'names'>;

/** The names of `FormatOptions`. */
export const FORMAT_NAMES = ['kind', 'layout:string', 'endian'] as const;

/** What columns of any table have; the width of text is not part of its type. */
interface ColumnType {
  readonly name: string;
  readonly type: string;
  readonly byteLength?: number;
}

/** Whether two tables have the same columns, in the same order. */
export const haveSameColumns = (a: readonly ColumnType[], b: readonly ColumnType[]): boolean =>
  a.length === b.length &&
  a.every(({ name, type, byteLength }, i) => {
    const other = b[i];
    return name === other.name && type === other.type && byteLength === other.byteLength;
  });

/** Returns `value` if it is one of `allowed`, and throws otherwise. */
export function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw badValue(option, value, `it must be one of ${allowed.join(', ')}`);
}

/** The offset of a field in a record of either byte order. */
export const fieldOffset = (field: Field, endian: Endian): number =>
  endian === 'big' ? (field.offsetBig ?? field.offset) : field.offset;

/** The option that adds the columns of a check. */
export interface CheckOption {
  /**
   * The profile to check every record against. Batches get the columns `anomalies` (one bit per
   * rule) and `firstRefusal` (the number of the first rule that refuses an iocb or makes an
   * io_event impossible, or 0); for iocbs also `minKernel` (the number in RELEASES, from 1, of the
   * first Linux release that supports everything the iocb uses, or 0 if it is refused). Costs a few
   * nanoseconds per record.
   */
  readonly check?: ProfileName | undefined;
}

/**
 * Resolves options into a schema. Other options are ignored.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_LAYOUT` or `AIOSCOPE_PRESET`
 */
export function schemaOf(
  options: FormatOptions & CheckOption & AbsentOption & NamesOption,
): Schema {
  const kind = oneOf('kind', options?.kind, KINDS);
  const endian = oneOf('endian', options.endian ?? 'little', ENDIANS);
  const layout = parseLayout(String(options.layout ?? 'record'));
  const refuse = (what: string): never => {
    throw new AioscopeError('AIOSCOPE_LAYOUT', `layout '${excerpt(layout.text)}': ${what}`);
  };
  if (kind === 'aio_ring' && layout.envelopeBytes > 0)
    refuse('a ring image has no envelopes; omit the layout');
  const record = RECORDS[kind === 'aio_ring' ? 'io_event' : kind];
  const columns: ColumnSource[] = record.fields.map((field: Field) => {
    const { name, type, meaning } = field;
    const columnOffset = fieldOffset(field, endian);
    const sourceOffset = layout.payloadOffset + columnOffset;
    const { byteLength } = SCALARS[type];
    return { name, type, byteLength, sourceOffset, columnOffset, inRecord: true, meaning };
  });
  let columnOffset: number = record.byteLength;
  const add = (column: Omit<ColumnSource, 'columnOffset' | 'inRecord'>, known: string): void => {
    const { name, byteLength } = column;
    if (columns.some((other) => other.name === name))
      refuse(`'${name}' is a ${known} already; choose another name`);
    columns.push({ ...column, columnOffset, inRecord: false });
    columnOffset += byteLength;
  };
  for (const { name, type, byteLength, offset, afterRecord } of layout.envelope) {
    const sourceOffset = offset + (afterRecord ? record.byteLength : 0);
    add({ name, type, byteLength, sourceOffset, meaning: undefined }, `field of ${record.name}`);
  }
  const stride = record.byteLength + layout.envelopeBytes;
  const { names } = options;
  const schema = { kind, record, layout, endian, stride, columns, names };
  if (options.check === undefined)
    return { ...schema, columns: withAbsent(columns, options.absent) };
  const check = oneOf('check', options.check, PROFILES);
  for (const { name, type, meaning } of CHECK_COLUMNS[record.name]) {
    const { byteLength } = SCALARS[type];
    add({ name, type, byteLength, sourceOffset: -1, meaning }, 'column of the check');
  }
  return { ...schema, columns: withAbsent(columns, options.absent), check };
}

/**
 * Resolves options into a schema, without a source.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_LAYOUT` or `AIOSCOPE_PRESET`
 */
export function resolveSchema(options: FormatOptions & CheckOption): Schema {
  checkOptions('resolveSchema', options, [FORMAT_NAMES, 'check']);
  return schemaOf(options);
}

/**
 * The schema of several sources with the same columns, as a table of all of them needs it: with the
 * fields that some of them lack, and the names that some of them have.
 */
export function joinSchemas(schemas: readonly Schema[]): Schema {
  const [first] = schemas;
  if (schemas.length === 1) return first;
  const columns = first.columns.map((column) => {
    const same = schemas.map((schema) => schema.columns.find(({ name }) => name === column.name));
    return { ...column, absent: same.map((each) => each?.absent).reduce(joinAbsent) };
  });
  return { ...first, columns, names: schemas.map(({ names }) => names).reduce(joinNames) };
}

/** The columns of a check, the widest first so that each is aligned. */
export const CHECK_COLUMNS = {
  iocb: [
    { name: 'anomalies', type: 'u32', meaning: 'iocbAnomalies' },
    { name: 'firstRefusal', type: 'u8', meaning: 'iocbReason' },
    { name: 'minKernel', type: 'u8', meaning: 'release' },
  ],
  io_event: [
    { name: 'anomalies', type: 'u32', meaning: 'ioEventAnomalies' },
    { name: 'firstRefusal', type: 'u8', meaning: 'ioEventReason' },
  ],
} as const;

/** Where the columns of a check begin, in the unit of `columnOffset`. */
export const checkColumnsOffset = ({ columns, record }: Schema): number =>
  columns
    .filter(({ sourceOffset }) => sourceOffset >= 0)
    .reduce(
      (end, { columnOffset, byteLength }) => Math.max(end, columnOffset + byteLength),
      record.byteLength,
    );
