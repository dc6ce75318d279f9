// Asks a worker, and stops it by ending it: whatever it reads, it stops at once.
import { AioscopeError } from '../index.ts';
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

/** The error that a worker has sent. */
const errorOf = ({ code, message }: NonNullable<Reply['fault']>): Error =>
  code === undefined
    ? new Error(message)
    : new AioscopeError(code as ConstructorParameters<typeof AioscopeError>[0], message);

/** A worker that is started by the first question, and again by the next one after it was ended. */
export class WorkerClient {
  readonly #start: () => Worker;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #pulse: { stop(): void } | undefined;
  #next = 1;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  /**
   * Sends a question. Resolves to the last reply; `onReply` gets every other one. When the signal
   * fires, the worker is ended, with all that it has been asked.
   */
  ask<R extends Reply>(
    question: object,
    onReply: (reply: R) => void = () => {},
    signal?: AbortSignal,
  ): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      signal?.throwIfAborted();
      const id = this.#next++;
      const abort = () => this.end(signal?.reason);
      const settle = () => {
        this.#pending.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      this.#pending.set(id, {
        onReply: (reply) => {
          if (!reply.last) return onReply(reply as R);
          settle();
          if (reply.fault === undefined) resolve(reply as R);
          else reject(errorOf(reply.fault));
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      });
      signal?.addEventListener('abort', abort);
      this.#started().postMessage({ id, ...question });
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
    const worker = this.#start();
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) =>
      this.#pending.get(data.id)?.onReply(data),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker === worker)
        this.end(new Error(event.message || 'the worker of the page could not be started'));
    });
    this.#worker = worker;
    this.#pulse = watchPulse(worker, () => this.end(silenceOf('the worker that analyzes files')));
    return worker;
  }
}
