import { AioscopeError } from '../node.ts';

/** Exit code: success. */
export const DONE = 0;
/** Exit code: a file cannot be read or written, or its data is bad. */
export const BAD_DATA = 1;
/** Exit code: the command line is wrong. */
export const BAD_USAGE = 2;
/** Exit code of `check`: it found refusals, or completions or rings that cannot be genuine. */
export const FOUND = 3;

/** Throws the error of a command line that makes no sense: exit code 2. */
export function usageError(message: string): never {
  throw new AioscopeError('AIOSCOPE_OPTION', message);
}
