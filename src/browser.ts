/**
 * aioscope in a web page, on web workers: the door `aioscope/browser`. Everything else a page needs
 * is in `aioscope`, whose `open` and `summarize` take a `File` too, on the calling thread.
 *
 * @module
 */
export {
  summarizeInWorker,
  type WorkerOptions,
  type WorkerSummary,
} from './host/browser/summarize-in-worker.ts';
