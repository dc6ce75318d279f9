import { AioscopeError, messageOf } from '../../errors.ts';
import type { Hire } from '../workers/pool.ts';
import type { Reply } from '../workers/share.ts';

const NOT_STARTED =
  'the worker could not be started: worker.js has to be served beside the module that asks for it, as JavaScript and from the origin ' +
  "of the page, and the page's Content-Security-Policy has to allow it (worker-src)";

function startWorker(): Worker {
  if (typeof Worker === 'undefined')
    throw new AioscopeError(
      'AIOSCOPE_WORKER',
      'there are no web workers here; summarize does the same on this thread',
    );
  try {
    // Bundlers know this expression as it stands, and a page without one needs none.
    return new Worker(new URL('./worker.js', import.meta.url), {
      type: 'module',
      name: 'aioscope',
    });
  } catch (error) {
    throw new AioscopeError('AIOSCOPE_WORKER', `${NOT_STARTED}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Have a web worker of its own do a share; it is ended with that, however it ends. */
export const hire: Hire = (share, hear, lost) => {
  const worker = startWorker();
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => hear(data));
  worker.addEventListener('messageerror', () =>
    lost('the worker said something that could not be read'),
  );
  worker.addEventListener('error', (event) => {
    // The page hears of it through the promise.
    event.preventDefault();
    lost(event.message || NOT_STARTED);
  });
  worker.postMessage(share);
  return () => worker.terminate();
};
