// Envelopes that do not fit together: what match has found, as findings.
import type { Mismatch } from '../../match/mismatch.ts';
import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';

type MismatchOf<Id extends Mismatch['id']> = Extract<Mismatch, { id: Id }>;
type WithoutId<T> = Omit<T, 'id'>;

/** What each mismatch rests on. */
export interface MismatchEvidence {
  'two-clocks': WithoutId<MismatchOf<'two-clocks'>>;
  'time-unit': WithoutId<MismatchOf<'time-unit'>>;
  'pids-differ': WithoutId<MismatchOf<'pids-differ'>>;
  duplicates: {
    /** The shares of the first records that repeat the one before; 0 if only a few do. */
    submissions: number;
    completions: number;
    /** Completions that repeat the one before at their address, and are not matched. */
    repeated: number;
  };
}

function found<Id extends 'two-clocks' | 'time-unit' | 'pids-differ'>(
  { match, completions }: Facts,
  id: Id,
): FindingOf<Id>[] {
  const mismatch = match?.mismatches?.find((each) => each.id === id);
  if (mismatch === undefined) return [];
  const { id: _, ...evidence } = mismatch;
  const records = completions?.records ?? 0;
  const common = { id, severity: 'warning', count: records, of: records, where: {}, first: null };
  return [{ ...common, evidence } as unknown as FindingOf<Id>];
}

/** Submissions and completions were timed by two clocks. */
export const twoClocks = (facts: Facts): FindingOf<'two-clocks'>[] => found(facts, 'two-clocks');

/** Times are not in nanoseconds. */
export const timeUnit = (facts: Facts): FindingOf<'time-unit'>[] => found(facts, 'time-unit');

/** Completions have other processes than submissions. */
export const pidsDiffer = (facts: Facts): FindingOf<'pids-differ'>[] => found(facts, 'pids-differ');

/** Records that are there twice: all, as of two tracers, or a few completions. */
export function duplicates({ match, completions }: Facts): FindingOf<'duplicates'>[] {
  if (match === undefined || match.by.dedupe) return [];
  const all = match.mismatches?.find(({ id }) => id === 'duplicates') as
    | MismatchOf<'duplicates'>
    | undefined;
  const repeated = match.quality.repeated.completions;
  if (all === undefined && repeated === 0) return [];
  const of = completions?.records ?? 0;
  const { submissions = 0, completions: share = 0 } = all ?? {};
  return [
    {
      ...{ id: 'duplicates', severity: 'warning', count: repeated, of, where: {}, first: null },
      evidence: { submissions, completions: share, repeated },
    },
  ];
}
