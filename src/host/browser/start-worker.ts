import { AioscopeError, messageOf } from '../../errors.ts';
import type { StartWorker } from '../workers/pool.ts';
import type { Reply } from '../workers/share.ts';

const NOT_STARTED =
  'the worker could not be started: worker.js has to be served as JavaScript beside the module ' +
  'that starts it, from the origin of the page, and the Content-Security-Policy of the page has ' +
  'to allow it (worker-src)';

function newWorker(): Worker {
  if (typeof Worker === 'undefined')
    throw new AioscopeError(
      'AIOSCOPE_WORKER',
      'web workers are not available here; summarize does the same on the calling thread',
    );
  try {
    // Bundlers recognize this exact expression, and it works without a bundler too.
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

/** Starts a web worker for one share. */
export const startWorker: StartWorker = (share, onReply, onExit) => {
  const worker = newWorker();
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => onReply(data));
  worker.addEventListener('messageerror', () =>
    onExit('the worker sent a message that could not be read'),
  );
  worker.addEventListener('error', (event) => {
    // The promise reports the error; the console need not.
    event.preventDefault();
    onExit(event.message || NOT_STARTED);
  });
  worker.postMessage(share);
  return () => worker.terminate();
};
