/**
 * `aioscope/browser`: aioscope in a web page, on web workers. Everything else a page needs is in
 * `aioscope`, whose `open` and `summarize` also read a `File`, on the calling thread.
 *
 * @module
 */
export {
  summarizeInWorker,
  type WorkerOptions,
  type WorkerSummary,
} from './host/browser/summarize-in-worker.ts';
