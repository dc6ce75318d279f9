import type { SummarizeOptions } from '../../analysis/summary/summarize.ts';
import { Summary, type SummaryJson, type SummaryState } from '../../analysis/summary/summary.ts';
import { kernelInUse } from '../../engine/wasm.ts';
import { AioscopeError, shown } from '../../errors.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { ANALYZE_NAMES, openFor } from '../../stream/analysis-reader.ts';
import { blobSource } from '../../stream/blob-source.ts';
import { isLong, webHost } from '../../stream/host.ts';
import { workersOf } from '../../stream/options.ts';
import { runOnWorkers, sharesOf } from '../workers/pool.ts';
import type { Share } from '../workers/share.ts';
import { webWorkers } from './start-worker.ts';

/** The result of `summarizeInWorker`. */
export interface WorkerSummary {
  /** The statistics, as `Summary.toJSON()` returns them. */
  readonly summary: SummaryJson;
  /** Why the workers do not use the faster engine; null if they do, or if an engine was given. */
  readonly engineReason: string | null;
  /** Why the calling thread counted instead of a worker; null if it did not. */
  readonly workersReason: string | null;
}

/** How a file is summarized in workers. */
export interface WorkerOptions extends SummarizeOptions {
  /** Workers that share a long file, from 1 to 256; one per core unless given. */
  readonly workers?: number | undefined;
}

/** Returns one share per worker for a long uncompressed file, otherwise one share for all of it. */
async function sharesOfFile(file: Blob, options: WorkerOptions): Promise<Share<Blob>[]> {
  const { signal, onProgress: _, follow: _follow, workers: wanted, ...cloneable } = options;
  const workers = workersOf(wanted, globalThis.navigator?.hardwareConcurrency ?? 1);
  const source = blobSource(file, options.name);
  const kernel = kernelInUse();
  const parts = [{ name: 'summary', options: {} }] as const;
  const how = { kernel, parts, options: cloneable };
  const whole = { origin: file, name: source.name, cut: undefined, ...how };
  if (workers === 1 || !isLong(source)) return [whole];
  const opened = await openFor(source, { ...cloneable, signal }, webHost);
  await opened.close();
  const shares = sharesOf(opened, { parts, options: cloneable, workers }) as Share<Blob>[];
  return shares.length === 0 ? [whole] : shares;
}

/**
 * Counts every record of a `File` or `Blob` in web workers, as `summarize` does on the calling
 * thread: the page stays responsive, and memory is bounded whatever the size. The file is read
 * slice by slice and never copied; a long one is shared out over several workers. `onProgress` is
 * called about once per frame, and at the end. Without WebAssembly SIMD, or under a policy that
 * refuses it, the `js` engine counts, and `engineReason` gives the reason. If no worker can be
 * started, the calling thread counts, and `workersReason` gives the reason.
 *
 * @throws the signal's reason as soon as it fires; AioscopeError `AIOSCOPE_SOURCE` for anything but
 *   a blob, `AIOSCOPE_WORKER` if a worker dies; otherwise as `summarize` does
 */
export async function summarizeInWorker(
  file: Blob,
  options: WorkerOptions = {},
): Promise<WorkerSummary> {
  checkOptions('summarizeInWorker', options, [ANALYZE_NAMES, 'workers:number']);
  if (!(file instanceof Blob))
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `the source is ${shown(file)}; it has to be a File or a Blob`,
    );
  const shares = await sharesOfFile(file, options);
  const found: SummaryState[] = [];
  const take = (states: readonly unknown[]) => found.push(states[0] as SummaryState);
  const { signal, onProgress } = options;
  const workersReason = await runOnWorkers(shares, webWorkers, { signal, onProgress, take });
  const summary = Summary.ofRanges(found);
  return { summary: summary.toJSON(), engineReason: summary.engineReason, workersReason };
}
