import { type FoundRing, findRings as findRingsIn } from '../../../stream/find-rings.ts';
import type { OpenOptions } from '../../../stream/reader.ts';
import type { ReadOptions } from '../../../stream/source-buffer.ts';
import { type NodeSource, resolve } from './source.ts';

/**
 * Find completion rings in a core dump or any other memory image: by their magic and a header that a kernel writes. The
 * generator returns the number of bytes that it has searched. One pass; memory is bounded by one ring.
 *
 * @throws AioscopeError `AIOSCOPE_READ` where the source cannot be opened or fails, after every ring before that
 */
export function findRings(
  source: NodeSource,
  options: ReadOptions & Pick<OpenOptions, 'compression'> = {},
): AsyncGenerator<FoundRing, number, void> {
  return findRingsIn(...resolve(source, options));
}
