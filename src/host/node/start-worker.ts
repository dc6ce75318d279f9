// Worker threads: what starts one on its share.
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../errors.ts';
import type { Hire } from '../workers/pool.ts';
import type { Reply, Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';
import { openRange } from './file-source.ts';

/** The first share is done in this thread, which would otherwise wait; each other one in a thread of its own. */
export const hire: Hire = (share, hear, lost) => {
  if (share.cut?.first === 0) {
    const controller = new AbortController();
    work(share as Share<number>, openRange, hear, controller.signal);
    return () => controller.abort();
  }
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: share,
    name: 'aioscope',
  });
  let ended = false;
  worker.on('message', (reply: Reply) => {
    ended ||= reply.type === 'done' || reply.type === 'failed';
    hear(reply);
  });
  worker.on('error', (error) => lost(messageOf(error)));
  worker.on('exit', (code) => {
    if (!ended) lost(`its thread exited with ${code}`);
  });
  return () => {
    ended = true;
    return worker.terminate();
  };
};
