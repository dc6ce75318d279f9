import { AIORingSize } from '../abi/record.ts';
import type { Endian } from '../layout/schema.ts';
import { readFault, unlessAborted } from './fault.ts';
import { bodyBytes, parseHeader, type RingImage, ringImage } from './ring.ts';
import type { ByteSource } from './source.ts';

/**
 * Reads up to `length` bytes. If the source fails, returns the bytes before its fault, and the
 * fault.
 */
async function readUpTo(
  source: ByteSource,
  length: number,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; fault: unknown }> {
  const at = (source.byteOffset ?? 0) + offset;
  const limit =
    source.byteLength === undefined
      ? length
      : Math.min(length, Math.max(0, source.byteLength - offset));
  // If the size is unknown, a header alone must not decide how much memory is allocated.
  let bytes = new Uint8Array(source.byteLength === undefined ? Math.min(limit, 65536) : limit);
  let filled = 0;
  try {
    while (filled < length) {
      if (filled === bytes.byteLength) {
        const larger = new Uint8Array(Math.min(length, Math.max(65536, 2 * filled)));
        larger.set(bytes);
        bytes = larger;
      }
      signal?.throwIfAborted();
      const read = await unlessAborted(source.read(bytes.subarray(filled)), signal);
      if (read === 0) break;
      filled += read;
    }
  } catch (error) {
    signal?.throwIfAborted();
    return {
      bytes: bytes.subarray(0, filled),
      fault: readFault(source.name, at + filled, error),
    };
  }
  return { bytes: bytes.subarray(0, filled), fault: undefined };
}

/** Counts the bytes that follow the ring, without keeping them. */
async function countRest(
  source: ByteSource,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<{ bytes: number; fault: unknown }> {
  const scratch = new Uint8Array(65536);
  let bytes = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const read = await unlessAborted(source.read(scratch), signal);
      if (read === 0) return { bytes, fault: undefined };
      bytes += read;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const at = (source.byteOffset ?? 0) + offset + bytes;
    return { bytes, fault: readFault(source.name, at, error) };
  }
}

/**
 * Reads a source to its end and parses it as `parseRing` does. The events of a failing source are
 * those before its fault, and then the fault.
 */
export async function readRing(
  source: ByteSource,
  endian: Endian,
  signal?: AbortSignal,
): Promise<RingImage> {
  const start = await readUpTo(source, AIORingSize, 0, signal);
  if (start.fault !== undefined && start.bytes.byteLength < AIORingSize) throw start.fault;
  const header = parseHeader(source.name, start.bytes, endian, source.byteOffset);
  const body = await readUpTo(source, bodyBytes(header), AIORingSize, signal);
  const rest =
    body.fault === undefined
      ? await countRest(source, AIORingSize + body.bytes.byteLength, signal)
      : { bytes: 0, fault: body.fault };
  return ringImage(source.name, header, body.bytes, rest.bytes, rest.fault);
}
