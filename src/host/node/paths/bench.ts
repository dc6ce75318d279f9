import type { CompressionOption } from '../../../stream/compression.ts';
import type { BenchOptions, BenchReport } from '../bench.ts';
import { type NodeSource, resolve } from './source.ts';

/**
 * Measure how fast the records of a source are decoded here, or made-up ones where the source is undefined: each engine at
 * each task, beside loops in plain JavaScript and a plain copy, all checked to agree beforehand. Takes about ten seconds and
 * 300 MB, and blocks the thread meanwhile. Up to 64 MiB of the source are kept in memory; a regular file is also read and
 * summarized, up to 128 MiB of it. Where it is the first thing that a process does, `cold` is what first calls cost.
 *
 * @throws as `open` does while iterating; AioscopeError `AIOSCOPE_OPTION`, `AIOSCOPE_UNKNOWN` where no kind is given and none
 *   is recognized, `AIOSCOPE_SOURCE` where there is no whole record, and `AIOSCOPE_DISAGREEMENT` where two ways to do a task
 *   differ: then nothing of it is timed
 */
export async function bench(
  source?: NodeSource,
  options: BenchOptions & { readonly compression?: CompressionOption | undefined } = {},
): Promise<BenchReport> {
  // Other programs need not load it.
  const { benchSource } = await import('../bench.ts');
  if (source === undefined) return benchSource(undefined, options);
  const [bytes, given] = resolve(source, options);
  return benchSource(bytes, given);
}
