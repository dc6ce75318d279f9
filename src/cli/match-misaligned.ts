// Whether misalignment explains the requests of a match that failed with EINVAL.
import { findMisaligned, sidesOfMany } from '../internal.ts';
import type { MatchJson, MatchOptions, Opened } from '../node.ts';
import { type DescribedFinding, describeFinding } from '../words/findings.ts';

/**
 * What misalignment explains, with its words: matches the same sources again if requests failed
 * with EINVAL. `again` are these sources from their beginnings; undefined where one is a pipe.
 */
export async function misalignedFindings(
  json: MatchJson,
  again: readonly (Opened | undefined)[],
  options: MatchOptions,
): Promise<DescribedFinding[]> {
  const sources = again.filter((opened) => opened !== undefined);
  if (sources.length < again.length) return [];
  const open = async () => {
    const { submissions, completions } = await sidesOfMany(sources, options);
    return [submissions as Opened, completions as Opened] as const;
  };
  return (await findMisaligned(json, open, options)).map(describeFinding);
}
