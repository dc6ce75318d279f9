// Asks a worker, one or several things at a time, and misses it once it no longer lives.
import { AioscopeError, type ErrorCode } from '../index.ts';
import { silenceOf, watchPulse } from './pulse.ts';

/** A reply of a worker; the fields of what it tells are the caller's. */
interface Reply {
  readonly id: number;
  readonly last?: true;
  readonly fault?: { readonly code?: string; readonly message: string };
}

/** One question that is not answered yet. */
interface Pending {
  readonly onReply: (reply: Reply) => void;
  readonly reject: (reason: unknown) => void;
}

/** How a worker is started, what errors call it, and what stops it. */
interface WorkerUse {
  readonly start: () => Worker;
  readonly name: string;
  /** Whether it takes word to stop one thing; otherwise it is ended, with all that it was asked. */
  readonly takesStop: boolean;
}

/** The error that a worker has sent. */
const errorOf = ({ code, message }: NonNullable<Reply['fault']>): Error =>
  code === undefined ? new Error(message) : new AioscopeError(code as ErrorCode, message);

/** A worker that is started by the first question, and again by the next one after it was ended. */
export class WorkerClient {
  readonly #use: WorkerUse;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #pulse: { stop(): void } | undefined;
  #next = 1;

  constructor(use: WorkerUse) {
    this.#use = use;
  }

  /**
   * Sends a question. Resolves to the last reply; `onReply` gets every other one. Rejects with the
   * signal's reason as soon as that fires, whatever the worker does, and with `AIOSCOPE_WORKER` if
   * the worker dies.
   */
  ask<R extends Reply>(
    question: object,
    onReply: (reply: R) => void = () => {},
    signal?: AbortSignal,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      signal?.throwIfAborted();
      const id = this.#next++;
      const worker = this.#started();
      const settle = () => {
        this.#pending.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (reason: unknown) => {
        settle();
        reject(reason);
      };
      const abort = () => {
        if (!this.#use.takesStop) return this.end(signal?.reason);
        worker.postMessage({ id, op: 'stop' });
        fail(signal?.reason);
      };
      const onLast = (reply: Reply) => {
        if (reply.fault !== undefined) return fail(errorOf(reply.fault));
        settle();
        resolve(reply as R);
      };
      this.#pending.set(id, {
        onReply: (reply) => (reply.last ? onLast(reply) : onReply(reply as R)),
        reject: fail,
      });
      signal?.addEventListener('abort', abort);
      worker.postMessage({ ...question, id });
    });
  }

  /** Ends the worker. What it was asked rejects with this reason. */
  end(reason: unknown = new DOMException('stopped', 'AbortError')): void {
    this.#pulse?.stop();
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of [...this.#pending.values()]) reject(reason);
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const { start, name } = this.#use;
    const worker = start();
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) =>
      this.#pending.get(data.id)?.onReply(data),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const why = event.message || 'it could not be started';
      if (this.#worker === worker)
        this.end(new AioscopeError('AIOSCOPE_WORKER', `${name}: ${why}`));
    });
    this.#worker = worker;
    this.#pulse = watchPulse(worker, () => this.end(silenceOf(name)));
    return worker;
  }
}
