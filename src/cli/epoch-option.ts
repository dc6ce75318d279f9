// The option --epoch [time] of report, whose value may be left out before the files.
import { type Command, InvalidArgumentError } from 'commander';
import { DescribedOption } from './option.ts';

const FLAG = '--epoch';
/** The value without a time: times count from 1970 already. */
const NOT_GIVEN = '0';

const isSeconds = (value: string): boolean => /^\d+(\.\d{1,9})?$/.test(value);
/** A date, with a time of day or without; without a zone it is UTC. */
const DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Nanoseconds from 1970 to a time: a date, or seconds. */
function epochNs(value: string): bigint {
  if (isSeconds(value)) {
    const [whole, digits = ''] = value.split('.');
    return BigInt(whole + digits.padEnd(9, '0'));
  }
  const [, time, , , zone] = DATE.exec(value) ?? [];
  const isUtc = time !== undefined && zone === undefined;
  const ms = DATE.test(value) ? Date.parse(isUtc ? `${value.replace(' ', 'T')}Z` : value) : NaN;
  if (Number.isNaN(ms))
    throw new InvalidArgumentError(
      'Expected a date, such as 2026-11-29T12:00:00Z, or seconds since 1970.',
    );
  return BigInt(ms) * 1_000_000n;
}

/** Arguments in which --epoch has a value: the next argument if that is a time. */
export const withEpoch = (args: readonly string[]): string[] => {
  const last = args.indexOf('--');
  return args.map((arg, i) => {
    const next = args[i + 1] ?? '';
    const isAlone = arg === FLAG && (last < 0 || i < last) && !isSeconds(next) && !DATE.test(next);
    return isAlone ? `${FLAG}=${NOT_GIVEN}` : arg;
  });
};

/** Adds the option. */
export const addEpoch = (command: Command): Command =>
  command.addOption(
    new DescribedOption(`${FLAG} [time]`, 'the date of time 0 in the records', {
      detail:
        ', such as 2026-11-29T12:00:00Z or seconds since 1970; without a value, times count from ' +
        '1970 (a trace may know it)',
      parse: epochNs,
    }),
  );
