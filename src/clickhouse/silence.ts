// How long a node may be silent: the time in which it waits for a source does not count.
/** Bytes that are sent without a look at the clock. */
const PIECE_BYTES = 2 ** 18;

/** Fires its signal when a node has been silent for too long. */
export class SilenceTimer {
  readonly #controller = new AbortController();
  readonly #limitMs: number;
  #timer: NodeJS.Timeout | undefined;
  #pausedAt: number | undefined;
  #isClosed = false;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
    this.restart();
  }

  /** Fires when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How long a source has been waited for, in ms; 0 if the node is waited for. */
  get pausedMs(): number {
    return this.#pausedAt === undefined ? 0 : Date.now() - this.#pausedAt;
  }

  /** Begins to wait for the node. */
  restart(): void {
    clearTimeout(this.#timer);
    this.#pausedAt = undefined;
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#controller.abort(), this.#limitMs);
  }

  /** Begins to wait for a source. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#pausedAt = Date.now();
  }

  /** The request has ended. A source may still wait, and restart has no effect any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
  }
}

/**
 * The same bytes, with the timer paused while their source is waited for. `onError` gets what the
 * source throws, but not the error by which the reader of these bytes ends them.
 */
export async function* withSourceError(
  blocks: AsyncIterable<Uint8Array>,
  timer: SilenceTimer,
  onError: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, void> {
  const source = blocks[Symbol.asyncIterator]();
  const next = async () => {
    timer.pause();
    try {
      return await source.next();
    } catch (error) {
      onError(error);
      throw error;
    } finally {
      timer.restart();
    }
  };
  try {
    for (let step = await next(); !step.done; step = await next())
      for (let at = 0; at < step.value.byteLength; at += PIECE_BYTES) {
        yield step.value.subarray(at, at + PIECE_BYTES);
        timer.restart();
      }
  } finally {
    await source.return?.();
  }
}
