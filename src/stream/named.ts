import {
  IO_EVENT_RULE_NAMES,
  IOCB_RULE_ERRNOS,
  IOCB_RULE_NAMES,
  RELEASE_NAMES,
} from '../abi/constants.ts';
import {
  errnoName,
  iocbFlagNames,
  ioPriority,
  opcodeName,
  pollNames,
  rwFlagNames,
} from '../abi/name.ts';
import { IOCB_CMD_POLL } from '../abi/opcode.ts';
import type { Meaning } from '../abi/record.ts';
import { AioscopeError, excerpt, listed, shown } from '../errors.ts';
import type { AbsentOf } from '../layout/absent.ts';
import type { ColumnSource } from '../layout/schema.ts';
import { decodeText } from '../layout/text.ts';
import type { ColumnArray } from './decoder.ts';

const hex = (value: number | bigint): string =>
  value === 0 || value === 0n ? '0' : `0x${value.toString(16)}`;
const joined = (names: string[]): string => (names.length === 0 ? '0' : names.join('|'));

function priority(value: number): string {
  const { className, hint, hintName, level, class: number } = ioPriority(value);
  if (value === 0) return '0';
  return [
    className ?? `class ${number}`,
    ...(hint === 0 ? [] : [hintName ?? `hint ${hint}`]),
    `level ${level}`,
  ].join(' ');
}

function result(value: bigint): string {
  if (value >= 0n) return value.toString();
  const name = value >= -4095n ? errnoName(Number(-value)) : null;
  return name ?? value.toString();
}

/** The names of the rules in a value of an anomalies column; a dash for 0. */
const anomalies = (rules: readonly string[], mask: number): string =>
  rules.filter((_, bit) => (mask >>> bit) & 1).join('|') || '–';

/** The errno that io_submit fails with, and the rule; a dash for 0. */
function reason(rules: readonly string[], number: number, errnos: readonly string[] = []): string {
  const [errno, name = '–'] = [errnos[number - 1], rules[number - 1]];
  return errno === undefined ? name : `${errno} ${name}`;
}

/**
 * Returns a value in the terms of the ABI: `IOCB_CMD_PREAD`, `RWF_NOWAIT|RWF_DSYNC`, `EIO`,
 * `IOPRIO_CLASS_BE level 4`, poll bits for the `aio_buf` of IOCB_CMD_POLL, the names of rules;
 * addresses in hex, descriptors signed, and any other number in decimal.
 */
function namedValue(
  meaning: Meaning | undefined,
  value: number | bigint,
  opcode: number | undefined,
): string {
  switch (meaning) {
    case 'opcode':
      return opcodeName(Number(value)) ?? `opcode ${value}`;
    case 'descriptor':
      return String(Number(value) | 0);
    case 'flags':
      return joined(iocbFlagNames(Number(value)));
    case 'rwFlags':
      return joined(rwFlagNames(Number(value)));
    case 'ioprio':
      return priority(Number(value));
    case 'buffer':
      return opcode === IOCB_CMD_POLL && value <= 0xffff
        ? joined(pollNames(Number(value)))
        : hex(value);
    case 'address':
      return hex(value);
    case 'result':
      return result(BigInt(value));
    case 'iocbAnomalies':
      return anomalies(IOCB_RULE_NAMES, Number(value));
    case 'iocbReason':
      return reason(IOCB_RULE_NAMES, Number(value), IOCB_RULE_ERRNOS);
    case 'ioEventAnomalies':
      return anomalies(IO_EVENT_RULE_NAMES, Number(value));
    case 'ioEventReason':
      return reason(IO_EVENT_RULE_NAMES, Number(value));
    case 'release':
      return RELEASE_NAMES[Number(value) - 1] ?? '–';
    default:
      return value.toString();
  }
}

/**
 * One value of a record that is a plain object: bigint for 64-bit fields, a signed number for
 * descriptors, text for `charN`: UTF-8 up to the first NUL, with other bytes as `\xff`; null if the
 * source could not show it.
 */
export type Value = number | bigint | string | null;

/** Reads row `i` of one column. */
export type Reader<T> = (i: number) => T;

