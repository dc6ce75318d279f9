// The reader's side of a thread that decodes a file, or writes it as text, in chunks.
import type { Worker } from 'node:worker_threads';
import { AioscopeError, messageOf, reasonOf } from '../../errors.ts';
import { unlessAborted } from '../../stream/fault.ts';

/** Chunks of one thread that are being made or waiting to be taken. */
const CHUNKS_AHEAD = 2;

/** The first message of a thread: why it cannot read the file; null if it can. */
export interface Begun {
  readonly reason: string | null;
}

/** One thread, and the chunks that it has made of the file `name`. */
export class ChunkThread<C extends object> {
  readonly #worker: Worker;
  readonly #name: string;
  readonly #chunks: C[] = [];
  #failed: AioscopeError | undefined;
  #wake = () => {};
  #begin: (reason: string | null) => void = () => {};
  /** Resolves once the thread runs: to the reason if it cannot read the file, otherwise to null. */
  readonly begun = new Promise<string | null>((resolve) => {
    this.#begin = resolve;
  });

  constructor(worker: Worker, name: string, bufferBytes: number) {
    this.#worker = worker;
    this.#name = name;
    const buffers = Array.from({ length: CHUNKS_AHEAD }, () => new ArrayBuffer(bufferBytes));
    this.#worker.on('message', (message: Begun | C) => {
      if ('reason' in message) return this.#begin(message.reason);
      this.#chunks.push(message);
      this.#wake();
    });
    this.#worker.on('error', (error) => this.#fail(reasonOf(error)));
    this.#worker.on('exit', (code) => this.#fail(`its thread exited with ${code}`));
    for (const buffer of buffers) this.giveBack(buffer);
  }

  /** Returns the next chunk of this thread, which begins at `byteOffset`. */
  async take(byteOffset: number, signal: AbortSignal | undefined): Promise<C> {
    while (this.#chunks.length === 0) {
      if (this.#failed !== undefined) {
        const message =
          `${this.#name}: the worker that reads from byte ${byteOffset} on ended too early: ` +
          `${this.#failed.message}; every whole record before that was read`;
        throw new AioscopeError('AIOSCOPE_WORKER', message, { byteOffset });
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await unlessAborted(woken, signal);
    }
    return this.#chunks.shift() as C;
  }

  /** Sends the thread a buffer to fill. */
  giveBack(buffer: ArrayBuffer): void {
    this.#worker.postMessage(buffer, [buffer]);
  }

  end(): Promise<number> {
    return this.#worker.terminate();
  }

  #fail(reason: string): void {
    this.#failed ??= new AioscopeError('AIOSCOPE_WORKER', reason);
    this.#begin(reason);
    this.#wake();
  }
}

/**
 * Starts threads, one after another. Returns the reason if one of them cannot read the file, or the
 * signal fires before all can: they are ended then.
 */
export async function startThreads<C extends object>(
  start: Generator<ChunkThread<C>>,
  signal: AbortSignal | undefined,
): Promise<readonly ChunkThread<C>[] | string> {
  const threads: ChunkThread<C>[] = [];
  let reason: string | undefined;
  try {
    for (const thread of start) threads.push(thread);
    const begun = Promise.all(threads.map((thread) => thread.begun));
    reason = (await unlessAborted(begun, signal)).find((each) => each !== null) ?? undefined;
  } catch (error) {
    reason = messageOf(error);
  }
  if (reason === undefined) return threads;
  await Promise.all(threads.map((thread) => thread.end()));
  return reason;
}
