// The values of the options of `aioscope capture`.
import { InvalidArgumentError } from 'commander';

const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const SIZE: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** A duration such as 10s, in ms. */
export function millisecondsOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (DURATION_MS[unit] ?? Number.NaN));
  if (ms >= 1 && ms <= 2 ** 40) return ms;
  throw new InvalidArgumentError('It must be a number and a unit: 500ms, 10s, 5m, 1h.');
}

/** A size such as 8M, in bytes. */
export function bytesOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (SIZE[unit?.toUpperCase()] ?? Number.NaN));
  if (bytes >= 4096 && bytes <= 2 ** 32) return bytes;
  throw new InvalidArgumentError('It must be a size from 4K to 4G, such as 8M.');
}

const wholeOf = (text: string, most: number, what: string): number => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new InvalidArgumentError(`It must be ${what}.`);
};

/** Process IDs: one, or several as pidof prints them. */
export const pidsOf = (text: string): number[] =>
  text
    .trim()
    .split(/[\s,]+/)
    .map((each) => wholeOf(each, 2 ** 22, 'a process ID, or several'));

export const slotsOf = (text: string): number => wholeOf(text, 128, 'a number from 1 to 128');
