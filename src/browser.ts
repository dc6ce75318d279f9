/**
 * Summarizes a `File` in web workers, so that a page stays responsive. `open` and `summarize` of
 * `aioscope` read a `File` too, on the calling thread.
 *
 * @example
 * ```js
 * import { summarizeInWorker } from 'aioscope/browser';
 *
 * const input = document.querySelector('input');
 * input?.addEventListener('change', async () => {
 *   for (const file of input.files ?? []) {
 *     const { summary } = await summarizeInWorker(file, {
 *       onProgress: ({ bytes, totalBytes = bytes }) => console.log(bytes / totalBytes),
 *     });
 *     console.log(summary);
 *   }
 * });
 * ```
 *
 * @module
 */
export {
  summarizeInWorker,
  type WorkerOptions,
  type WorkerSummary,
} from './host/browser/summarize-in-worker.ts';
