import { AioscopeError } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** A source in memory: it never waits. */
export interface MemorySource extends ByteSource {
  readonly byteLength: number;
  read(target: Uint8Array): number;
}

/** Makes a source of bytes in memory. */
export function memorySource(bytes: Uint8Array): MemorySource {
  let position = 0;
  return {
    name: 'memory',
    byteLength: bytes.byteLength,
    read(target) {
      const part = attached(bytes).subarray(position, position + target.byteLength);
      target.set(part);
      position += part.byteLength;
      return part.byteLength;
    },
    reopen: () => memorySource(bytes),
    range: (begin, end) => memorySource(attached(bytes).subarray(begin, end)),
    close() {},
  };
}

/** Whether a buffer was transferred elsewhere: views of it have no bytes then. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** Returns bytes if their buffer is still there. */
function attached(bytes: ArrayBufferView | ArrayBufferLike): Uint8Array {
  const buffer = ArrayBuffer.isView(bytes) ? bytes.buffer : bytes;
  if (bytes.byteLength === 0 && isDetached(buffer))
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      'the ArrayBuffer is detached: it was transferred elsewhere; transfer a copy instead',
    );
  if (bytes instanceof Uint8Array) return bytes;
  return ArrayBuffer.isView(bytes)
    ? new Uint8Array(buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(buffer);
}

/**
 * The bytes of a chunk, whichever view of them it is; undefined for anything else.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if their buffer is detached
 */
export function bytesOf(chunk: unknown): Uint8Array | undefined {
  const isBuffer =
    chunk instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== 'undefined' && chunk instanceof SharedArrayBuffer);
  return isBuffer || ArrayBuffer.isView(chunk) ? attached(chunk) : undefined;
}
