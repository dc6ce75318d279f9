// Summaries of long files on several threads.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type SummarizeOptions, summarizeIdentified } from '../../analysis/summarize.ts';
import type { Summary } from '../../analysis/summary.ts';
import { messageOf } from '../../errors.ts';
import { peek } from '../../stream/peek.ts';
import { identify } from '../../stream/recognise.ts';
import type { ByteSource } from '../../stream/source.ts';
import { checkWorkers, type Hire, sharesOf, summarizeShares } from '../crew.ts';
import type { ByteRange, Reply, Share } from '../share.ts';
import { work } from '../work.ts';
import { fileRange } from './file-source.ts';

/** What can be asked of the summary of a file besides. */
export interface WorkersOption {
  /** Threads that summarize one long regular file, the calling one among them: 1 … 256; the cores unless said otherwise. */
  readonly workers?: number | undefined;
}

/** The bytes of a range of an open file. */
export const openRange = (fd: number, name: string, range?: ByteRange): ByteSource =>
  fileRange(fd, name, range ?? { begin: 0, end: 0, isLast: true });

/** The first share is done in this thread, which would otherwise wait; each other one in a thread of its own. */
const hire: Hire = (share, hear, lost) => {
  if (share.cut?.first === 0) {
    const controller = new AbortController();
    work(share as Share<number>, openRange, hear, controller.signal);
    return () => controller.abort();
  }
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: share, name: 'aioscope' });
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

/** Summarize a source, on several threads where it is a long regular file. */
export async function summarizeOnThreads(source: ByteSource, options: SummarizeOptions & WorkersOption): Promise<Summary> {
  const { engine, name, signal, onProgress } = options;
  const workers = checkWorkers(options.workers ?? availableParallelism());
  const identified = await identify(source, options, signal);
  if (workers === 1) return summarizeIdentified(identified, options);
  // A source that has not been read has not been opened.
  const opened = identified.source.origin === undefined ? (await peek(identified.source, 1, signal)).source : identified.source;
  const claims = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const shares = sharesOf({ ...identified, source: opened }, { engine, name }, workers, claims);
  if (shares.length < 2) return summarizeIdentified({ ...identified, source: opened }, options);
  try {
    return await summarizeShares(shares, hire, { signal, onProgress });
  } finally {
    await opened.close();
  }
}
