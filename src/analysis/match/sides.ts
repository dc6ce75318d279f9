import { loaded } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import { type BothSides, isSource, sidesOf } from '../../stream/sides.ts';
import type { Source } from '../../stream/source.ts';
import type { MatchOptions } from './options.ts';

/** Sources of any kinds, in any order. */
export type Sources = readonly (Source | Opened)[];

/** The sides of any number of sources. Loaded on demand: most matches are of two. */
async function sidesOfAll(sources: Sources, options: MatchOptions): Promise<BothSides> {
  const { sidesOfMany } = await loaded('match', import('./many.ts'));
  return sidesOfMany(sources, options);
}

/**
 * The arguments of a function that matches two sources, a trace, or any number of sources. The
 * submissions of most traces were all accepted: those that were refused are a part of their own.
 * `check` refuses invalid options.
 */
export async function resolveSides<O extends MatchOptions>(
  source: Source | Opened | Sources,
  second: Source | Opened | O | undefined,
  third: O | undefined,
  check: (options: O | undefined) => void,
): Promise<BothSides & { readonly options: O }> {
  const given = isSource(second) ? third : second;
  check(given);
  const options = given ?? ({} as O);
  const sides =
    Array.isArray(source) && !isSource(second)
      ? await sidesOfAll(source as Sources, options)
      : await sidesOf(source as Source, second, options);
  const { refused = sides.refusalsKnown ? [] : undefined } = options;
  return { ...sides, options: { ...options, refused } };
}
