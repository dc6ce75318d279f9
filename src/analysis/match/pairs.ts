import { ASYNC_DISPOSE, type AsyncDisposable } from '../../disposable.ts';
import { AioscopeError } from '../../errors.ts';
import { checkOptions } from '../../layout/option-names.ts';
import type { Schema } from '../../layout/schema.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { BatchStream } from '../../stream/coalesce.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Quality } from '../../stream/options.ts';
import type { Source, SourcePart } from '../../stream/source.ts';
import { BLOCK_RECORDS } from './input-stream.ts';
import { MATCH_NAMES, type MatchOptions, resolveOptions } from './options.ts';
import { type PairBatch, PairBuffer } from './pair-batch.ts';
import { filterOf } from './pair-filter.ts';
import { MatchRun } from './run.ts';
import { resolveSides, type Sources } from './sides.ts';

/** Pairs per batch, at least. */
const BATCH_PAIRS = 4096;
/** Pairs that one step can add: one per completion, and up to two early ones per submission. */
const STEP_PAIRS = 4 * BLOCK_RECORDS;

/** Options of `openPairs`; with `where`, only the pairs that meet it. */
export interface PairOptions extends MatchOptions {}

/**
 * The pairs of two streams as batches of one schema, which every sink takes. It can be iterated
 * once. Both sources are closed when the iteration ends for whatever reason.
 */
export interface PairStream extends MatchedStream {
  [Symbol.asyncIterator](): AsyncGenerator<PairBatch, void, void>;
}

/** Batches of what a match finds. */
export interface MatchedStream extends BatchStream, AsyncDisposable {
  /** Bytes, whole records and torn bytes read so far; final after the iteration. */
  readonly quality: {
    readonly submissions: Readonly<Quality>;
    readonly completions: Readonly<Quality>;
  };
  /** The submissions, then the completions: each file, and what has been read of it so far. */
  readonly files: readonly SourcePart[];
  /** Ends the iteration, if there is one, and closes both sources. */
  close(): Promise<void>;
}

/** Takes every pair. */
class AllPairs extends PairBuffer {
  accepts(): boolean {
    return true;
  }
}

/** Yields the pairs of a run in batches. */
async function* pairsOf(
  run: MatchRun,
  buffer: PairBuffer,
  close: () => Promise<void>,
): AsyncGenerator<PairBatch, void, void> {
  const { early } = run.merge.matcher;
  const batches = function* (least: number) {
    const batch = buffer.length >= least ? buffer.take() : undefined;
    if (batch !== undefined && batch.length > 0) yield batch;
  };
  try {
    while (await run.step()) yield* batches(BATCH_PAIRS);
    while (early.size > 0) {
      early.flush(BATCH_PAIRS);
      yield* batches(BATCH_PAIRS);
    }
    run.finish();
    yield* batches(1);
  } finally {
    buffer.retire();
    await close();
  }
}

/** As `openPairs`, with another limit of entries in flight. */
async function openPairsWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: PairOptions,
  openMax: number | undefined,
): Promise<PairStream> {
  const buffers: AllPairs[] = [];
  // Pairs do not need `open`, but an invalid one is an error.
  resolveOptions(options);
  const given = { ...options, open: 0 };
  const run = await MatchRun.start(submissions, completions, given, openMax, (stream, store) => {
    const buffer = new AllPairs(stream, store, BATCH_PAIRS + STEP_PAIRS, filterOf(options.where));
    buffers.push(buffer);
    return buffer;
  });
  const [buffer] = buffers;
  return matchedStream(run, buffer.schema, 'pairs', (close) => pairsOf(run, buffer, close));
}

