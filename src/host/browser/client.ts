import { AioscopeError, messageOf } from '../../errors.ts';
import type { ReadOptions } from '../../stream/frames.ts';
import { errorOf, type JobName, type Jobs, type Reply, type Request } from './protocol.ts';

const workerError = (message: string, cause?: unknown): AioscopeError => new AioscopeError('AIOSCOPE_WORKER', message, { cause });

const NOT_STARTED =
  'the worker could not be started: worker.js has to be served beside the module that asks for it, as JavaScript and from the origin ' +
  "of the page, and the page's Content-Security-Policy has to allow it (worker-src)";

function startWorker(): Worker {
  if (typeof Worker === 'undefined') throw workerError('there are no web workers here; summarize does the same on this thread');
  try {
    // Bundlers know this expression as it stands, and a page without one needs none.
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'aioscope' });
  } catch (error) {
    throw workerError(`${NOT_STARTED}: ${messageOf(error)}`, error);
  }
}

/**
 * Have a worker of its own do one job; it is ended with the job, however that ends.
 *
 * @throws the signal's reason when it fires; AioscopeError `AIOSCOPE_WORKER` when the worker cannot be started or dies;
 *   what `onProgress` throws; otherwise what the job throws
 */
export function inWorker<J extends JobName>(
  job: J,
  input: Jobs[J]['input'],
  { signal, onProgress }: ReadOptions,
): Promise<Jobs[J]['output']> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = startWorker();
    const end = () => {
      worker.terminate();
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const abort = () => fail(signal?.reason);
    const hear = (reply: Reply<J>) => {
      if (reply.type === 'progress') return onProgress?.(reply.progress);
      if (reply.type === 'failed') return fail(errorOf(reply.fault));
      end();
      resolve(reply.output);
    };
    signal?.addEventListener('abort', abort);
    worker.addEventListener('message', ({ data }: MessageEvent<Reply<J>>) => {
      try {
        hear(data);
      } catch (error) {
        fail(error);
      }
    });
    worker.addEventListener('messageerror', () => fail(workerError('the worker said something that could not be read')));
    worker.addEventListener('error', (event) => {
      // The page hears of it through the promise.
      event.preventDefault();
      fail(workerError(event.message ? `the worker died: ${event.message}` : NOT_STARTED));
    });
    try {
      worker.postMessage({ job, input } satisfies Request<J>);
    } catch (error) {
      fail(error);
    }
  });
}
