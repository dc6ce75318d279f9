import { checkOptions } from '../../layout/option-names.ts';
import { loaded } from '../../stream/fault.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Source } from '../../stream/source.ts';
import { MATCH_NAMES, type MatchOptions } from './options.ts';
import type { PairSelection } from './pair-rows.ts';
import type { CreateObserver } from './pair-sink.ts';
import type { Match } from './result.ts';
import { MatchRun } from './run.ts';
import { resolveSides, type Sources } from './sides.ts';

/**
 * Matches submissions (`iocb`) to completions (`io_event`) by process, address and data, in order
 * of time: one pass over both, merged by the `ts` of their envelopes. Memory is bounded, whatever
 * their size.
 *
 * A completion belongs to the newest submission in flight at its address that has its data and is
 * not later. Older ones with its data were refused, or their completions are lost: they are set
 * aside, and only a completion that finds no other submission makes a second pair with one. A
 * completion without a submission waits for one that comes later in its file, or is up to 20 µs
 * later in time (its latency is then negative).
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if an address or a time is missing,
 *   `AIOSCOPE_OPTION` for invalid options, and as `open` does. A source that fails has no result.
 */
export function match(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: MatchOptions,
): Promise<Match>;
/**
 * Matches any number of files and traces, in any order. Parts of one kind are joined in the order
 * of time, each with its own layout; indexes count through the parts.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if parts overlap in time, or are not of one capture
 */
export function match(
  sources: readonly (Source | Opened)[],
  options?: MatchOptions,
): Promise<Match>;
/** Matches the submissions and completions of a trace. */
export function match(trace: Source, options?: MatchOptions): Promise<Match>;
export async function match(
  source: Source | Opened | Sources,
  second?: Source | Opened | MatchOptions,
  third?: MatchOptions,
): Promise<Match> {
  const { submissions, completions, options } = await resolveSides(source, second, third, (given) =>
    checkOptions('match', given, MATCH_NAMES),
  );
  return matchWithin(submissions, completions, options, undefined);
}

/** Finds the names of a trace. Loaded on demand: other sources have none. */
async function lookupIn({ readers: [{ schema, sourceName }] }: MatchRun) {
  if (schema.names === undefined) return undefined;
  const { lookupOf } = await loaded(sourceName, import('../../layout/name-lookup.ts'));
  return lookupOf(schema.names);
}

/** As `match`, with another limit of entries in flight, an observer, and other conditions. */
export async function matchWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: MatchOptions,
  openMax: number | undefined,
  createObserver?: CreateObserver,
  selection?: PairSelection,
): Promise<Match> {
  const run = await MatchRun.start(
    submissions,
    completions,
    options,
    openMax,
    undefined,
    createObserver,
    selection,
  );
  try {
    while (await run.step());
    run.finish();
    // Loaded on demand: it has the text of every field.
    const { Match } = await loaded(run.readers[0].sourceName, import('./result.ts'));
    return new Match(run, await lookupIn(run));
  } finally {
    await run.close();
  }
}
