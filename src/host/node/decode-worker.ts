// The module of a decoding thread: it decodes its share into the buffers that it receives.
import { workerData } from 'node:worker_threads';
import { type DecodeShare, decodeShare } from './decode-share.ts';
import { serveBuffers } from './serve-buffers.ts';

const share = workerData as DecodeShare;
await serveBuffers(share, (buffers, send) => decodeShare(share, buffers, send));