/** Returns a reader of a column's values for record objects. */
export function valueReader(column: ColumnSource, array: ColumnArray): Reader<Value> {
  if (column.type === 'char') {
    const width = column.byteLength;
    return (i) => decodeText(array as Uint8Array, i * width, (i + 1) * width);
  }
  if (column.meaning === 'descriptor') return (i) => (array[i] as number) | 0;
  return (i) => array[i];
}

/** Returns the place of a column, or throws `AIOSCOPE_COLUMN` if there is none. */
export function placeOf(columns: readonly ColumnSource[], name: string): number {
  const i = columns.findIndex((column) => column.name === name);
  if (i >= 0) return i;
  const known = listed(columns.map((column) => column.name));
  const message = `column ${shown(name)} does not exist; the columns are ${known}`;
  throw new AioscopeError('AIOSCOPE_COLUMN', message);
}

/** Tests rows for the absence of a field. */
export function absenceOf(
  absent: AbsentOf,
  columns: readonly ColumnSource[],
  arrays: readonly ColumnArray[],
): Reader<boolean> {
  if (absent === 'all') return () => true;
  const opcodes = arrays[columns.findIndex(({ name }) => name === 'aio_lio_opcode')];
  return (i) => absent.includes(Number(opcodes?.[i]));
}

/** Returns readers of the columns of a batch, which return null for rows that lack the value. */
export const readersOf = (
  columns: readonly ColumnSource[],
  arrays: readonly ColumnArray[],
  make: (column: ColumnSource, array: ColumnArray) => Reader<Value>,
): Reader<Value>[] =>
  columns.map((column, i) => {
    const read = make(column, arrays[i]);
    if (column.absent === undefined) return read;
    const isAbsent = absenceOf(column.absent, columns, arrays);
    return (row) => (isAbsent(row) ? null : read(row));
  });

/** Returns value `i` of a column in the terms of the ABI; a dash if it is absent. */
export function nameAt(
  columns: readonly ColumnSource[],
  arrays: readonly ColumnArray[],
  column: ColumnSource,
  i: number,
): string {
  const { absent, inRecord, meaning } = column;
  if (absent && absenceOf(absent, columns, arrays)(i)) return '–';
  const array = arrays[columns.indexOf(column)];
  if (meaning === undefined && !inRecord) return String(valueReader(column, array)(i));
  const opcodes = meaning === 'buffer' ? arrays[placeOf(columns, 'aio_lio_opcode')] : undefined;
  return namedValue(meaning, array[i], opcodes && Number(opcodes[i]));
}

/**
 * Returns a reader of a column's values that avoids allocation: 64-bit values are numbers up to
 * 2^53, which a number holds exactly, and bigint beyond.
 */
export function cursorReader(column: ColumnSource, array: ColumnArray): Reader<Value> {
  if (column.type !== 'u64' && column.type !== 'i64') return valueReader(column, array);
  const words = new Uint32Array(array.buffer, array.byteOffset, array.length * 2);
  const highs =
    column.type === 'u64'
      ? words
      : new Int32Array(array.buffer, array.byteOffset, array.length * 2);
  return (i) => {
    const low = words[2 * i];
    const value = highs[2 * i + 1] * 2 ** 32 + low;
    // 2^53 itself is exact; its neighbor 2^53 + 1 rounds to it but has a low word of 1.
    return Number.isSafeInteger(value) || (low === 0 && Math.abs(value) === 2 ** 53)
      ? value
      : array[i];
  };
}

/**
 * Returns the values of a column as numbers; descriptors are signed, absent values NaN.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` if it holds text; `AIOSCOPE_RANGE` at the first value
 *   that no number holds exactly
 */
export function numbersOf(
  column: ColumnSource,
  array: ColumnArray,
  rows: number,
  indexOf: (row: number) => number,
  isAbsent: Reader<boolean> = () => false,
): Float64Array {
  if (column.type === 'char')
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      `column '${excerpt(column.name)}' holds text, not numbers`,
    );
  const read = cursorReader(column, array);
  const numbers = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const value = isAbsent(i) ? Number.NaN : read(i);
    if (typeof value === 'bigint') {
      const message =
        `${column.name} of record ${indexOf(i)} is ${value}, which no number holds exactly; ` +
        `use columns.${column.name}`;
      throw new AioscopeError('AIOSCOPE_RANGE', message);
    }
    numbers[i] = value as number;
  }
  return numbers;
}
