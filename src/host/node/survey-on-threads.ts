// A long file surveyed on several threads, the calling one among them.
import { Worker } from 'node:worker_threads';
import { reasonOf } from '../../errors.ts';
import { closeQuietly } from '../../stream/fault.ts';
import type { Job, WorkersRead } from '../../stream/host.ts';
import { Opened } from '../../stream/open-source.ts';
import { OVERFLOWED, runOnWorkers, type Workers } from '../workers/pool.ts';
import type { Reply, Share } from '../workers/share.ts';
import { sharesOf } from '../workers/shares.ts';
import { work } from '../workers/work.ts';
import { type FileIdentity, identityOf } from './file-identity.ts';
import { openRange } from './file-range.ts';
import { expectOpen } from './file-source.ts';
import { THREAD_OPTIONS } from './thread-options.ts';

/** What a thread is started with. */
export interface ThreadData {
  readonly share: Share<number>;
  readonly file: FileIdentity;
}

const here: Workers['here'] = (share, onReply, signal) =>
  work(share as Share<number>, openRange, onReply, signal);

/** Does the first share on the calling thread, which would only wait; others on new threads. */
const start: Workers['start'] = (share, onReply, onExit) => {
  if (share.cut?.first === 0) {
    const controller = new AbortController();
    here(share, onReply, controller.signal);
    return () => controller.abort();
  }
  const data = { share, file: identityOf(share.origin as number) } as ThreadData;
  const worker = new Worker(new URL('./survey-worker.js', import.meta.url), {
    ...THREAD_OPTIONS,
    workerData: data,
  });
  let ended = false;
  worker.on('message', (reply: Reply) => {
    ended ||= reply.type === 'done' || reply.type === 'failed';
    onReply(reply);
  });
  worker.on('error', (error) => onExit(reasonOf(error)));
  worker.on('exit', (code) => {
    if (!ended) onExit(`its thread exited with ${code}`);
  });
  return () => {
    ended = true;
    return worker.terminate();
  };
};

/** Surveys a regular file, unless its ranges depend on each other. */
export async function surveyOnThreads(
  opened: Opened,
  { parts, options, workers, window, grows, ...reading }: Job & { readonly workers: number },
): Promise<WorkersRead> {
  const claims = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let shares: Share[];
  try {
    const job = { parts: parts as Share['parts'], options, workers, window, grows };
    shares = sharesOf(opened, job, claims);
  } catch (error) {
    await closeQuietly(opened);
    throw error;
  }
  if (shares.length < 2) return { isRead: false, workersReason: null };
  const bytes = opened.take();
  const fd = bytes.origin as number;
  let isDone = true;
  try {
    const workersReason = await runOnWorkers(shares, { start, here }, reading);
    expectOpen(opened, fd);
    if (reading.isExact()) return { isRead: true, workersReason };
    isDone = false;
    const rest = new Opened(bytes, opened.schema, opened);
    return { isRead: false, rest, workersReason: OVERFLOWED };
  } catch (error) {
    expectOpen(opened, fd);
    throw error;
  } finally {
    if (isDone) await opened.close();
  }
}
