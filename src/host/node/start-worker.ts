import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import type { StartWorker } from '../workers/pool.ts';
import type { Reply, Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';
import { openRange } from './file-range.ts';

/** Does the first share on the calling thread, which would only wait; others on new threads. */
export const startWorker: StartWorker = (share, onReply, onExit) => {
  if (share.cut?.first === 0) {
    const controller = new AbortController();
    work(share as Share<number>, openRange, onReply, controller.signal);
    return () => controller.abort();
  }
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: share,
    name: 'aioscope',
  });
  let ended = false;
  worker.on('message', (reply: Reply) => {
    ended ||= reply.type === 'done' || reply.type === 'failed';
    onReply(reply);
  });
  worker.on('error', (error) => onExit(messageOf(error)));
  worker.on('exit', (code) => {
    if (!ended) onExit(`its thread exited with ${code}`);
  });
  return () => {
    ended = true;
    return worker.terminate();
  };
};
