import type { Opened } from '../../stream/open-source.ts';
import { type BothSides, isSource, sidesOf } from '../../stream/sides.ts';
import type { Source } from '../../stream/source.ts';
import type { MatchOptions } from './options.ts';

/**
 * The arguments of a function that matches two sources, or a trace. The submissions of most traces
 * were all accepted: those that were refused are a part of their own. `check` refuses invalid
 * options.
 */
export async function resolveSides<O extends MatchOptions>(
  source: Source | Opened,
  second: Source | Opened | O | undefined,
  third: O | undefined,
  check: (options: O | undefined) => void,
): Promise<BothSides & { readonly options: O }> {
  const given = isSource(second) ? third : second;
  check(given);
  const options = given ?? ({} as O);
  const sides = await sidesOf(source, second, options);
  const { refused = sides.refusalsKnown ? [] : undefined } = options;
  return { ...sides, options: { ...options, refused } };
}
