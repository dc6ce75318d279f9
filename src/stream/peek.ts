import type { ByteSource } from './source.ts';
import { readFault, unlessAborted } from './source-buffer.ts';

/**
 * Look at the beginning of a source. What comes back gives every byte again, then goes on; a fault that stands in the way
 * comes in its place, after the bytes before it.
 */
export async function peek(
  source: ByteSource,
  bytes: number,
  signal?: AbortSignal,
): Promise<{ sample: Uint8Array; source: ByteSource; fault: unknown }> {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  let fault: unknown;
  try {
    // Of a source that grows, what is there has to do.
    while (filled < bytes && (filled === 0 || source.ready?.() !== false)) {
      const read = await unlessAborted(source.read(buffer.subarray(filled)), signal);
      if (read === 0) break;
      filled += read;
    }
  } catch (error) {
    signal?.throwIfAborted();
    fault = readFault(source.name, filled, error);
    if (filled === 0) throw fault;
  }
  const sample = buffer.subarray(0, filled);
  let replayed = 0;
  return {
    sample,
    fault,
    source: {
      name: source.name,
      get byteLength() {
        return source.byteLength;
      },
      get origin() {
        return source.origin;
      },
      get compression() {
        return source.compression ?? null;
      },
      read(target) {
        if (replayed === filled) {
          if (fault !== undefined) throw fault;
          return source.read(target);
        }
        const part = sample.subarray(replayed, replayed + target.byteLength);
        target.set(part);
        replayed += part.byteLength;
        return part.byteLength;
      },
      ready: () => (replayed < filled ? true : source.ready?.()),
      reopen: () => source.reopen?.(),
      close: () => source.close(),
    },
  };
}
