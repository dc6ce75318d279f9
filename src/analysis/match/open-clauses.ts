// Conditions on requests without a completion.
import { AioscopeError } from '../../errors.ts';
import type { Clauses } from '../../layout/condition.ts';
import type { Schema } from '../../layout/schema.ts';
import { pairSchema } from './pair-batch.ts';
import { columnsOf, pairClauses, textsOf } from './pair-filter.ts';

/** Conditions on open requests. */
export interface OpenClauses {
  readonly clauses: Clauses;
  /** Whether they are on age, and so only on these requests: all pairs are then counted. */
  readonly isOnlyOpen: boolean;
}

/** The columns that only requests without a completion have. */
const ONLY_OPEN = ['ageNs', 'age', 'neverCompleted'];

/**
 * Parses conditions that are to select open requests. On columns of submissions they select pairs
 * as well.
 *
 * @throws AioscopeError `AIOSCOPE_COLUMN` if a condition is on a completion
 */
export function openClauses(
  where: string | readonly string[] | undefined,
  submissions: Schema,
  open: Schema,
): OpenClauses {
  if (textsOf(where).length === 0) return { clauses: [], isOnlyOpen: false };
  const ofOpen = new Set(open.columns.map(({ name }) => name));
  const ofPairs = pairSchema(submissions).columns.filter(({ name }) => !ofOpen.has(name));
  // Only to tell a column of pairs from one that does not exist.
  const { clauses, schema } = pairClauses(where, {
    ...open,
    columns: [...open.columns, ...ofPairs],
  });
  const asked = columnsOf(clauses).map((at) => schema.columns[at].name);
  const wrong = asked.find(
    (asked) => asked === 'latency' || ofPairs.some(({ name }) => name === asked),
  );
  if (wrong !== undefined)
    throw new AioscopeError(
      'AIOSCOPE_COLUMN',
      (option) =>
        `${option('where')}: ${wrong} is of completions, and ${option('open')} lists requests ` +
        'that have none; their conditions are on age and on columns of submissions',
    );
  return {
    clauses: pairClauses(where, open).clauses,
    isOnlyOpen: asked.some((name) => ONLY_OPEN.includes(name)),
  };
}
