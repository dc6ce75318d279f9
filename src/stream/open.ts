import type { ProfileName } from '../abi/rule.ts';
import type { FieldsOf } from '../layout/layout-type.ts';
import { checkOptions } from '../layout/option-names.ts';
import type { Kind } from '../layout/schema.ts';
import type { Opened } from './open-source.ts';
import { OPEN_NAMES, type OpenOptions } from './options.ts';
import { RecordReader } from './reader.ts';
import type { Source } from './source.ts';

/**
 * Reads a source in batches of columns: `for await (const batch of open('dump.ioev', { kind:
 * 'io_event' }))`. The source is opened when the iteration begins. Memory does not depend on its
 * size: about 1 MiB for its bytes, and one batch of columns.
 *
 * Without a kind, the format is detected, as by `summarize`; a layout or byte order that is given
 * is used. `batch.kind` tells the types of batches apart, and `schema` is known after `ready()`:
 * `arrowStream(await open('dump.bin').ready())`.
 *
 * Under Node, `workers` of 2 or more decode a regular file of 256 MiB or more on that many threads
 * besides the calling one, and batches are yielded in the order of the file: for consumers that
 * keep a core busy themselves. Decoding alone is faster without them. Ring images, compressed
 * sources and readers with conditions are decoded on the calling thread.
 *
 * @throws AioscopeError at once for invalid options, unless they depend on a format that has to be
 *   detected; while iterating `AIOSCOPE_UNKNOWN` if it is not recognized, `AIOSCOPE_READ` if the
 *   source cannot be opened or fails and `AIOSCOPE_SHRANK` if a file is truncated while it is read,
 *   both after every whole record before that; `AIOSCOPE_RING` if a ring image is invalid;
 *   `AIOSCOPE_WORKER` if a thread dies
 */
export function open<
  K extends Kind,
  const L extends string | undefined = 'record',
  C extends ProfileName | undefined = undefined,
>(
  source: Source | Opened,
  options: OpenOptions & { readonly kind: K; readonly layout?: L; readonly check?: C },
): RecordReader<K, FieldsOf<K, L, C>>;
/** Reads a source whose format is detected, or that is open, in batches of columns. */
export function open(
  source: Source | Opened,
  options?: Omit<OpenOptions, 'kind'> & { readonly kind?: Kind | undefined },
): RecordReader;
export function open(
  source: Source | Opened,
  options: Omit<OpenOptions, 'kind'> & { readonly kind?: Kind | undefined } = {},
): RecordReader {
  checkOptions('open', options, OPEN_NAMES);
  return new RecordReader(source, options);
}
