// Names of options: one that does not exist is an error, not silently ignored.
import { AioscopeError, excerpt } from '../errors.ts';

/** Names, and lists of them. */
type Names = readonly (string | Names)[];
type NameIn<N> = N extends readonly (infer Each)[] ? NameIn<Each> : N;

/** Fits lists of exactly the names of the options `T`; tsc shows the names that differ. */
type ExactNames<T, N> = [keyof T | NameIn<N>] extends [keyof T & NameIn<N>]
  ? unknown
  : { readonly differs: Exclude<keyof T, NameIn<N>> | Exclude<NameIn<N>, keyof T> };

/**
 * Refuses options that `caller` does not have, even if they are undefined.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` with all that it has
 */
export function checkOptions<T extends object, const N extends Names>(
  caller: string,
  options: T | undefined,
  names: N & ExactNames<T, N>,
): void {
  const known = names.flat(4) as string[];
  for (const name of Object.keys(options ?? {})) {
    if (known.includes(name)) continue;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${caller} has no option '${excerpt(name)}'; its options are ${known.join(', ')}`,
    );
  }
}
