// Several workers that read one source, each its own ranges.
import { AioscopeError, messageOf } from '../../errors.ts';
import type { Job } from '../../stream/host.ts';
import type { Progress, ReadOptions } from '../../stream/options.ts';
import { type ByteRange, errorOf, type Reply, type Share } from './share.ts';

/**
 * Starts a worker on a share. Replies go to `onReply`; `onExit` is called if the worker exits
 * before its last reply. Returns a function that stops the worker and waits until it has exited.
 */
export type StartWorker = (
  share: Share,
  onReply: (reply: Reply) => void,
  onExit: (reason: string) => void,
) => () => unknown;

/** How a host does shares. */
export interface Workers {
  readonly start: StartWorker;
  /** Does a share on the calling thread, until the signal fires. */
  readonly here: (
    share: Share,
    onReply: (reply: Reply) => void,
    signal: AbortSignal,
  ) => Promise<void>;
}

/** Why one thread reads again what several have read. */
export const OVERFLOWED = 'a table overflowed, and the tables of ranges then do not add up to it';

/** What to do with the states of the parts for one range after the other, in their order. */
type TakeStates = (states: readonly unknown[]) => void;

/** How many ranges the shares of a source have together. */
const rangesOf = ({ cut }: Share): number => cut?.ends.length ?? 1;

/** The workers of one source, and what they have reported so far. */
class WorkerPool {
  readonly #shares: readonly Share[];
  readonly #workers: Workers;
  readonly #onProgress: ReadOptions['onProgress'];
  readonly #end: (error?: unknown) => void;
  readonly #ranges: (ByteRange | undefined)[] = [];
  readonly #progress: Progress[] = [];
  readonly #takeStates: TakeStates;
  /** States by range that came before those of an earlier range. */
  readonly #early = new Map<number, readonly unknown[]>();
  #next = 0;
  readonly #stops: (() => unknown)[] = [];
  readonly #ending = new AbortController();
  #workersReason: string | null = null;
  /** Shares and ranges that are not done. */
  #running: number;
  #missing: number;
  /** The shares that the calling thread does, one after another. */
  #here = Promise.resolve();

  /** `end` is called with the first error, or without one when everything is read. */
  constructor(
    shares: readonly Share[],
    workers: Workers,
    { onProgress, take }: Pick<Job, 'onProgress' | 'take'>,
    end: (error?: unknown) => void,
  ) {
    this.#shares = shares;
    this.#workers = workers;
    this.#onProgress = onProgress;
    this.#takeStates = take;
    this.#end = end;
    this.#running = shares.length;
    this.#missing = rangesOf(shares[0]);
  }

  /** Starts a worker per share. */
  start(): void {
    for (const worker of this.#shares.keys()) this.#start(worker);
  }

  /** Why the calling thread did the share of a worker; null if it did not have to. */
  get workersReason(): string | null {
    return this.#workersReason;
  }

  /** Stops every worker. */
  stop(): Promise<unknown> {
    this.#ending.abort();
    return Promise.allSettled(this.#stops.map((stop) => stop()));
  }

  #start(worker: number): void {
    let isLost = false;
    let stop: () => unknown = () => {};
    const lose = (reason: string) => {
      if (isLost) return;
      isLost = true;
      stop();
      this.#lose(worker, reason);
    };
    const onReply = (reply: Reply) => {
      if (reply.type === 'unable') lose(reply.reason);
      else if (!isLost) this.#take(worker, reply);
    };
    try {
      stop = this.#workers.start(this.#shares[worker], onReply, lose);
      this.#stops.push(stop);
    } catch (error) {
      lose(messageOf(error));
    }
  }

  /** Does the share of a worker that has reported nothing; otherwise its ranges are lost. */
  #lose(worker: number, reason: string): void {
    if (this.#ending.signal.aborted) return;
    if (this.#ranges[worker] !== undefined || this.#progress[worker] !== undefined) {
      this.#end(this.#lost(this.#ranges[worker], reason));
      return;
    }
    this.#workersReason ??= reason;
    const onReply = (reply: Reply) => this.#take(worker, reply);
    const share = this.#shares[worker];
    this.#here = this.#here
      .then(() => this.#workers.here(share, onReply, this.#ending.signal))
      .catch(this.#end);
  }

  #take(worker: number, reply: Reply): void {
    if (this.#ending.signal.aborted) return;
    try {
      if (reply.type === 'range') this.#ranges[worker] = reply.range;
      else if (reply.type === 'progress') this.#update(worker, reply.progress);
      else if (reply.type === 'failed') this.#end(errorOf(reply.fault));
      else if (reply.type === 'found') this.#found(reply.index, reply.states);
      else if (reply.type === 'done') this.#finish();
    } catch (error) {
      this.#end(error);
    }
  }

  /** Hands on what was found in a range, and in those after it that came before. */
  #found(index: number, states: readonly unknown[]): void {
    this.#early.set(index, states);
    for (let next = this.#early.get(this.#next); next !== undefined; ) {
      this.#early.delete(this.#next);
      this.#takeStates(next);
      this.#next += 1;
      next = this.#early.get(this.#next);
    }
    this.#missing -= 1;
  }

  /** Ends a share. Workers that have not begun when all is read are not waited for. */
  #finish(): void {
    this.#running -= 1;
    if (this.#missing === 0) this.#end();
    else if (this.#running === 0) this.#end(this.#lost());
  }

  #update(worker: number, progress: Progress): void {
    this.#progress[worker] = progress;
    let [bytes, records] = [0, 0];
    for (const each of this.#progress) {
      bytes += each?.bytes ?? 0;
      records += each?.records ?? 0;
    }
    const { cut } = this.#shares[0];
    const totalBytes = cut ? cut.ends[cut.ends.length - 1] - cut.begin : progress.totalBytes;
    this.#onProgress?.({ bytes, records, totalBytes });
  }

  /** The error of a worker that ended without its last reply; its range may be unknown. */
  #lost(range?: ByteRange, reason = 'a worker ended too early'): AioscopeError {
    const { name, cut } = this.#shares[0];
    const which =
      range === undefined
        ? 'a range was not read'
        : `the worker that read bytes ${range.begin} to ${range.end} ended too early`;
    const advice =
      cut === undefined
        ? ''
        : '; the file has no result: read it again, or with 1 worker, which is the calling thread';
    const message = `${name}: ${which}: ${reason}${advice}`;
    return new AioscopeError('AIOSCOPE_WORKER', message, { byteOffset: range?.begin ?? 0 });
  }
}

/**
 * Runs one worker per share. The calling thread does the share of a worker that could not begin; if
 * any other fails, all are stopped. Returns why the calling thread had to, or null.
 */
export function runOnWorkers(
  shares: readonly Share[],
  workers: Workers,
  { signal, onProgress, take }: Pick<Job, 'signal' | 'onProgress' | 'take'>,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = (error?: unknown) => {
      signal?.removeEventListener('abort', abort);
      pool.stop().then(() => (error === undefined ? resolve(pool.workersReason) : reject(error)));
    };
    const abort = () => end(signal?.reason);
    signal?.addEventListener('abort', abort);
    const pool = new WorkerPool(shares, workers, { onProgress, take }, end);
    pool.start();
  });
}
