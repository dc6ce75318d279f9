import {
  type Field,
  type Meaning,
  RECORDS,
  type RecordKind,
  type RecordLayout,
} from '../abi/record.ts';
import { PROFILES, type ProfileName } from '../abi/rule.ts';
import { SCALARS, type ScalarType } from '../abi/scalar.ts';
import { AioscopeError } from '../errors.ts';
import { type Layout, parseLayout } from './layout.ts';
import type { PresetName } from './preset.ts';

/** What a source holds: packed structs, or the image of a completion ring. */
export type Kind = RecordKind | 'aio_ring';
/** The kinds, in the order in which they are told. */
export const KINDS: readonly Kind[] = ['io_event', 'iocb', 'aio_ring'];

/** The byte order of a dump: that of the machine it was taken on. */
export type Endian = 'little' | 'big';
/** The byte orders. */
export const ENDIANS: readonly Endian[] = ['little', 'big'];

/** Where one column comes from: a field of the record or of the envelope around it, or what was found out about the record. */
export interface ColumnSource {
  readonly name: string;
  readonly type: ScalarType | 'char';
  /** Bytes of one value. */
  readonly byteLength: number;
  /** Bytes from the start of a record with its envelope; -1 where the column is computed. */
  readonly sourceOffset: number;
  /** Where the column begins in an arena, in bytes for each row that the arena has room for. */
  readonly columnOffset: number;
  readonly inRecord: boolean;
  readonly meaning: Meaning | undefined;
}

/** Everything that decoding needs to know of a source: kind, layout and byte order, resolved. */
export interface Schema {
  readonly kind: Kind;
  readonly record: RecordLayout;
  readonly layout: Layout;
  readonly endian: Endian;
  /** Bytes from one record to the next. */
  readonly stride: number;
  /** The record's columns in the order of the header, then the envelope's, then what a check adds. */
  readonly columns: readonly ColumnSource[];
  /** Whose rules the records are held against, where that is asked for. */
  readonly check?: ProfileName;
  /** Whether a row is a pair: a submission, and what its completion says. */
  readonly isPairs?: boolean;
}

/** How the bytes of a source are to be read. */
export interface FormatOptions {
  /** What the source holds. */
  readonly kind: Kind;
  /** A preset's name or a field list; `record`, a bare dump, unless said otherwise. */
  readonly layout?: PresetName | (string & {}) | undefined;
  /** The byte order; `little` unless said otherwise. */
  readonly endian?: Endian | undefined;
}

/** Throw unless `value` is one of `allowed`: the door of every option that has a fixed set of values. */
export function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  const got = value === undefined ? 'is missing' : `is '${String(value)}'`;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${option} ${got}; it is one of ${allowed.join(', ')}`,
  );
}

/** Where a field of a record lies for a byte order. */
export const fieldOffset = (field: Field, endian: Endian): number =>
  endian === 'big' ? (field.offsetBig ?? field.offset) : field.offset;

function recordColumn(field: Field, layout: Layout, endian: Endian): ColumnSource {
  const offset = fieldOffset(field, endian);
  return {
    name: field.name,
    type: field.type,
    byteLength: SCALARS[field.type].byteLength,
    sourceOffset: layout.payloadOffset + offset,
    columnOffset: offset,
    inRecord: true,
    meaning: field.meaning,
  };
}

/** What is to be found out about records while they are decoded. */
export interface CheckOption {
  /**
   * Whose rules every record is held against: batches get the columns `anomalies` (a bit a rule), `firstRefusal` (the number of
   * the first rule that refuses an iocb, or shows an io_event to be impossible; 0: none), and of iocbs `minKernel` (the number
   * in RELEASES, from 1 on, of the first Linux that knows all that the request uses; 0: none takes it). Costs some ns a record.
   */
  readonly check?: ProfileName | undefined;
}

/**
 * Resolve the options that say how bytes are to be read.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_LAYOUT` or `AIOSCOPE_PRESET`
 */
export function resolveSchema(options: FormatOptions & CheckOption): Schema {
  const kind = oneOf('kind', options?.kind, KINDS);
  const endian = oneOf('endian', options.endian ?? 'little', ENDIANS);
  const layout = parseLayout(String(options.layout ?? 'record'));
  if (kind === 'aio_ring' && layout.envelopeBytes > 0) {
    throw new AioscopeError(
      'AIOSCOPE_LAYOUT',
      `layout '${layout.text}': a ring image is one header and its slots, without envelopes; leave the layout out`,
    );
  }
  const record = RECORDS[kind === 'aio_ring' ? 'io_event' : kind];
  const columns = record.fields.map((field) => recordColumn(field, layout, endian));
  let columnOffset: number = record.byteLength;
  for (const field of layout.envelope) {
    if (columns.some(({ name }) => name === field.name)) {
      throw new AioscopeError(
        'AIOSCOPE_LAYOUT',
        `layout '${layout.text}': '${field.name}' is a field of ${record.name} already; give the envelope's field another name`,
      );
    }
    const { name, type, byteLength } = field;
    const sourceOffset = field.offset + (field.afterRecord ? record.byteLength : 0);
    columns.push({
      name,
      type,
      byteLength,
      sourceOffset,
      columnOffset,
      inRecord: false,
      meaning: undefined,
    });
    columnOffset += byteLength;
  }
  return withCheck(
    { kind, record, layout, endian, stride: record.byteLength + layout.envelopeBytes, columns },
    options.check,
  );
}

/** The columns that a check adds, the widest first, so that each is aligned. */
const CHECK_COLUMNS = {
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

/** The byte of a row, counted as `columnOffset` is, where the columns of a check begin. */
export const checkColumnsOffset = ({ columns, record }: Schema): number =>
  columns
    .filter(({ sourceOffset }) => sourceOffset >= 0)
    .reduce(
      (end, { columnOffset, byteLength }) => Math.max(end, columnOffset + byteLength),
      record.byteLength,
    );

/** A schema with the columns that hold its records against the rules of a profile; without a profile the schema as it is. */
function withCheck(schema: Schema, profile: ProfileName | undefined): Schema {
  if (profile === undefined) return schema;
  const check = oneOf('check', profile, PROFILES);
  const columns = [...schema.columns];
  let columnOffset = checkColumnsOffset(schema);
  for (const { name, type, meaning } of CHECK_COLUMNS[schema.record.name as RecordKind]) {
    if (columns.some((column) => column.name === name)) {
      throw new AioscopeError(
        'AIOSCOPE_LAYOUT',
        `layout '${schema.layout.text}': '${name}' is a column of the check; give the envelope's field another name`,
      );
    }
    const { byteLength } = SCALARS[type];
    columns.push({
      name,
      type,
      byteLength,
      sourceOffset: -1,
      columnOffset,
      inRecord: false,
      meaning,
    });
    columnOffset += byteLength;
  }
  return { ...schema, columns, check };
}
