import { readFault, unlessAborted } from './fault.ts';
import type { ByteSource } from './source.ts';

/** The beginning of a source, and the same source from its beginning. */
export interface Peek {
  readonly sample: Uint8Array;
  /** Returns the bytes of the sample again, then the rest; a fault follows the bytes before it. */
  readonly source: ByteSource;
  /** Why the sample ends early, as the source threw it; undefined if nothing failed. */
  readonly fault: unknown;
}

/**
 * Reads up to `bytes` bytes from the beginning of a source.
 *
 * @throws AioscopeError `AIOSCOPE_READ` if the source fails before its first byte
 */
export async function peek(source: ByteSource, bytes: number, signal?: AbortSignal): Promise<Peek> {
  const buffer = new Uint8Array(bytes);
  let filled = 0;
  let fault: unknown;
  try {
    // A source that grows is judged by the bytes it has now.
    while (filled < bytes && (filled === 0 || source.ready?.() !== false)) {
      const read = await unlessAborted(source.read(buffer.subarray(filled)), signal);
      if (read === 0) break;
      filled += read;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (filled === 0) throw readFault(source.name, source.byteOffset ?? 0, error);
    // The reader that reaches the fault knows its offset in the records.
    fault = error;
  }
  const sample = buffer.subarray(0, filled);
  let replayed = 0;
  const replay: ByteSource = {
    name: source.name,
    get byteLength() {
      return source.byteLength;
    },
    get byteOffset() {
      return source.byteOffset;
    },
    get origin() {
      return source.origin;
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
    range: (begin, end) => source.range?.(begin, end),
    skip(bytes) {
      const ofSample = replayed === filled ? 0 : Math.min(bytes, filled - replayed);
      replayed += ofSample;
      if (bytes !== ofSample) source.skip?.(bytes - ofSample);
    },
    close: () => source.close(),
  };
  return { sample, source: replay, fault };
}
