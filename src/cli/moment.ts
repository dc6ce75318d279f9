import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { '': 0, ns: 0, us: 3, ms: 6, s: 9 };

/** A time as people write it, in nanoseconds: 8412345687133, or 8412.345687133s; undefined where it is none. */
export function nanoseconds(value: string): bigint | undefined {
  const [, whole, part = '', unit = ''] = /^(\d+)(?:\.(\d+))?(ns|us|ms|s|)$/.exec(value) ?? [];
  const digits = UNITS[unit];
  return whole === undefined || part.length > digits ? undefined : BigInt(whole + part.padEnd(digits, '0'));
}

/** The same for an option. */
export function time(value: string): bigint {
  const ns = nanoseconds(value);
  if (ns !== undefined) return ns;
  throw new InvalidArgumentError('It is a time as ts has it: nanoseconds, or a number with its unit, such as 8412.345687133s or 250ms.');
}
