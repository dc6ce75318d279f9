import type { Facts } from '../facts.ts';
import type { FindingOf } from '../finding.ts';

/** Calls that would have reaped completions. */
export interface NoCompletionsEvidence {
  /** Calls of io_getevents and io_pgetevents; null if the capture has no calls. */
  reapingCalls: number | null;
  /** Those that returned no event. */
  emptyCalls: number | null;
}

/** So few submissions may all be in flight at the end. */
const FEW = 8;

/**
 * Submissions, and a source of completions that has none: the program may take them from the ring
 * in its own memory, where no call shows them. A dump of submissions alone says nothing of that.
 */
export function noCompletions(facts: Facts): FindingOf<'no-completions'>[] {
  const { submissions, completions, batches, inputs } = facts;
  const records = submissions?.records ?? 0;
  const calls = batches?.reaped?.calls;
  const sum = (of: 'count' | 'empty') => calls?.reduce((total, each) => total + each[of], 0) ?? 0;
  // A trace without a part for completions says nothing, unless its calls returned none either.
  const hasSource = completions !== undefined || (facts.hasCalls && sum('count') === sum('empty'));
  if (records < FEW || !hasSource || (completions?.records ?? 0) > 0) return [];
  if (inputs.some(({ selected }) => selected !== undefined)) return [];
  return [
    {
      ...{ id: 'no-completions', severity: 'warning', count: records, of: records },
      ...{ where: {}, first: null },
      evidence: facts.hasCalls
        ? { reapingCalls: sum('count'), emptyCalls: sum('empty') }
        : { reapingCalls: null, emptyCalls: null },
    },
  ];
}
