/**
 * aioscope in a web page: what a page would wait for is done in a web worker. `aioscope/browser`; everything else is in
 * `aioscope` itself, whose `open` and `summarize` take a `File` too, on the thread that calls them.
 *
 * @module
 */
import type { SummarizeOptions } from '../../analysis/summary.ts';
import { AioscopeError } from '../../errors.ts';
import { inWorker } from './client.ts';
import type { WorkerSummary } from './protocol.ts';

export type { WorkerSummary } from './protocol.ts';

/**
 * Count every record of a `File` or `Blob` in a worker of its own, as `summarize` does: the page stays responsive, and
 * memory is bounded whatever the size. The file is read slice by slice and never copied. `onProgress` is called about once
 * a frame, and at the end. Without WebAssembly SIMD, or under a policy that refuses it, the `js` engine counts, and
 * `engineReason` says why.
 *
 * @throws the signal's reason as soon as it fires; AioscopeError `AIOSCOPE_SOURCE` for anything but a blob,
 *   `AIOSCOPE_WORKER` when the worker cannot be started or dies; otherwise as `summarize` does
 */
export async function summarizeInWorker(file: Blob, options: SummarizeOptions): Promise<WorkerSummary> {
  if (!(file instanceof Blob)) throw new AioscopeError('AIOSCOPE_SOURCE', `the source is ${String(file)}; it has to be a File or a Blob`);
  const { signal, onProgress, kind, layout, endian, engine, name } = options;
  return inWorker('summarize', { source: file, options: { kind, layout, endian, engine, name } }, { signal, onProgress });
}
