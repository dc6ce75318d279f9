// The module of a worker thread: it does its share and exits.
import { parentPort, workerData } from 'node:worker_threads';
import type { Reply } from '../workers/share.ts';
import { work } from '../workers/work.ts';
import { reasonAgainst } from './file-identity.ts';
import { openRange } from './file-range.ts';
import type { ThreadData } from './survey-on-threads.ts';

const { share, file } = workerData as ThreadData;
const send = (reply: Reply): void => parentPort?.postMessage(reply);
const reason = reasonAgainst(share.origin, file);
if (reason === null) await work(share, openRange, send);
else send({ type: 'unable', reason });
