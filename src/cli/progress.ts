import type { Progress } from '../node.ts';
import { formatBytes } from '../words/format.ts';
import { visible } from './terminal-text.ts';

/** Work shorter than this gets no bar (ms). */
const PATIENCE_MS = 1000;
const REDRAW_MS = 100;

/** A progress bar on standard error: only on a terminal, and only for work that takes a while. */
export class ProgressBar {
  readonly #begun = performance.now();
  readonly #file: string;
  #drawn = 0;
  #bar: import('cli-progress').SingleBar | undefined;
  #loading: Promise<void> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The `onProgress` of a reader. */
  readonly update = (progress: Progress): void => {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#begun < PATIENCE_MS || now - this.#drawn < REDRAW_MS)
      return;
    this.#drawn = now;
    this.#loading ??= this.#load(progress);
    const rate = progress.bytes / ((now - this.#begun) / 1000);
    this.#bar?.update(progress.bytes, {
      done: formatBytes(progress.bytes),
      rate: `${formatBytes(Math.round(rate))}/s`,
    });
  };

  /** Removes the bar. */
  async stop(): Promise<void> {
    await this.#loading;
    this.#bar?.stop();
  }

  async #load({ totalBytes }: Progress): Promise<void> {
    const { SingleBar } = (await import('cli-progress')).default;
    const shape =
      totalBytes === undefined
        ? '{done} · {rate}'
        : '{bar} {percentage} % · {done} · {rate} · {eta_formatted} left';
    this.#bar = new SingleBar({
      format: `{file} ${shape}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    });
    this.#bar.start(totalBytes ?? 0, 0, { file: visible(this.#file), done: '0 B', rate: '' });
  }
}

/** Runs `work` with a progress bar named `file`, and removes the bar when the work ends. */
export async function withProgress<T>(
  file: string,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const bar = new ProgressBar(file);
  try {
    return await work(bar.update);
  } finally {
    await bar.stop();
  }
}
