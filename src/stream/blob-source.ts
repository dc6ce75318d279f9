import { AioscopeError } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** Gives the bytes of a blob from `position`, where it stopped before, up to `byteLength` of them. */
interface Pull {
  pull(position: number, byteLength: number): Promise<Uint8Array>;
  cancel(): unknown;
}

/** A byte stream takes the buffer it fills away and gives it back; the arena's cannot be taken, so it gets this many bytes. */
const BUFFER_BYTES = 2 ** 20;
/** A slice costs a round trip to the process that reads the file; larger ones are faster, and all of one is in memory. */
const SLICE_BYTES = 2 ** 23;

/** Slices that are read into one buffer over and over; undefined where the stream of a blob cannot do that. */
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

/** Slices that are read into a buffer each. */
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
 * A `Blob` or `File` as a source, slice by slice: never more than one slice of it is in memory. `byteOffset` says where it
 * lies in a larger one that it was cut from.
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
      // What arrives after an abort comes too late: the target may be another reader's by now.
      if (closed) return 0;
      target.set(bytes);
      position += bytes.byteLength;
      if (bytes.byteLength === 0 && position < blob.size) {
        const at = byteOffset + position;
        const message = `${name}: ended at byte ${at}, expected ${byteOffset + blob.size} bytes; every whole record before that was read`;
        throw new AioscopeError('AIOSCOPE_SHRANK', message, { byteOffset: at });
      }
      return bytes.byteLength;
    },
    close() {
      closed = true;
      return slices?.cancel() as Promise<void> | undefined;
    },
  };
}
