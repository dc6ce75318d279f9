// The module of a thread that decodes ahead.
import { workerData } from 'node:worker_threads';
import { type AheadData, decodeShares } from './ahead-share.ts';
import { reasonAgainst } from './file-identity.ts';

const data = workerData as AheadData;
if (data.shares.every(({ fd, file }) => reasonAgainst(fd, file) === null)) await decodeShares(data);
