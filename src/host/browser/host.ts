// What a page adds to web standards: workers for long files.
import { closeQuietly } from '../../stream/fault.ts';
import { type Host, isLong, type Job, type WorkersRead, webHost } from '../../stream/host.ts';
import { Opened } from '../../stream/open-source.ts';
import { workersOf } from '../../stream/options.ts';
import { OVERFLOWED, runOnWorkers } from '../workers/pool.ts';
import type { Share } from '../workers/share.ts';
import { sharesOf } from '../workers/shares.ts';
import { watchedWorkers } from './watched-worker.ts';

/** With fewer bytes than this, a worker whose results grow is not worth its start. */
const GROWING_BYTES = 2 ** 25;

/** Nor are several for a part of a source, whose results nobody watches growing. */
const WINDOW_BYTES = 2 ** 27;

/**
 * The browser reads a file in one process, which more workers hardly make faster, and each costs
 * memory: of 10 GiB, eight took 434 MB at their peak, four 349 MB.
 */
const WORKERS_MAX = 4;

const NOT_READ = { isRead: false, workersReason: null } as const;

/** Surveys a long blob or file of a server on web workers. */
async function readOnWorkers(
  opened: Opened,
  { parts, options, workers: wanted, window, grows, ...reading }: Job,
): Promise<WorkersRead> {
  const { byteLength = 0, origin } = opened.bytes;
  const isWorthIt =
    window === undefined
      ? isLong(opened.bytes) || (grows === true && byteLength >= GROWING_BYTES)
      : window.end - window.begin >= WINDOW_BYTES;
  const cores = Math.min(WORKERS_MAX, globalThis.navigator?.hardwareConcurrency ?? 1);
  if (!isWorthIt || typeof origin !== 'object') return NOT_READ;
  let shares: Share[];
  try {
    const workers = workersOf(wanted, cores);
    const job = { parts: parts as Share['parts'], options, workers, window, grows };
    shares = sharesOf(opened, job);
  } catch (error) {
    await closeQuietly(opened);
    throw error;
  }
  if (shares.length === 0) return NOT_READ;
  const bytes = opened.take();
  const workersReason = await runOnWorkers(shares, watchedWorkers, reading);
  if (reading.isExact()) {
    await bytes.close();
    return { isRead: true, workersReason };
  }
  const rest = new Opened(bytes, opened.schema, opened);
  return { isRead: false, rest, workersReason: OVERFLOWED };
}

/** The host of a page and of its workers. */
export const pageHost: Host = { ...webHost, readOnWorkers };
