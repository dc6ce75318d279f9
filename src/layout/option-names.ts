// Names and types of options: a name that does not exist, or a value of another type, is an error,
// not silently ignored.
import { AioscopeError, excerpt, wrongType } from '../errors.ts';

/**
 * Names with the types of their values, as `owned:boolean`, and lists of them. A name without a
 * type takes a string, which is mostly one of a list that `oneOf` checks.
 */
type Names = readonly (string | Names)[];
type NameIn<N> = N extends readonly (infer Each)[]
  ? NameIn<Each>
  : N extends `${infer Name}:${string}`
    ? Name
    : N;

/** Fits lists of exactly the names of the options `T`; tsc shows the names that differ. */
type ExactNames<T, N> = [keyof T | NameIn<N>] extends [keyof T & NameIn<N>]
  ? unknown
  : { readonly differs: Exclude<keyof T, NameIn<N>> | Exclude<NameIn<N>, keyof T> };

/** Whether a value is of a type, as written after a name. */
function isOf(type: string, value: unknown): boolean {
  if (type === 'any') return true;
  if (value === null) return false;
  if (type === 'AbortSignal') return (value as AbortSignal).aborted !== undefined;
  if (type.endsWith('[]'))
    return Array.isArray(value) && value.every((each) => isOf(type.slice(0, -2), each));
  return typeof value === type && !Array.isArray(value);
}

/**
 * Refuses options that `caller` does not have, even if they are undefined, and values of another
 * type than their own.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` with all that it has
 */
export function checkOptions<T extends object, const N extends Names>(
  caller: string,
  options: T | undefined,
  names: N & ExactNames<T, N>,
): void {
  if (options === undefined) return;
  if (!isOf('object', options)) throw wrongType('options', options, 'object');
  const known = (names.flat(4) as string[]).map((each) => each.split(':'));
  for (const [name, value] of Object.entries(options)) {
    const found = known.find(([each]) => each === name);
    if (found === undefined)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `${caller} has no option '${excerpt(name)}'; its options are ` +
          known.map(([each]) => each).join(', '),
      );
    const [, type = 'string'] = found;
    if (value === undefined || type.split('|').some((each) => isOf(each, value))) continue;
    throw wrongType(name, value, type.replaceAll('|', ' or '));
  }
}

/** Refuses an argument of another type. @throws AioscopeError `AIOSCOPE_OPTION` */
export function checkArgument(what: string, value: unknown, type: string): void {
  if (!isOf(type, value)) throw wrongType(what, value, type);
}

/** Refuses what cannot be iterated. @throws AioscopeError `AIOSCOPE_OPTION` */
export function checkIterable(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return;
  throw wrongType(what, value, 'Iterable');
}

/** Refuses what `merge` of a class cannot take. @throws AioscopeError `AIOSCOPE_OPTION` */
export function checkMerge(isOther: boolean, name: string, other: unknown): void {
  if (!isOther) throw wrongType(`what a ${name} merges with`, other, name);
}
