import { EINVAL } from '../../abi/errno.ts';
import { lookupOf } from '../../layout/name-lookup.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { MatchJson } from '../match/json.ts';
import { matchWithin } from '../match/match.ts';
import type { MatchOptions } from '../match/options.ts';
import { RecordPlaces } from '../report/record-places.ts';
import { ResultEvidence } from './evidence/results.ts';
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
  if (results === undefined) return [];
  const lookup = lookupOf(submissions.schema.names);
  const places = placesOf(completions);
  return misalignedIn(results, { lookup, place: (kind, index) => places.of(kind, index) });
}

/** Where the records of a side that has been read are. */
function placesOf({ name, schema, offset, bytes }: Opened): RecordPlaces {
  const places = new RecordPlaces();
  const whole = { name, schema, offset, quality: { records: Number.POSITIVE_INFINITY } };
  for (const part of bytes.parts?.all ?? [whole]) {
    const { kind, stride } = part.schema;
    const { records } = part.quality;
    places.add({ file: part.name, kind, records, stride, offset: part.offset });
  }
  return places;
}
