import type { ByteSource } from '../stream/source.ts';

/** The bytes of all sources, if all are known in advance. */
export function totalOf(sources: readonly ByteSource[]): number | undefined {
  let total = 0;
  for (const { byteLength } of sources) {
    if (byteLength === undefined) return undefined;
    total += byteLength;
  }
  return total;
}
