/**
 * aioscope in a web page: what a page would wait for is done in web workers. `aioscope/browser`; everything else is in
 * `aioscope` itself, whose `open` and `summarize` take a `File` too, on the thread that calls them.
 *
 * @module
 */
import type { SummarizeOptions } from '../../analysis/summary/summarize.ts';
import type { SummaryJson } from '../../analysis/summary/summary.ts';
import { AioscopeError } from '../../errors.ts';
import { blobSource } from '../../stream/blob-source.ts';
import { toSource } from '../../stream/reader.ts';
import { identifyOpened } from '../../stream/recognize.ts';
import { checkWorkers, isLong, sharesOf, summarizeShares } from '../workers/pool.ts';
import type { Share } from '../workers/share.ts';
import { hire } from './start-worker.ts';

/** What workers found. */
export interface WorkerSummary {
  /** The statistics, as `Summary.toJSON()` gives them. */
  readonly summary: SummaryJson;
  /** Why the workers' engine is not the faster one; null where it is, or where an engine was asked for. */
  readonly engineReason: string | null;
}

/** What can be asked of the summary of a file besides. */
export interface WorkerOptions extends SummarizeOptions {
  /** Workers that share a long file: 1 … 256; the cores unless said otherwise. */
  readonly workers?: number | undefined;
}

/** One share for each worker of a long file that is not compressed, else one that is all of it. */
async function shareOut(file: Blob, options: WorkerOptions): Promise<Share<Blob>[]> {
  const { signal, onProgress: _, workers: wanted, ...cloneable } = options;
  const workers = checkWorkers(wanted ?? globalThis.navigator?.hardwareConcurrency ?? 1);
  const source = blobSource(file, options.name);
  const whole: Share<Blob> = {
    origin: file,
    name: source.name,
    cut: undefined,
    options: cloneable,
  };
  if (workers === 1 || !isLong(source)) return [whole];
  const identified = await identifyOpened(toSource(source, options.compression), options, signal);
  await identified.source.close();
  const shares = sharesOf(identified, options, workers) as Share<Blob>[];
  return shares.length === 0 ? [whole] : shares;
}

/**
 * Count every record of a `File` or `Blob` in workers of their own, as `summarize` does: the page stays responsive, and
 * memory is bounded whatever the size. The file is read slice by slice and never copied; a long one is shared out over
 * several workers. `onProgress` is called about once a frame, and at the end. Without WebAssembly SIMD, or under a policy
 * that refuses it, the `js` engine counts, and `engineReason` says why.
 *
 * @throws the signal's reason as soon as it fires; AioscopeError `AIOSCOPE_SOURCE` for anything but a blob,
 *   `AIOSCOPE_WORKER` when a worker cannot be started or dies; otherwise as `summarize` does
 */
export async function summarizeInWorker(
  file: Blob,
  options: WorkerOptions = {},
): Promise<WorkerSummary> {
  if (!(file instanceof Blob))
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `the source is ${String(file)}; it has to be a File or a Blob`,
    );
  const summary = await summarizeShares(await shareOut(file, options), hire, options);
  return { summary: summary.toJSON(), engineReason: summary.engineReason };
}
