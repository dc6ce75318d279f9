import { type Match, match as matchSources } from '../../../analysis/match/match.ts';
import type { MatchOptions } from '../../../analysis/match/options.ts';
import type { PairBatch } from '../../../analysis/match/pair-batch.ts';
import {
  matchPairs as matchPairsOf,
  openPairs as openPairsOf,
  type PairOptions,
  type PairStream,
} from '../../../analysis/match/pairs.ts';
import { type NodeSource, resolve } from './source.ts';

/**
 * Match submissions (`iocb`) to completions (`io_event`), as the `match` of the door for every runtime does; paths too.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` where an address or a time is missing; `AIOSCOPE_OPTION` for options that
 *   make no sense; and as `open` does. Of sources that fail nothing is reported.
 */
export function match(
  submissions: NodeSource,
  completions: NodeSource,
  options: MatchOptions = {},
): Promise<Match> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return matchSources(requests, results, { ...options, compression: 'none' });
}

/**
 * The pairs that `match` finds, in batches of columns, as the `matchPairs` of the door for every runtime gives them; of
 * paths too. Batches are valid until the next step.
 *
 * @throws as `match` does
 */
export function matchPairs(
  submissions: NodeSource,
  completions: NodeSource,
  options: PairOptions = {},
): AsyncGenerator<PairBatch, void, void> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return matchPairsOf(requests, results, { ...options, compression: 'none' });
}

/**
 * The pairs that `match` finds as a stream that every sink takes, as the `openPairs` of the door for every runtime gives it; of
 * paths too: `parquetFile(await openPairs('dump.iocb88', 'dump.ioev56'))`.
 *
 * @throws as `match` does
 */
export function openPairs(
  submissions: NodeSource,
  completions: NodeSource,
  options: PairOptions = {},
): Promise<PairStream> {
  const [[requests], [results]] = [resolve(submissions, options), resolve(completions, options)];
  return openPairsOf(requests, results, { ...options, compression: 'none' });
}
