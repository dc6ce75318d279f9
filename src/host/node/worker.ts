// The module of a worker thread: it does its share and exits.
import { parentPort, workerData } from 'node:worker_threads';
import type { Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';
import { openRange } from './file-range.ts';

await work(workerData as Share<number>, openRange, (reply) => parentPort?.postMessage(reply));
