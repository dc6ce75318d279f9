import type { SummarizeOptions } from '../../../analysis/summary/summarize.ts';
import type { Summary } from '../../../analysis/summary/summary.ts';
import { summarizeOnThreads, type WorkersOption } from '../summarize.ts';
import { type FollowOption, type NodeSource, resolve } from './source.ts';

/**
 * Count every record of a source: minimum, maximum and sum of every column, and what its kind has besides. One pass,
 * memory bounded whatever the size. A regular file of 256 MiB and more is shared out over worker threads.
 *
 * @throws as `open` does, and `AIOSCOPE_WORKER` when a thread dies. Of a source that fails nothing is reported: a partial sum would look like a whole one.
 */
export function summarize(
  source: NodeSource,
  options: SummarizeOptions & FollowOption & WorkersOption = {},
): Promise<Summary> {
  return summarizeOnThreads(...resolve(source, options));
}
