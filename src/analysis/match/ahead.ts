// A thread that reads and decodes both streams of a match, while the calling thread matches.
import type { BlockReader } from '../../stream/block-reader.ts';
import { currentHost, type ThreadAhead } from '../../stream/host.ts';
import type { InputStream } from './input-stream.ts';
import type { MatchOptions } from './options.ts';

/** Starts the thread, if it is worth it. The conversion of times has to be known. */
export const startAhead = (
  readers: readonly BlockReader[],
  options: MatchOptions,
): Promise<ThreadAhead | undefined> | undefined =>
  currentHost().decodeAhead?.(
    readers.map((reader) => reader.aheadJob),
    options,
  );

/** Has streams take the blocks of the thread. Their first blocks are loaded. */
export function takeAhead(streams: readonly InputStream[], thread: ThreadAhead | undefined): void {
  for (const [i, stream] of streams.entries()) stream.ahead = thread?.sources[i];
}
