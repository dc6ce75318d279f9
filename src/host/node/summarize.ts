// Summaries of whatever Node can read, on several threads where that pays.
import { availableParallelism } from 'node:os';
import { type SummarizeOptions, summarizeIdentified } from '../../analysis/summary/summarize.ts';
import type { Summary } from '../../analysis/summary/summary.ts';
import { identifyOpened } from '../../stream/recognize.ts';
import type { ByteSource } from '../../stream/source.ts';
import { checkWorkers, isLong, sharesOf, summarizeShares } from '../workers/pool.ts';

/** What can be asked of a file besides. */
export interface WorkersOption {
  /**
   * Threads for one long regular file: 1 … 256. `summarize` takes as many as there are cores unless it is said otherwise,
   * the calling one among them; `open` decodes in the calling one.
   */
  readonly workers?: number | undefined;
}

/** Summarize a source, on several threads where it is a long regular file. */
export async function summarizeOnThreads(
  source: ByteSource,
  options: SummarizeOptions & WorkersOption,
): Promise<Summary> {
  const { signal, onProgress } = options;
  if (options.workers !== undefined) checkWorkers(options.workers);
  const identified = await identifyOpened(source, options, signal);
  const workers = isLong(identified.source) ? (options.workers ?? availableParallelism()) : 1;
  const claims =
    workers > 1 ? new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) : undefined;
  if (workers === 1) return summarizeIdentified(identified, options);
  try {
    const shares = sharesOf(identified, options, workers, claims);
    if (shares.length < 2) return await summarizeIdentified(identified, options);
    // Most files are short, and most programs never start a thread.
    const { hire } = await import('./start-worker.ts');
    return await summarizeShares(shares, hire, { signal, onProgress });
  } finally {
    await identified.source.close();
  }
}
