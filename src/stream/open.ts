import type { Kind } from '../layout/schema.ts';
import type { Opened } from './open-source.ts';
import type { OpenOptions } from './options.ts';
import { RecordReader } from './reader.ts';
import type { Source } from './source.ts';

/**
 * Reads a source in batches of columns: `for await (const batch of open('dump.ioev', { kind:
 * 'io_event' }))`. The source is opened when the iteration begins. Memory does not depend on its
 * size: about 1 MiB for its bytes, and one batch of columns.
 *
 * Under Node, `workers` of 2 or more decode a regular file of 256 MiB or more on that many threads
 * besides the calling one, and batches are yielded in the order of the file: for consumers that
 * keep a core busy themselves. Decoding alone is faster without them. Ring images, compressed
 * sources and readers with conditions are decoded on the calling thread.
 *
 * @throws AioscopeError at once for invalid options; while iterating `AIOSCOPE_READ` if the source
 *   cannot be opened or fails and `AIOSCOPE_SHRANK` if a file is truncated while it is read, both
 *   after every whole record before that; `AIOSCOPE_RING` if a ring image is invalid;
 *   `AIOSCOPE_WORKER` if a thread dies
 */
export function open<K extends Kind>(
  source: Source | Opened,
  options: OpenOptions & { readonly kind: K },
): RecordReader<K>;
/** Reads an opened source, whose format is known, in batches of columns. */
export function open(source: Opened, options?: Omit<OpenOptions, 'kind'>): RecordReader;
export function open(
  source: Source | Opened,
  options: Omit<OpenOptions, 'kind'> & { readonly kind?: Kind } = {},
): RecordReader {
  return new RecordReader(source, options);
}
