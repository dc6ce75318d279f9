/**
 * aioscope under Node: everything of the door for every runtime, and `open` and `summarize` also take paths.
 *
 * @module
 */
import { type SummarizeOptions, type Summary, summarize as summarizeSource } from './analysis/summary.ts';
import { fileSource } from './host/node/file-source.ts';
import type { Kind } from './layout/schema.ts';
import { type OpenOptions, open as openSource, type RecordReader } from './stream/reader.ts';
import type { ByteSource, Source } from './stream/source.ts';

export * from './index.ts';

/** What can be read under Node: besides bytes and streams a path or a `file:` URL; `-` is standard input. */
export type NodeSource = Source | ByteSource | string | URL;

const resolve = (source: NodeSource): Source | ByteSource =>
  typeof source === 'string' || source instanceof URL ? fileSource(source) : source;

/**
 * Read a source in batches of columns: `for await (const batch of open('dump.ioev', { kind: 'io_event' }))`. Memory is
 * bounded whatever the size of the source. A path is opened when the iteration begins.
 *
 * @throws AioscopeError at once for options that make no sense; while iterating `AIOSCOPE_READ` when the source cannot be
 *   opened or fails and `AIOSCOPE_SHRANK` when a file is cut while it is read, both after every whole record before that
 *   has been yielded; `AIOSCOPE_RING` where a ring image is none
 */
export function open<K extends Kind>(source: NodeSource, options: OpenOptions & { readonly kind: K }): RecordReader<K> {
  return openSource(resolve(source), options);
}

/**
 * Count every record of a source: minimum, maximum and sum of every column, and what its kind has besides. One pass,
 * memory bounded whatever the size.
 *
 * @throws as `open` does. Of a source that fails nothing is reported: a partial sum would look like a whole one.
 */
export function summarize(source: NodeSource, options: SummarizeOptions): Promise<Summary> {
  return summarizeSource(resolve(source), options);
}
