// The requests without a completion as a stream of batches.
import { checkOptions } from '../../layout/option-names.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Source } from '../../stream/source.ts';
import type { OpenBatch, OpenRequests } from './open-requests.ts';
import { MATCH_NAMES, type MatchOptions, OPEN_REQUESTS_MAX, resolveOptions } from './options.ts';
import { type MatchedStream, matchedStream } from './pairs.ts';
import { MatchRun } from './run.ts';
import { resolveSides, type Sources } from './sides.ts';

/** Requests per batch. */
const BATCH_ROWS = 4096;

/**
 * Options of `openRequests`: `open` is how many to yield, 0 (default) for all; `where` selects only
 * among them.
 */
export interface OpenRequestOptions extends MatchOptions {}

/**
 * The requests without a completion as batches of one schema. It can be iterated once. Both sources
 * are closed when the iteration ends for whatever reason.
 */
export interface OpenRequestStream extends MatchedStream {
  [Symbol.asyncIterator](): AsyncGenerator<OpenBatch, void, void>;
}

/** Takes no pairs: with it, conditions select none. */
const noPairs = { accepts: () => false, put: () => {} };

async function* requestsOf(
  run: MatchRun,
  requests: OpenRequests,
  close: () => Promise<void>,
): AsyncGenerator<OpenBatch, void, void> {
  try {
    while (await run.step());
    run.finish();
    for (let begin = 0; begin < requests.length; begin += BATCH_ROWS)
      yield requests.batch(begin, BATCH_ROWS);
  } finally {
    await close();
  }
}

/**
 * Opens the requests that have no completion at the end, `openAtEnd` and `neverCompleted` of
 * `match`, as a stream of batches that every sink takes. They come oldest first, after both sources
 * have been read. Batches own their columns.
 *
 * The columns are those of the submission (of its envelope, `ts`, `addr`, `pid`, `tid`, `ctx` and
 * `seq`), then `submissionIndex`, `ageNs` until the last record (without a meaning by counting),
 * `depth` and `neverCompleted`: 1 for a request in flight for longer than the slowest pair.
 *
 * @throws AioscopeError as `match`, and `AIOSCOPE_COLUMN` for a condition on a column that does not
 *   exist, or of completions; both sources are then closed
 */
export function openRequests(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: OpenRequestOptions,
): Promise<OpenRequestStream>;
/** Opens the requests of any number of files and traces, which `match` takes in the same way. */
export function openRequests(
  sources: readonly (Source | Opened)[],
  options?: OpenRequestOptions,
): Promise<OpenRequestStream>;
/** Opens the requests of a trace. */
export function openRequests(
  trace: Source,
  options?: OpenRequestOptions,
): Promise<OpenRequestStream>;
export async function openRequests(
  source: Source | Opened | Sources,
  second?: Source | Opened | OpenRequestOptions,
  third?: OpenRequestOptions,
): Promise<OpenRequestStream> {
  const { submissions, completions, options } = await resolveSides(source, second, third, (given) =>
    checkOptions('openRequests', given, MATCH_NAMES),
  );
  const all = { ...options, slowest: 0, open: resolveOptions(options).open || OPEN_REQUESTS_MAX };
  const run = await MatchRun.start(submissions, completions, all, undefined, () => noPairs);
  // The option `open` asks for them.
  const requests = run.open as OpenRequests;
  return matchedStream(run, requests.schema, 'requests', (close) =>
    requestsOf(run, requests, close),
  );
}
