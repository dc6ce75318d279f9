// A thread that reads and decodes both streams of a match, while the calling thread matches.
import type { BlockReader } from '../../stream/block-reader.ts';
import { currentHost, type ThreadAhead } from '../../stream/host.ts';
import type { Clocks } from './clocks.ts';
import type { InputStream } from './input-stream.ts';
import type { MatchOptions } from './options.ts';

/** The thread of a match, if there is one. */
export class Ahead {
  readonly #readers: readonly BlockReader[];
  readonly #options: MatchOptions;
  #thread: ThreadAhead | undefined;

  private constructor(readers: readonly BlockReader[], options: MatchOptions) {
    this.#readers = readers;
    this.#options = options;
  }

  /** Starts it, unless the times of completions have to be known to convert them. */
  static async start(
    readers: readonly BlockReader[],
    options: MatchOptions,
    clocks: Clocks | undefined,
  ): Promise<Ahead> {
    const ahead = new Ahead(readers, options);
    if (clocks?.isAuto !== true) await ahead.#start();
    return ahead;
  }

  async #start(): Promise<void> {
    const jobs = this.#readers.map((reader) => reader.aheadJob);
    this.#thread = await currentHost().decodeAhead?.(jobs, this.#options);
  }

  /** Has the streams take its blocks. Their first blocks are loaded, and their times settled. */
  async feed(streams: readonly InputStream[], clocks: Clocks | undefined): Promise<void> {
    if (clocks?.isAuto === true) await this.#start();
    for (const [i, stream] of streams.entries()) {
      const blocks = this.#thread?.sources[i];
      if (blocks !== undefined) stream.decodeAhead(blocks);
    }
  }

  /** Ends it: before the files are closed, whose descriptors it reads. */
  async end(): Promise<void> {
    await this.#thread?.end();
  }
}
