// The reader's side of a decoding thread.
import { Worker } from 'node:worker_threads';
import { AioscopeError, reasonOf } from '../../errors.ts';
import { unlessAborted } from '../../stream/fault.ts';
import type { Chunk, DecodeShare } from './decode-share.ts';

/** Chunks of one thread that are being decoded or waiting to be taken. */
const CHUNKS_AHEAD = 2;

/** The first message of a thread: why it cannot read the file; null if it can. */
export interface Begun {
  readonly reason: string | null;
}

/** One thread, and the chunks that it has decoded. */
export class DecodeThread {
  readonly #worker: Worker;
  readonly #share: DecodeShare;
  readonly #chunks: Chunk[] = [];
  #failed: AioscopeError | undefined;
  #wake = () => {};
  #begin: (reason: string | null) => void = () => {};
  /** Resolves once the thread runs: to the reason if it cannot read the file, otherwise to null. */
  readonly begun = new Promise<string | null>((resolve) => {
    this.#begin = resolve;
  });

  constructor(share: DecodeShare, bufferBytes: number) {
    this.#share = share;
    const buffers = Array.from({ length: CHUNKS_AHEAD }, () => new ArrayBuffer(bufferBytes));
    this.#worker = new Worker(new URL('./decode-worker.js', import.meta.url), {
      workerData: share,
      // Options of the program, such as --input-type and --import, are not for this module.
      execArgv: [],
      name: 'aioscope',
    });
    this.#worker.on('message', (message: Begun | Chunk) => {
      if ('reason' in message) return this.#begin(message.reason);
      this.#chunks.push(message);
      this.#wake();
    });
    this.#worker.on('error', (error) => this.#fail(reasonOf(error)));
    this.#worker.on('exit', (code) => this.#fail(`its thread exited with ${code}`));
    for (const buffer of buffers) this.giveBack(buffer);
  }

  /** Returns the next chunk of this thread, which begins at `byteOffset`. */
  async take(byteOffset: number, signal: AbortSignal | undefined): Promise<Chunk> {
    while (this.#chunks.length === 0) {
      if (this.#failed !== undefined) {
        const { name } = this.#share;
        const message =
          `${name}: the worker that reads from byte ${byteOffset} on ended too early: ` +
          `${this.#failed.message}; every whole record before that was read`;
        throw new AioscopeError('AIOSCOPE_WORKER', message, { byteOffset });
      }
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await unlessAborted(woken, signal);
    }
    return this.#chunks.shift() as Chunk;
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
