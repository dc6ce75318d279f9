// The option --open [n] of match, whose number may be left out before the files.
import { count } from './option.ts';

const FLAG = '--open';
export const OPEN_FLAGS = `${FLAG} [n]`;
/** How many are listed without a number. */
export const OPEN_DEFAULT = 1000;
/** The value without a number. */
const NOT_GIVEN = 'default';

export const openCount = (value: string): number =>
  value === NOT_GIVEN ? OPEN_DEFAULT : count(value);

/** Arguments in which --open has a value: the next argument if that is a number. */
export const withOpenCount = (args: readonly string[]): string[] => {
  const last = args.indexOf('--');
  return args.map((arg, i) =>
    arg === FLAG && (last < 0 || i < last) && !/^\d/.test(args[i + 1] ?? '')
      ? `${FLAG}=${NOT_GIVEN}`
      : arg,
  );
};
