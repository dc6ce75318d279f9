import { AioscopeError } from '../../errors.ts';
import type { SelectOptions } from '../../layout/where.ts';
import type { BatchStream } from '../../stream/coalesce.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Quality } from '../../stream/options.ts';
import type { Source } from '../../stream/source.ts';
import { BLOCK_RECORDS } from './input-stream.ts';
import type { MatchOptions } from './options.ts';
import { type PairBatch, PairBuffer } from './pair-batch.ts';
import { MatchRun } from './run.ts';

/** A batch is handed on when it has so many pairs. */
const BATCH_PAIRS = 4096;
/** What one step can add: a pair a completion, and for each submission one that had to wait, or two. */
const STEP_PAIRS = 4 * BLOCK_RECORDS;

/** How submissions and completions are to be matched, and which pairs are wanted. */
export interface PairOptions extends MatchOptions {
  /** Conditions on the columns of pairs, such as `latencyNs>1000000 and res<0`; the grammar is that of `open`. All pairs unless said otherwise. */
  readonly where?: SelectOptions['where'];
}

/**
 * The pairs of two streams as batches of one schema, which every sink takes. It is iterated once; the end of the iteration, however
 * it comes, lets go of both sources.
 */
export interface PairStream extends BatchStream {
  [Symbol.asyncIterator](): AsyncGenerator<PairBatch, void, void>;
  /** Bytes, whole records and torn bytes of both so far; final when the iteration has ended. */
  readonly quality: {
    readonly submissions: Readonly<Quality>;
    readonly completions: Readonly<Quality>;
  };
  /** Let go of both sources: for a stream that is not iterated. */
  close(): Promise<void>;
}

/** Pairs as they come, for a run that wants them all. */
class AllPairs extends PairBuffer {
  wants(): boolean {
    return true;
  }
}

/** The pairs of a run, batch by batch. */
async function* pairsOf(
  run: MatchRun,
  buffer: PairBuffer,
  close: () => Promise<void>,
): AsyncGenerator<PairBatch, void, void> {
  const { early } = run.matcher;
  const wanted = function* (least: number) {
    const batch = buffer.length >= least ? buffer.take() : undefined;
    if (batch !== undefined && batch.length > 0) yield batch;
  };
  try {
    while (await run.step()) yield* wanted(BATCH_PAIRS);
    while (early.size > 0) {
      early.flush(BATCH_PAIRS);
      yield* wanted(BATCH_PAIRS);
    }
    run.finish();
    yield* wanted(1);
  } finally {
    buffer.retire();
    await close();
  }
}

/** `openPairs` with another bound on how many requests may be open. */
async function openPairsWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: PairOptions,
  openMax: number | undefined,
): Promise<PairStream> {
  const buffers: AllPairs[] = [];
  const run = await MatchRun.start(submissions, completions, options, openMax, (lane, store) => {
    const buffer = new AllPairs(lane, store, BATCH_PAIRS + STEP_PAIRS, options.where);
    buffers.push(buffer);
    return buffer;
  });
  const [buffer] = buffers;
  let isTaken = false;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    isTaken = true;
    closing ??= run.close();
    return closing;
  };
  return {
    schema: buffer.schema,
    close,
    get quality() {
      const [submissions, completions] = run.readers;
      return { submissions: submissions.quality, completions: completions.quality };
    },
    [Symbol.asyncIterator]() {
      if (isTaken)
        throw new AioscopeError(
          'AIOSCOPE_SOURCE',
          'these pairs have been read; match again to read them again',
        );
      isTaken = true;
      return pairsOf(run, buffer, close);
    },
  };
}

/**
 * The pairs that `match` finds as a stream of batches whose schema is known beforehand, so that every sink takes it:
 * `arrowStream(await openPairs(submissions, completions))`. Columns are those of the submission (`ts`, `addr`, `pid`, `tid`, `ctx`
 * and `seq` of its envelope too), and `submissionIndex`, `completionIndex`, `latencyNs`, `span`, `overtook`, `completionTs`,
 * `completionTid`, `res`, `res2`. In the order of completion; a pair whose completion came too early comes when it is
 * decided. A latency beyond 63 bits is cut to that. Batches are valid until the next step, as those of `open` are.
 *
 * By counting latencies, span and overtook say nothing.
 *
 * @throws as `match` does, and `AIOSCOPE_COLUMN` for a condition on a column that does not exist; the sources are let go of
 */
export const openPairs = (
  submissions: Source | Opened,
  completions: Source | Opened,
  options: PairOptions = {},
): Promise<PairStream> => openPairsWithin(submissions, completions, options, undefined);

/**
 * The batches of `openPairs`, one after the other: `for await (const batch of matchPairs(submissions, completions))`. Both
 * sources are opened when the iteration begins.
 *
 * @throws as `openPairs` does
 */
export function matchPairs(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: PairOptions = {},
): AsyncGenerator<PairBatch, void, void> {
  return matchPairsWithin(submissions, completions, options, undefined);
}

/** The same with another bound on how many requests may be open. */
export async function* matchPairsWithin(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: PairOptions,
  openMax: number | undefined,
): AsyncGenerator<PairBatch, void, void> {
  yield* await openPairsWithin(submissions, completions, options, openMax);
}
