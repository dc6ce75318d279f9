// Preloaded into a measured program: it ends stderr with its peak memory, as every peer does. Its threads are a part of it.
import { isMainThread } from 'node:worker_threads';
import { peakKb } from './peak.mjs';

if (isMainThread) process.on('exit', () => process.stderr.write(String(peakKb())));
