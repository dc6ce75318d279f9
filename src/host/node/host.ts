import { availableParallelism } from 'node:os';
import { closeQuietly } from '../../stream/fault.ts';
import { type Host, isLong, webHost } from '../../stream/host.ts';
import { fileSource } from './file-source.ts';
import { NODE_INFLATERS } from './inflate.ts';

/** What Node adds: paths, zlib, and threads for long regular files. */
export const nodeHost: Host = {
  bytesOf(source, options) {
    const isPath = typeof source === 'string' || source instanceof URL;
    return isPath ? fileSource(source, options.follow) : webHost.bytesOf(source, options);
  },
  inflaters: NODE_INFLATERS,
  // Loaded on demand: most files are short and need no threads.
  async *decodeOnThreads(...decoding) {
    const { decodeOnThreads } = await import('./decode-on-threads.ts');
    yield* decodeOnThreads(...decoding);
  },
  async statesOnWorkers(opened, { options, workers = availableParallelism(), ...reading }) {
    const { bytes } = opened;
    if (workers === 1 || !isLong(bytes) || typeof bytes.origin !== 'number') return undefined;
    const { runOnWorkers, sharesOf } = await import('../workers/pool.ts');
    const claims = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    let shares: ReturnType<typeof sharesOf>;
    try {
      shares = sharesOf(opened, options, workers, claims);
    } catch (error) {
      await closeQuietly(opened);
      throw error;
    }
    if (shares.length < 2) return undefined;
    opened.take();
    try {
      const { startWorker } = await import('./start-worker.ts');
      return await runOnWorkers(shares, startWorker, reading);
    } finally {
      await opened.close();
    }
  },
};
