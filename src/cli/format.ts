import type { LatencyJson } from '../node.ts';

/** A number with its thousands apart: 1,234,567. */
export const count = (value: number | bigint | string): string =>
  String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** A count of things: 1 record, 2,000 records. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? '' : 's'}`;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** The unit in which a number of bytes is shown, and its size as a power of 1024. */
function unitOf(value: bigint): number {
  let unit = 0;
  for (
    let rest = value < 0n ? -value : value;
    rest >= 1024n && unit < UNITS.length - 1;
    rest >>= 10n
  )
    unit += 1;
  return unit;
}

/** A number of bytes in the unit that suits it, to three digits: 6.02 MiB. */
export function bytes(value: number | bigint | string): string {
  const wide = BigInt(value);
  const unit = unitOf(wide);
  if (unit === 0) return `${wide} B`;
  return `${(Number(wide) / 1024 ** unit).toPrecision(wide >> BigInt(10 * unit) >= 1000n ? 4 : 3)} ${UNITS[unit]}`;
}

/** A number of bytes in the largest unit that holds it exactly: 16 KiB, but 1,808 B. */
export function exactBytes(value: bigint): string {
  let unit = 0;
  let rest = value;
  while (rest !== 0n && rest % 1024n === 0n && unit < UNITS.length - 1) {
    rest /= 1024n;
    unit += 1;
  }
  return `${count(rest)} ${UNITS[unit]}`;
}

/** A part of a whole in percent: 37.6 %; never 0 % of something, never 100 % of less than all. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0 %';
  if (part === whole) return '100 %';
  const percent = (100 * part) / whole;
  if (percent < 0.1) return '<0.1 %';
  return percent > 99.9 ? '>99.9 %' : `${percent.toFixed(1)} %`;
}

/** Latencies as they are told: the middle of a percentile's bucket may lie beyond the fastest and the slowest, which are exact. */
export function withinEnds(latency: LatencyJson): LatencyJson {
  const { min, max } = latency;
  if (min === null || max === null) return latency;
  const within = (p: string | null): string | null => {
    if (p === null || BigInt(p) < BigInt(min)) return p === null ? null : min;
    return BigInt(p) > BigInt(max) ? max : p;
  };
  const [p50, p90, p99, p999, p9999] = [
    latency.p50,
    latency.p90,
    latency.p99,
    latency.p999,
    latency.p9999,
  ].map(within);
  return { ...latency, p50, p90, p99, p999, p9999 };
}

/** Nanoseconds as seconds: 1234.567890123 s. */
export function seconds(ns: bigint): string {
  const digits = ns.toString().padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)} s`;
}

const TIME_UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
] as const;

/** A time in the unit that suits it, to three digits: 3.21 ms. */
export function duration(ns: number | bigint | string): string {
  const value = Number(ns);
  const [size, unit] = TIME_UNITS.find(([least]) => Math.abs(value) >= least) ?? [1, 'ns'];
  const scaled = value / size;
  if (Math.abs(scaled) >= 1000) return `${count(Math.round(scaled))} ${unit}`;
  return `${unit === 'ns' ? scaled : Number(scaled.toPrecision(3))} ${unit}`;
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const SEEN = /^[\x20-\x7e]*$/;

/** What comes from outside, the name of a file or a text in a record, so that it cannot steer a terminal: an escape is \x1b. */
export function visible(text: string): string {
  if (SEEN.test(text)) return text;
  return text.replace(UNPRINTABLE, (char) => {
    const code = (char.codePointAt(0) ?? 0).toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Whether a column of a table is flush left or right. */
export type Align = 'left' | 'right';

/** Rows as lines with their columns aligned, two spaces apart; `widths` are the least, and grow. Cells are made visible. */
export function table(
  texts: readonly (readonly string[])[],
  align: readonly Align[],
  widths: number[] = [],
): string[] {
  // One look at a page of records costs less than one at each cell.
  const rows = SEEN.test(texts.map((row) => row.join('')).join(''))
    ? texts
    : texts.map((row) => row.map(visible));
  for (const row of rows) {
    for (const [i, { length }] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (align[i] === 'left' ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** A bar of up to `width` characters; the smallest part is still to be seen. */
export function bar(part: number, whole: number, width: number): string {
  if (part === 0 || whole === 0) return '';
  const eighths = Math.max(1, Math.round((part / whole) * width * 8));
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest > 0 ? String.fromCharCode(0x2590 - rest) : '');
}
