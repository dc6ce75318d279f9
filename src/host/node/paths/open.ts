import type { Kind } from '../../../layout/schema.ts';
import { type OpenOptions, open as openSource, type RecordReader } from '../../../stream/reader.ts';
import { checkWorkers } from '../../workers/pool.ts';
import type { WorkersOption } from '../summarize.ts';
import { ThreadedReader } from '../threaded-reader.ts';
import { type FollowOption, type NodeSource, resolve } from './source.ts';

/**
 * Read a source in batches of columns: `for await (const batch of open('dump.ioev', { kind: 'io_event' }))`. Memory is
 * bounded whatever the size of the source. A path is opened when the iteration begins.
 *
 * With `workers` of 2 or more a regular file of 256 MiB and more is decoded on that many threads beside this one, and the
 * batches come in the order of the file: for consumers that keep a core busy themselves. Decoding alone is faster without,
 * and where records are selected it is done without.
 *
 * @throws AioscopeError at once for options that make no sense; while iterating `AIOSCOPE_READ` when the source cannot be
 *   opened or fails and `AIOSCOPE_SHRANK` when a file is cut while it is read, both after every whole record before that
 *   has been yielded; `AIOSCOPE_RING` where a ring image is none; `AIOSCOPE_WORKER` when a thread dies
 */
export function open<K extends Kind>(
  source: NodeSource,
  options: OpenOptions & FollowOption & WorkersOption & { readonly kind: K },
): RecordReader<K> {
  const workers = checkWorkers(options.workers ?? 1);
  const isPath = (typeof source === 'string' || source instanceof URL) && source !== '-';
  const isSelecting = [options.where, options.from, options.to].some(
    (option) => option !== undefined,
  );
  if (workers === 1 || !isPath || isSelecting || options.follow !== undefined)
    return openSource(...resolve(source, options));
  return new ThreadedReader(
    source,
    () => resolve(source, options)[0],
    { ...options, compression: 'none' },
    workers,
  );
}
