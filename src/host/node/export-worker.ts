// The module of an exporting thread: it writes its share into the buffers that it receives.
import { workerData } from 'node:worker_threads';
import { type ExportShare, exportShare } from './export-share.ts';
import { serveBuffers } from './serve-buffers.ts';

const share = workerData as ExportShare;
await serveBuffers(share, (buffers, send) => exportShare(share, buffers, send));
