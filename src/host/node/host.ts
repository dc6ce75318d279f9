import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../errors.ts';
import { type AheadJob, type Host, isLong, webHost } from '../../stream/host.ts';
import type { Opened } from '../../stream/open-source.ts';
import { workersOf } from '../../stream/options.ts';
import type { OpenFile, Source } from '../../stream/source.ts';
import { setSource } from '../../stream/stream-set.ts';
import { reasonAgainstThreads } from './address-space.ts';
import { fileSource, handleSource } from './file-source.ts';
import { NODE_INFLATERS, quickerDecoder } from './inflate.ts';
import { isTrace, openTrace } from './trace-folder.ts';

const isFileHandle = (source: Source): source is OpenFile =>
  typeof source === 'object' && source !== null && 'fd' in source && 'stat' in source;

/** The path of a file; empty if a URL is not that of a file. */
function pathOf(source: string | URL): string {
  if (typeof source === 'string') return source;
  return source.protocol === 'file:' ? fileURLToPath(source) : '';
}

/** Whether several threads can read the source at once, and are worth it. */
const isLongFile = ({ bytes }: Opened): boolean =>
  isLong(bytes) && typeof bytes.origin === 'number';

/** With fewer bytes than this together, a thread that decodes ahead begins too late to help. */
const AHEAD_BYTES = 2 ** 27;

/** Whether a thread can decode all of these sources, and saves more than it costs. */
const areWorthAThread = (jobs: readonly AheadJob[]): boolean =>
  jobs.every(({ opened: { bytes } }) => typeof bytes.origin === 'number' && bytes.seek) &&
  jobs.reduce((sum, { opened: { length = 0 } }) => sum + length, 0) >= AHEAD_BYTES;

/** Loads a module of threads. Returns the reason if it cannot be loaded, or threads not started. */
async function forThreads<T>(threads: number, load: () => Promise<T>): Promise<T | string> {
  try {
    return reasonAgainstThreads(threads) ?? (await load());
  } catch (error) {
    return reasonOf(error);
  }
}

/** What Node adds: paths, zlib, zstd(1), and threads for long regular files. */
export const nodeHost: Host = {
  bytesOf(source, options) {
    if (typeof source === 'string' || source instanceof URL) {
      const path = pathOf(source);
      const { follow } = options;
      return isTrace(path)
        ? setSource(path, () => openTrace(path, follow))
        : fileSource(source, follow);
    }
    if (isFileHandle(source)) return handleSource(source, options.follow);
    return webHost.bytesOf(source, options);
  },
  inflaters: NODE_INFLATERS,
  quickerDecoder,
  async spool(source, signal) {
    // Loaded on demand: few sources have to be written down.
    const { spooled } = await import('./spool.ts');
    return spooled(source, signal);
  },
  // Loaded on demand: most files are short and need no threads.
  async decodeOnThreads(opened, options, quality) {
    if (!isLongFile(opened) || opened.schema.kind === 'aio_ring') return undefined;
    const load = () => import('./decode-on-threads.ts');
    const module = await forThreads(options.workers ?? 1, load);
    return typeof module === 'string' ? module : module.decodeOnThreads(opened, options, quality);
  },
  async readOnWorkers(opened, job) {
    const workers = workersOf(job.workers, availableParallelism());
    if (workers === 1 || !isLongFile(opened)) return { isRead: false, workersReason: null };
    const module = await forThreads(workers, () => import('./survey-on-threads.ts'));
    return typeof module === 'string'
      ? { isRead: false, workersReason: module }
      : module.surveyOnThreads(opened, { ...job, workers });
  },
  async decodeAhead(jobs, { workers, signal }) {
    if (workersOf(workers, availableParallelism()) === 1 || !areWorthAThread(jobs))
      return undefined;
    const load = async () => (await import('./decode-ahead.ts')).decodeAhead(jobs, signal);
    const thread = await forThreads(1, load);
    return typeof thread === 'string' ? undefined : thread;
  },
};
