// Several workers that read one source, each its own ranges.
import type { SummarizeOptions } from '../../analysis/summary/summarize.ts';
import type { SummaryState } from '../../analysis/summary/summary.ts';
import { AioscopeError } from '../../errors.ts';
import type { Schema } from '../../layout/schema.ts';
import { isRelative, resolveConditions } from '../../layout/where.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Progress, ReadOptions } from '../../stream/options.ts';
import { type ByteRange, type Cut, errorOf, type Reply, type Share } from './share.ts';

/**
 * Starts a worker on a share. Replies go to `onReply`; `onExit` is called if the worker exits
 * before its last reply. Returns a function that stops the worker and waits until it has exited.
 */
export type StartWorker = (
  share: Share,
  onReply: (reply: Reply) => void,
  onExit: (reason: string) => void,
) => () => unknown;

/** Bytes per range: small enough that a slow worker simply takes fewer ranges. */
const RANGE_BYTES = 2 ** 26;

/** Whether ranges are independent: not those of a ring, nor with times since the first record. */
const areIndependent = (schema: Schema, options: SummarizeOptions): boolean =>
  schema.kind !== 'aio_ring' && !isRelative(resolveConditions(options, schema));

/** Divides a source among workers; an empty list if its ranges depend on each other. */
export function sharesOf(
  { bytes, schema, name: path }: Opened,
  options: SummarizeOptions,
  workers: number,
  claims?: Int32Array,
): Share[] {
  const { origin, byteLength } = bytes;
  if (origin === undefined || byteLength === undefined || !areIndependent(schema, options))
    return [];
  const { engine, name, where, from, to } = options;
  const { kind, endian, layout } = schema;
  const rangeBytes = Math.floor(RANGE_BYTES / schema.stride) * schema.stride;
  const step = Math.min(workers, Math.ceil(byteLength / rangeBytes));
  const given = { kind, endian, layout: layout.text, engine, name, where, from, to } as const;
  const cut = (first: number): Cut => ({ byteLength, rangeBytes, first, step, claims });
  return Array.from({ length: step }, (_, first) => ({
    origin,
    name: path,
    cut: cut(first),
    options: given,
  }));
}

/** The workers of one source, and what they have reported so far. */
class WorkerPool {
  readonly #totalBytes: number | undefined;
  readonly #onProgress: ReadOptions['onProgress'];
  readonly #ranges: (ByteRange | undefined)[] = [];
  readonly #progress: Progress[] = [];

  constructor(totalBytes: number | undefined, onProgress: ReadOptions['onProgress']) {
    this.#totalBytes = totalBytes;
    this.#onProgress = onProgress;
  }

  begins(worker: number, range: ByteRange): void {
    this.#ranges[worker] = range;
  }

  update(worker: number, progress: Progress): void {
    this.#progress[worker] = progress;
    let [bytes, records] = [0, 0];
    for (const each of this.#progress) {
      bytes += each?.bytes ?? 0;
      records += each?.records ?? 0;
    }
    this.#onProgress?.({ bytes, records, totalBytes: this.#totalBytes ?? progress.totalBytes });
  }

  /** The error of a worker that ended without its last reply. */
  exitError({ name, cut }: Share, worker: number, reason: string): AioscopeError {
    const range = this.#ranges[worker];
    const which =
      range === undefined
        ? 'a worker ended before it had read anything'
        : `the worker that read bytes ${range.begin} to ${range.end} ended too early`;
    const advice =
      cut === undefined
        ? ''
        : '; the file has no result: read it again, or with 1 worker, which is the calling thread';
    const message = `${name}: ${which}: ${reason}${advice}`;
    return new AioscopeError('AIOSCOPE_WORKER', message, { byteOffset: range?.begin ?? 0 });
  }
}

/** Runs one worker per share and returns their states. If one fails, the others are stopped. */
export function runOnWorkers(
  shares: readonly Share[],
  startWorker: StartWorker,
  { signal, onProgress }: ReadOptions,
): Promise<SummaryState[]> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const pool = new WorkerPool(shares[0].cut?.byteLength, onProgress);
    const states: SummaryState[] = [];
    const stops: (() => unknown)[] = [];
    let running = shares.length;
    const end = () => {
      signal?.removeEventListener('abort', abort);
      return Promise.allSettled(stops.map((stop) => stop()));
    };
    const fail = (error: unknown) => end().then(() => reject(error));
    const abort = () => fail(signal?.reason);
    const take = (worker: number, reply: Reply) => {
      if (reply.type === 'range') return pool.begins(worker, reply.range);
      if (reply.type === 'progress') return pool.update(worker, reply.progress);
      if (reply.type === 'failed') return fail(errorOf(reply.fault));
      states.push(...reply.states);
      running -= 1;
      if (running === 0) end().then(() => resolve(states));
    };
    signal?.addEventListener('abort', abort);
    try {
      shares.forEach((share, worker) => {
        const onReply = (reply: Reply) => {
          try {
            take(worker, reply);
          } catch (error) {
            fail(error);
          }
        };
        const onExit = (reason: string) => fail(pool.exitError(share, worker, reason));
        stops.push(startWorker(share, onReply, onExit));
      });
    } catch (error) {
      fail(error);
    }
  });
}
