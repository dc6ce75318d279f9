import { AioscopeError } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** Reads a blob from its beginning to its end, in steps. */
interface Pull {
  /** Returns at most `byteLength` bytes from `position` on, which is where the last call ended. */
  pull(position: number, byteLength: number): Promise<Uint8Array>;
  cancel(): unknown;
}

/**
 * Bytes of the buffer that a byte stream fills. The stream transfers the buffer, and the arena's
 * cannot be transferred.
 */
const BUFFER_BYTES = 2 ** 20;
/**
 * Bytes per slice. A slice costs a round trip to the process that reads the file, so larger ones
 * are faster, but a slice is in memory as a whole.
 */
const SLICE_BYTES = 2 ** 23;

/** Reads through one reused buffer; undefined if the blob's stream cannot. */
function streamed(blob: Blob): Pull | undefined {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = blob.stream().getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
  let buffer = new ArrayBuffer(BUFFER_BYTES);
  return {
    async pull(_, byteLength) {
      const { value } = await reader.read(
        new Uint8Array(buffer, 0, Math.min(byteLength, BUFFER_BYTES)),
      );
      if (value === undefined) return new Uint8Array(0);
      buffer = value.buffer;
      return value;
    },
    cancel: () => reader.cancel(),
  };
}

/** Reads slice by slice, each into a new buffer. */
function sliced(blob: Blob): Pull {
  let begin = 0;
  let slice = new Uint8Array(0);
  return {
    async pull(position, byteLength) {
      if (position >= begin + slice.byteLength) {
        slice = new Uint8Array(await blob.slice(position, position + SLICE_BYTES).arrayBuffer());
        begin = position;
      }
      return slice.subarray(position - begin, position - begin + byteLength);
    },
    cancel() {},
  };
}

function nameOf(blob: Blob): string {
  const { name } = blob as Blob & { readonly name?: unknown };
  return typeof name === 'string' && name !== '' ? name : 'blob';
}

/**
 * Makes a source of a `Blob` or `File`, read slice by slice: at most one slice is in memory.
 * `byteOffset` is where it begins in the larger blob that it was cut from.
 */
export function blobSource(blob: Blob, name = nameOf(blob), byteOffset = 0): ByteSource {
  let slices: Pull | undefined;
  let position = 0;
  let closed = false;
  return {
    name,
    byteLength: blob.size,
    byteOffset,
    origin: blob,
    async read(target) {
      if (position >= blob.size) return 0;
      slices ??= streamed(blob) ?? sliced(blob);
      const bytes = await slices.pull(position, target.byteLength);
      // After an abort the target may belong to another reader.
      if (closed) return 0;
      target.set(bytes);
      position += bytes.byteLength;
      if (bytes.byteLength === 0 && position < blob.size) {
        const at = byteOffset + position;
        const message =
          `${name}: ended at byte ${at}, expected ${byteOffset + blob.size} bytes; ` +
          'every whole record before that was read';
        throw new AioscopeError('AIOSCOPE_SHRANK', message, { byteOffset: at });
      }
      return bytes.byteLength;
    },
    reopen: () => blobSource(blob, name, byteOffset),
    range: (begin, end) => blobRange(blob, name, { begin, end }),
    close() {
      closed = true;
      return slices?.cancel() as Promise<void> | undefined;
    },
  };
}

/** Makes a source of a range of a blob. */
export const blobRange = (
  blob: Blob,
  name: string,
  { begin, end }: { readonly begin: number; readonly end: number },
): ByteSource => blobSource(blob.slice(begin, end), name, begin);
