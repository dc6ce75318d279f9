import { messageOf } from '../../errors.ts';
import type { HttpFile } from '../../stream/http-file.ts';
import { openOrigin } from '../../stream/origin.ts';
import type { Workers } from '../workers/pool.ts';
import type { Reply, Share } from '../workers/share.ts';

const NOT_STARTED =
  'the worker could not be started: worker.js has to be served as JavaScript beside the module ' +
  'that starts it, from the origin of the page, and the Content-Security-Policy of the page has ' +
  'to allow it (worker-src)';

function newWorker(): Worker {
  if (typeof Worker === 'undefined') throw new Error('web workers are not available here');
  try {
    // Bundlers recognize this exact expression, and it works without a bundler too.
    return new Worker(new URL('./worker.js', import.meta.url), {
      type: 'module',
      name: 'aioscope',
    });
  } catch (error) {
    throw new Error(`${NOT_STARTED}: ${messageOf(error)}`);
  }
}

/** Starts a web worker for one share. */
const start: Workers['start'] = (share, onReply, onExit) => {
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

/** Does a share on the calling thread. Loaded on demand: in most pages workers do it. */
const here: Workers['here'] = async (share, onReply, signal) => {
  const { work } = await import('../workers/work.ts');
  await work(share as Share<Blob | HttpFile>, openOrigin, onReply, signal);
};

/** How a page does shares. */
export const webWorkers: Workers = { start, here };
