// The page's side of a rows worker.
import { AioscopeError, type ErrorCode, type Progress } from '../../index.ts';
import { silenceOf, watchPulse } from '../pulse.ts';
import type { RaceRow } from '../session.ts';
import { ABORTED, type Answers, type AskBody, type Tell } from './messages.ts';

/** How an ask is watched and ended. */
export interface Asking {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onRow?: ((row: RaceRow) => void) | undefined;
}

type Waiting = Asking & {
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
};

const newWorker = (): Worker =>
  new Worker(new URL('../rows-worker.ts', import.meta.url), { type: 'module', name: 'rows' });

const failure = (reason: string) =>
  new AioscopeError('AIOSCOPE_WORKER', `the worker that reads records: ${reason}`);

/** A rows worker, started by the first ask, and again after it died. */
export class RowsClient {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #pulse: { stop(): void } | undefined;
  #next = 0;

  /**
   * Asks the worker. Rejects with the signal's reason at once when that fires, whatever the worker
   * does, and with `AIOSCOPE_WORKER` if it dies.
   */
  ask<O extends AskBody['op']>(
    body: Extract<AskBody, { op: O }>,
    asking: Asking = {},
  ): Promise<Answers[O]> {
    const { signal } = asking;
    signal?.throwIfAborted();
    const id = this.#next++;
    const worker = (this.#worker ??= this.#start());
    return new Promise<Answers[O]>((resolve, reject) => {
      const stop = () => {
        worker.postMessage({ id, op: 'stop' });
        this.#waiting.delete(id);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
      const ended = <T>(then: (value: T) => void) => {
        return (value: T) => {
          signal?.removeEventListener('abort', stop);
          then(value);
        };
      };
      const waiting = { ...asking, resolve: ended(resolve), reject: ended(reject) };
      this.#waiting.set(id, waiting as Waiting);
      worker.postMessage({ ...body, id });
    });
  }

  /** Ends the worker; asks that wait reject. */
  close(): void {
    this.#end(failure('it was closed'));
  }

  #start(): Worker {
    const worker = newWorker();
    worker.addEventListener('message', ({ data }: MessageEvent<Tell>) => this.#take(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker === worker) this.#end(failure(event.message || 'it could not be started'));
    });
    this.#pulse = watchPulse(worker, () => this.#end(silenceOf('the worker that reads records')));
    return worker;
  }

  #end(error: AioscopeError): void {
    this.#pulse?.stop();
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(tell: Tell): void {
    const waiting = this.#waiting.get(tell.id);
    if (waiting === undefined) return;
    if ('progress' in tell) waiting.onProgress?.(tell.progress);
    else if ('row' in tell) waiting.onRow?.(tell.row);
    else {
      this.#waiting.delete(tell.id);
      if ('answer' in tell) waiting.resolve(tell.answer as never);
      else {
        const { code, message } = tell.fault;
        const reason = code === ABORTED ? waiting.signal?.reason : undefined;
        waiting.reject(reason ?? new AioscopeError(code as ErrorCode, message));
      }
    }
  }
}
