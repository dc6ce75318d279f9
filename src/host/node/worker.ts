// A worker thread's own module: it does the share that it is given, and ends.
import { parentPort, workerData } from 'node:worker_threads';
import type { Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';
import { openRange } from './file-source.ts';

await work(workerData as Share<number>, openRange, (reply) => parentPort?.postMessage(reply));
