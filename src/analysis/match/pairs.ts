import type { ByteSource, Source } from '../../stream/source.ts';
import { BLOCK_RECORDS } from './lane.ts';
import type { MatchOptions } from './options.ts';
import { type PairBatch, PairBuffer } from './pair-batch.ts';
import { MatchRun } from './run.ts';

/** A batch is handed on when it has so many pairs. */
const BATCH_PAIRS = 4096;
/** What one step can add: a pair a completion, and for each submission one that had to wait, or two. */
const STEP_PAIRS = 4 * BLOCK_RECORDS;

/** Pairs as they come, for a run that wants them all. */
class AllPairs extends PairBuffer {
  wants(): boolean {
    return true;
  }
}

/**
 * The pairs that `match` finds, in batches of columns: those of the submission (`ts`, `addr`, `pid`, `tid`, `ctx` and `seq`
 * of its envelope too), and `submissionIndex`, `completionIndex`, `latencyNs`, `span`, `overtook`, `completionTs`,
 * `completionTid`, `res`, `res2`. In the order of completion; a pair whose completion came too early comes when it is
 * decided. A latency beyond 63 bits is cut to that. Batches are valid until the next step, as those of `open` are.
 *
 * By counting latencies, span and overtook say nothing.
 *
 * @throws as `match` does
 */
export function matchPairs(
  submissions: Source | ByteSource,
  completions: Source | ByteSource,
  options: MatchOptions = {},
): AsyncGenerator<PairBatch, void, void> {
  return matchPairsWithin(submissions, completions, options, undefined);
}

/** The same with another bound on how many requests may be open. */
export async function* matchPairsWithin(
  submissions: Source | ByteSource,
  completions: Source | ByteSource,
  options: MatchOptions,
  openMax: number | undefined,
): AsyncGenerator<PairBatch, void, void> {
  const buffers: AllPairs[] = [];
  const run = await MatchRun.start(submissions, completions, options, openMax, (lane, store) => {
    const buffer = new AllPairs(lane, store, BATCH_PAIRS + STEP_PAIRS);
    buffers.push(buffer);
    return buffer;
  });
  const [buffer] = buffers;
  const { early } = run.matcher;
  try {
    while (await run.step()) if (buffer.length >= BATCH_PAIRS) yield buffer.take();
    while (early.size > 0) {
      early.flush(BATCH_PAIRS);
      if (buffer.length >= BATCH_PAIRS) yield buffer.take();
    }
    run.finish();
    if (buffer.length > 0) yield buffer.take();
  } finally {
    buffer.retire();
    await run.close();
  }
}
