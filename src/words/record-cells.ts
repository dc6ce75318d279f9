// Values of records as people read them, with their names and units: in a terminal and in a page.
import { OPCODES } from '../abi/opcode.ts';
import type { ColumnSource } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';
import { formatExactBytes, formatSeconds } from './format.ts';

/** The opcodes whose length counts iovecs. */
const VECTORED = new Set<number>(
  OPCODES.flatMap((opcode) => ('vectored' in opcode ? [opcode.value] : [])),
);

const UTF8 = new TextEncoder();

const escaped = (sign: string): string =>
  Array.from(UTF8.encode(sign), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

/**
 * Text with control characters, and those that reorder a line, escaped as the bytes of a field that
 * are not UTF-8 are: a dump must control neither a terminal nor a page.
 */
export const printable = (text: string): string => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped);

/** The value of a column that a record holds, as text with its name or unit. */
export function recordCell(
  batch: RecordBatch,
  { name, type, meaning, inRecord, absent }: ColumnSource,
  i: number,
): string {
  if (absent !== undefined && batch.absence(name)?.(i)) return '–';
  if (type === 'char') return printable(batch.named(name, i));
  const value = batch.columns[name]?.[i];
  if (!inRecord && name === 'ts' && typeof value === 'bigint' && value >= 0n)
    return formatSeconds(value);
  if (!inRecord && (name === 'addr' || name === 'ctx') && value !== undefined)
    return `0x${value.toString(16)}`;
  if (meaning === 'length') {
    const vectored = VECTORED.has(Number(batch.columns['aio_lio_opcode']?.[i]));
    return vectored ? `${value} iovecs` : formatExactBytes(value as bigint);
  }
  if (meaning === 'result' && (value as bigint) > 0n) return formatExactBytes(value as bigint);
  return batch.named(name, i);
}

/** The meanings whose values are words: aligned left. Numbers and addresses are aligned right. */
const WORDS: readonly ColumnSource['meaning'][] = [
  ...(['opcode', 'flags', 'rwFlags', 'ioprio'] as const),
  ...(['iocbAnomalies', 'iocbReason', 'ioEventAnomalies', 'ioEventReason'] as const),
];

/** On which side the values of a column are aligned. */
export const alignOf = ({
  meaning,
  type,
}: Pick<ColumnSource, 'meaning' | 'type'>): 'left' | 'right' =>
  type === 'char' || (meaning !== undefined && WORDS.includes(meaning)) ? 'left' : 'right';
