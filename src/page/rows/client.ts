// Asks the rows worker; several asks may be under way.
import type { Progress } from '../../index.ts';
import type { RaceRow } from '../session.ts';
import { WorkerClient } from '../worker-client.ts';
import type { Answers, AskBody, Tell } from './messages.ts';

/** How an ask is watched and ended. */
interface Asking {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly onRow?: ((row: RaceRow) => void) | undefined;
}

/** A rows worker. */
export class RowsClient {
  readonly #client = new WorkerClient({
    start: () =>
      new Worker(new URL('../rows-worker.ts', import.meta.url), { type: 'module', name: 'rows' }),
    name: 'the worker that reads records',
    takesStop: true,
  });

  /** Asks the worker, as `WorkerClient.ask` does. */
  async ask<O extends AskBody['op']>(
    body: Extract<AskBody, { op: O }>,
    { signal, onProgress, onRow }: Asking = {},
  ): Promise<Answers[O]> {
    const onReply = (tell: Tell) => {
      if ('progress' in tell) onProgress?.(tell.progress);
      else if ('row' in tell) onRow?.(tell.row);
    };
    const last = await this.#client.ask(body, onReply, signal);
    return (last as Extract<Tell, { answer: unknown }>).answer as Answers[O];
  }

  /** Ends the worker; asks that wait reject. */
  close(): void {
    this.#client.end();
  }
}
