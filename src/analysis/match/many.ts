// The two sides of a match of any number of files.
import { AioscopeError } from '../../errors.ts';
import { closeQuietly } from '../../stream/fault.ts';
import { joinSources } from '../../stream/joined.ts';
import type { Opened } from '../../stream/open-source.ts';
import { type Recognized, recognize } from '../../stream/recognize.ts';
import type { BothSides } from '../../stream/sides.ts';
import type { Source } from '../../stream/source.ts';
import type { MatchOptions } from './options.ts';
import type { LookOptions } from './part-ends.ts';
import { inOrderOfTime, type PlacedPart } from './part-order.ts';
import { checkRelation } from './part-relation.ts';

/** The parts of both kinds in the order of time. */
export interface OrderedParts {
  readonly submissions: readonly Opened[];
  readonly completions: readonly Opened[];
}

const sources = (parts: readonly PlacedPart[]): readonly Opened[] =>
  parts.map(({ opened }) => opened);

/**
 * Puts the parts of each kind in the order of time. Where no kind has several, nothing is read.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if they overlap, or are not of one capture
 */
export async function orderParts(
  { submissions, completions }: OrderedParts,
  { signal }: LookOptions,
): Promise<OrderedParts> {
  if (submissions.length < 2 && completions.length < 2) return { submissions, completions };
  const look = { signal };
  const first = await inOrderOfTime(submissions, look);
  const second = await inOrderOfTime(completions, look);
  await checkRelation(first, second, look);
  return { submissions: sources(first), completions: sources(second) };
}

/** One source of the parts of a kind. */
export const joinParts = (parts: readonly Opened[]): Opened =>
  parts.length === 1 ? parts[0] : joinSources(parts);

const countOf = (count: number): string => (count === 0 ? 'none' : `${count}`);

function checkKinds({ submissions, completions, rings }: Recognized): void {
  if (rings.length > 0)
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${rings[0].name} has aio_ring records, but matching takes submissions (iocb) and ` +
        'completions (io_event)',
    );
  if (submissions.length > 0 && completions.length > 0) return;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    'matching takes files of submissions (iocb) and of completions (io_event), or a trace; got ' +
      `${countOf(submissions.length)} of submissions and ${countOf(completions.length)} of ` +
      'completions',
  );
}

/**
 * The two sides of a match: sources of any kinds in any order, and traces, each kind joined in the
 * order of time.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` if a kind is missing, as `orderParts`, and as
 *   `openSource` does; all are closed then
 */
export async function sidesOfMany(
  given: readonly (Source | Opened)[],
  options: MatchOptions,
): Promise<BothSides> {
  const found = await recognize(given, options, true);
  try {
    checkKinds(found);
    const { submissions, completions } = await orderParts(found, options);
    return {
      submissions: joinParts(submissions),
      completions: joinParts(completions),
      refusalsKnown: found.refusalsKnown,
    };
  } catch (error) {
    for (const opened of found.all) await closeQuietly(opened, options.signal);
    throw error;
  }
}
