import type { CompressionOption } from '../../../stream/compression.ts';
import type { BenchOptions, BenchReport } from '../bench.ts';
import { type NodeSource, resolve } from './source.ts';

/**
 * Measures how fast the records of a source are decoded on this machine, or generated records if
 * the source is undefined: each engine at each task, loops in plain JavaScript, and a plain copy.
 * All are first checked to agree. Takes about ten seconds and 300 MB, and blocks the thread. Keeps
 * up to 64 MiB of the source in memory; a regular file is also read and summarized, up to 128 MiB
 * of it. `cold` has the cost of first calls if `bench` is the first thing that a process does.
 *
 * @throws as `open` does while iterating; AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_UNKNOWN` if no
 *   kind is given and none is recognized, `AIOSCOPE_SOURCE` if there is no whole record, and
 *   `AIOSCOPE_DISAGREEMENT` if two ways to do a task differ: then nothing is timed
 */
export async function bench(
  source?: NodeSource,
  options: BenchOptions & { readonly compression?: CompressionOption | undefined } = {},
): Promise<BenchReport> {
  // Loaded on demand, since most programs do not need it.
  const { benchSource } = await import('../bench.ts');
  if (source === undefined) return benchSource(undefined, options);
  const [bytes, given] = resolve(source, options);
  return benchSource(bytes, given);
}
