// A web worker that is started again if it falls silent.
import type { Progress } from '../../stream/options.ts';
import type { Workers } from '../workers/pool.ts';
import type { Reply, Share } from '../workers/share.ts';
import { webWorkers } from './start-worker.ts';

/** A worker reports every read, so that one that says nothing for this long does not read. */
const SILENT_MS = 10_000;

/** A worker that falls silent more often reads nothing: the disk or the browser is at fault. */
const RESTARTS_MAX = 2;

const NOTHING: Progress = { bytes: 0, records: 0, totalBytes: undefined };

const add = (a: Progress, b: Progress): Progress => ({
  bytes: a.bytes + b.bytes,
  records: a.records + b.records,
  totalBytes: b.totalBytes,
});

/**
 * Starts a worker, and another one for the ranges that are left if the worker is silent. Browsers
 * may kill a worker, or never resume its read, without an event.
 */
export function startWatched(
  start: Workers['start'],
  share: Share,
  onReply: (reply: Reply) => void,
  onExit: (reason: string) => void,
  silentMs = SILENT_MS,
): () => unknown {
  /** The progress of finished ranges, of this worker and of those before it. */
  let done = NOTHING;
  /** That of the current worker, which begins at 0. */
  let current = NOTHING;
  let before = NOTHING;
  let left = share;
  let restarts = 0;
  let stop: () => unknown = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = () => {
    stop();
    if (restarts === RESTARTS_MAX) onExit(`the worker was silent for ${silentMs / 1000} s`);
    else {
      restarts += 1;
      run();
    }
  };
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(silent, silentMs);
  };
  const hear = (reply: Reply) => {
    if (reply.type === 'done' || reply.type === 'failed') clearTimeout(timer);
    else watch();
    if (reply.type === 'progress') {
      current = add(before, reply.progress);
      onReply({ type: 'progress', progress: current });
      return;
    }
    if (reply.type === 'found' && left.cut !== undefined) {
      const { cut } = left;
      left = { ...left, cut: { ...cut, first: reply.index + cut.step } };
      // What is silent now and then, as while a laptop sleeps, does read.
      restarts = 0;
      done = current;
    }
    onReply(reply);
  };
  const run = () => {
    before = done;
    current = done;
    watch();
    stop = start(left, hear, (reason) => {
      clearTimeout(timer);
      onExit(reason);
    });
  };
  run();
  return () => {
    clearTimeout(timer);
    return stop();
  };
}

/** Web workers that are watched. */
export const watchedWorkers: Workers = {
  start: (share, onReply, onExit) => startWatched(webWorkers.start, share, onReply, onExit),
  here: webWorkers.here,
};
