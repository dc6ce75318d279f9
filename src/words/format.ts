// Numbers as people read them: one style for counts, sizes, shares and times.
import type { EngineJson } from '../engine/kernel.ts';

/** A number with thousands separators: 1,234,567. */
export const formatCount = (value: number | bigint | string): string =>
  String(value).replace(/\B(?<!\.\d*)(?=(\d{3})+$)/g, ',');

/** A count and its noun: 1 record, 2,000 records, 2 flushes. */
export const formatQuantity = (value: number, noun: string, nouns = `${noun}s`): string =>
  `${formatCount(value)} ${value === 1 ? noun : nouns}`;

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;
const TIME_UNITS = ['ns', 'µs', 'ms', 's'] as const;

/** Three significant digits; all digits of a whole number from 1000 up. */
const rounded = (value: number): number =>
  Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));

/** A value in the largest unit in which it is at least 1. */
function inUnits(value: number, base: number, units: readonly string[]): string {
  let scaled = value;
  let unit = 0;
  while (Math.abs(rounded(scaled)) >= base && unit < units.length - 1) {
    scaled /= base;
    unit += 1;
  }
  return `${formatCount(rounded(scaled))} ${units[unit]}`;
}

/** A number of bytes to three digits: 4 KiB, 6.02 MiB; up to 1,023 of a unit, as in `ls -h`. */
export const formatBytes = (value: number | bigint | string): string =>
  inUnits(Number(value), 1024, BYTE_UNITS);

/** A number of bytes in the largest unit that holds it exactly: 16 KiB, but 1,808 B. */
export function formatExactBytes(value: bigint): string {
  let unit = 0;
  let rest = value;
  while (rest !== 0n && rest % 1024n === 0n && unit < BYTE_UNITS.length - 1) {
    rest /= 1024n;
    unit += 1;
  }
  return `${formatCount(rest)} ${BYTE_UNITS[unit]}`;
}

/** A time given in nanoseconds, to three digits: 3.21 ms. */
export const formatDuration = (ns: number | bigint | string): string =>
  inUnits(Number(ns), 1000, TIME_UNITS);

/** Nanoseconds as seconds with every digit: 1234.567890123 s. */
export function formatSeconds(ns: bigint): string {
  const digits = ns.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)} s`;
}

/** A number to three digits: 0.125, 66.8. */
export const formatNumber = (value: number): string => formatCount(rounded(value));

/** A number with at most one decimal: 7.5, 8. */
export const formatDecimal = (value: number): string => {
  const [whole, decimal] = value.toFixed(1).split('.');
  return `${formatCount(whole)}${decimal === '0' ? '' : `.${decimal}`}`;
};

/** A part of a whole in percent: 37.6 %, 50 %. 0 % means none, and 100 % means all. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  if (part === whole) return '100 %';
  const percent = (100 * part) / whole;
  if (percent < 0.1) return '<0.1 %';
  return percent > 99.9 ? '>99.9 %' : `${formatDecimal(percent)} %`;
}

/** The opcode without the prefix that all of them have: PREAD. */
export const formatOpcode = ({ name, opcode }: { name: string | null; opcode: number }): string =>
  name?.slice('IOCB_CMD_'.length) ?? `opcode ${opcode}`;

/** Where a record is: its index, of several files joined in its own. */
export const formatPlace = (
  index: number,
  { file, fileIndex }: { readonly file?: unknown; readonly fileIndex?: unknown },
): string =>
  file === undefined ? formatCount(index) : `${file} ${formatCount(Number(fileIndex))}`;

/** The text with a capital first letter; p50 remains p50. */
export const capitalize = (text: string): string =>
  /^p\d/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);

/** The spaces between numbers and their units, where a line must not break. */
export const UNIT_SPACE = /(?<=\d) (?=%|[KMGTPE]iB|B\b|[mµn]?s\b)/g;

/** A latency, or a dash where there is none. */
export const formatLatency = (ns: string | null | undefined): string =>
  ns === null || ns === undefined ? '–' : formatDuration(ns);

/** How a result was computed. */
type Computed = EngineJson & { workersReason?: string };

/** The engine of a result; why it is not the faster one, and why one thread did the work. */
export const formatEngine = ({ engine, engineReason, workersReason }: Computed): string =>
  (engineReason === undefined ? `engine ${engine}` : `engine ${engine} (${engineReason})`) +
  (workersReason === undefined ? '' : `; read on one thread: ${workersReason}`);

/** The first file of a descriptor, and how many more it had; empty if none is known. */
export function formatPaths(paths: readonly string[] | undefined): string {
  const [first, ...others] = paths ?? [];
  if (first === undefined) return '';
  return others.length === 0 ? first : `${first} and ${formatQuantity(others.length, 'other')}`;
}

/** A descriptor with its file, if that is known. */
export function formatDescriptor({ fd, paths }: { fd: number; paths?: readonly string[] }): string {
  const file = formatPaths(paths);
  return file === '' ? `fd ${fd}` : `fd ${fd} ${file}`;
}