/** The batches of a run as a stream. `read` yields them, and then calls `close`. */
export function matchedStream<B extends RecordBatch>(
  run: MatchRun,
  schema: Schema,
  what: string,
  read: (close: () => Promise<void>) => AsyncGenerator<B, void, void>,
): MatchedStream & { [Symbol.asyncIterator](): AsyncGenerator<B, void, void> } {
  let isTaken = false;
  let batches: AsyncGenerator<B, void, void> | undefined;
  let closing: Promise<void> | undefined;
  const release = (): Promise<void> => {
    closing ??= run.close();
    return closing;
  };
  const close = async (): Promise<void> => {
    isTaken = true;
    await batches?.return();
    await release();
  };
  return {
    schema,
    close,
    [ASYNC_DISPOSE]: close,
    get files() {
      return run.files;
    },
    get quality() {
      const [submissions, completions] = run.readers.map(
        ({ parts, quality }) => parts?.quality ?? quality,
      );
      return { submissions, completions };
    },
    [Symbol.asyncIterator]() {
      if (isTaken)
        throw new AioscopeError(
          'AIOSCOPE_SOURCE',
          `these ${what} have been read; match again to read them again`,
        );
      isTaken = true;
      batches = read(release);
      return batches;
    },
  };
}

/**
 * Opens the pairs that `match` finds as a stream of batches. The schema is known before the first
 * batch, so that every sink takes it: `arrowStream(await openPairs(submissions, completions))`.
 *
 * The columns are those of the submission (of its envelope, `ts`, `addr`, `pid`, `tid`, `ctx` and
 * `seq`), then `submissionIndex`, `completionIndex`, `latencyNs`, `span`, `overtook`, `depth`,
 * `doubt`, `completionTs`, `completionTid`, `res` and `res2`. Pairs come in order of completion,
 * but one whose completion came before its submission comes when it is decided. A latency beyond 63
 * bits is clamped. Batches are valid until the next step, as those of `open`.
 *
 * `doubt` is 1 of a second pair, whose submission is older than one with its data that had
 * completed at its address: a request in flight twice, or, if records were lost, a false pair.
 * `match` tells which (`quality.counted`).
 *
 * `depth` is the number of requests in flight after the submission, itself included.
 *
 * By counting, `latencyNs`, `span`, `overtook` and `depth` have no meaning.
 *
 * @throws AioscopeError as `match`, and `AIOSCOPE_COLUMN` for a condition on a column that does not
 *   exist; both sources are then closed
 */
export function openPairs(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: PairOptions,
): Promise<PairStream>;
/** Opens the pairs of any number of files and traces, which `match` takes in the same way. */
export function openPairs(
  sources: readonly (Source | Opened)[],
  options?: PairOptions,
): Promise<PairStream>;
/** Opens the pairs of a trace. */
export function openPairs(trace: Source, options?: PairOptions): Promise<PairStream>;
export async function openPairs(
  source: Source | Opened | Sources,
  second?: Source | Opened | PairOptions,
  third?: PairOptions,
): Promise<PairStream> {
  const { submissions, completions, options } = await resolveSides(source, second, third, (given) =>
    checkOptions('openPairs', given, MATCH_NAMES),
  );
  return openPairsWithin(submissions, completions, options, undefined);
}

/**
 * Yields the batches of `openPairs`:
 * `for await (const batch of matchPairs(submissions, completions))`. Both sources are opened when
 * the iteration begins.
 *
 * @throws AioscopeError as `openPairs`
 */
export function matchPairs(
  submissions: Source | Opened,
  completions: Source | Opened,
  options?: PairOptions,
): AsyncGenerator<PairBatch, void, void>;
/** Yields the pairs of any number of files and traces. */
export function matchPairs(
  sources: readonly (Source | Opened)[],
  options?: PairOptions,
): AsyncGenerator<PairBatch, void, void>;
export async function* matchPairs(
  source: Source | Opened | Sources,
  second?: Source | Opened | PairOptions,
  third?: PairOptions,
): AsyncGenerator<PairBatch, void, void> {
  const { submissions, completions, options } = await resolveSides(source, second, third, (given) =>
    checkOptions('matchPairs', given, [MATCH_NAMES, 'where:string|string[]']),
  );
  yield* matchPairsWithin(submissions, completions, options, undefined);
}

/** As `matchPairs`, with another limit of entries in flight. */
export async function* matchPairsWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: PairOptions,
  openMax: number | undefined,
): AsyncGenerator<PairBatch, void, void> {
  yield* await openPairsWithin(submissions, completions, options, openMax);
}
