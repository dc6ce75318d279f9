import { EINVAL } from '../../abi/errno.ts';
import { lookupOf } from '../../layout/name-lookup.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { MatchJson } from '../match/json.ts';
import { matchWithin } from '../match/match.ts';
import type { MatchOptions } from '../match/options.ts';
import { ResultEvidence } from './evidence/results.ts';
import type { Facts } from './facts.ts';
import type { FindingOf } from './finding.ts';
import { misalignedIn } from './rules/misaligned.ts';

/**
 * Finds what `misaligned` finds in a report, for a match that has EINVAL among its errors: matches
 * both sides again, with the options of that match. `open` opens them anew, as `reopen()` does;
 * both are closed. Without EINVAL, or if pairs are guesses, nothing is opened.
 */
export async function findMisaligned(
  { errors, mismatches }: Pick<MatchJson, 'errors' | 'mismatches'>,
  open: () => Promise<readonly [submissions: Opened, completions: Opened]>,
  options: MatchOptions,
  place: Facts['place'],
): Promise<FindingOf<'misaligned'>[]> {
  const isGuessed = mismatches?.some(({ id }) => id === 'two-clocks');
  if (isGuessed || !errors.some(({ errno }) => errno === EINVAL)) return [];
  const [submissions, completions] = await open();
  let results: ResultEvidence | undefined;
  const how = { ...options, slowest: 0, open: undefined, onProgress: undefined };
  await matchWithin(submissions, completions, how, undefined, (streams) => {
    results = new ResultEvidence(streams);
    return results;
  });
  const lookup = lookupOf(submissions.schema.names);
  return results === undefined ? [] : misalignedIn(results, { lookup, place });
}
