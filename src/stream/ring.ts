import { AIO_RING_MAGIC, type AIORing, AIORingSize, aioRing, IOEventSize } from '../abi/record.ts';
import { AioscopeError } from '../errors.ts';
import type { Endian } from '../layout/schema.ts';
import { readFault } from './frames.ts';
import type { ByteSource, MemorySource } from './source.ts';

/** What a ring image says of itself, and where its live events lie. */
export interface RingState {
  /** The header as it stands in the image. */
  readonly header: AIORing;
  /** Completions that wait to be reaped, as head and tail say. */
  readonly live: number;
  /** Whether the live events run over the last slot to the first. */
  readonly wraps: boolean;
}

/** A ring image that has been read: its state, and its live events as a source of packed io_events. */
export interface RingImage extends RingState {
  readonly events: MemorySource;
  /** Bytes of the image. */
  readonly bytes: number;
  /** Bytes that belong to no slot: a torn one, or what follows the last. */
  readonly tornBytes: number;
  /** Where in the image a live event lies. */
  offsetOf(index: number): number;
}

/** No ring may have more bytes of slots: 4 Mi slots, 64 times the default fs.aio-max-nr. */
const RING_BYTES_MAX = 2 ** 27;

function parseHeader(name: string, bytes: Uint8Array, endian: Endian): AIORing {
  const fail = (what: string, byteOffset: number): never => {
    throw new AioscopeError('AIOSCOPE_RING', `aio_ring: ${name}: ${what}`, { byteOffset });
  };
  if (bytes.byteLength < AIORingSize)
    fail(`${bytes.byteLength} bytes are no ring image; its header alone has ${AIORingSize}`, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const words = aioRing.fields.map((field) => [field.name, view.getUint32(field.offset, endian === 'little')]);
  const header = Object.fromEntries(words) as AIORing;
  if (bytes.every((byte) => byte === 0)) {
    fail('the header is all zeros: there is no ring here; gVisor shows such a page in place of one', 0);
  }
  const magic = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;
  if (header.magic !== AIO_RING_MAGIC) {
    const other =
      view.getUint32(16, endian !== 'little') === AIO_RING_MAGIC
        ? 'it is of the other byte order: give --endian'
        : 'this is no ring image, or not its beginning';
    fail(`magic at byte 16 is ${magic(header.magic)}, expected ${magic(AIO_RING_MAGIC)}; ${other}`, 16);
  }
  if (header.nr === 0) fail('nr at byte 4 is 0, expected the number of slots', 4);
  if (header.nr * IOEventSize > RING_BYTES_MAX)
    fail(`nr at byte 4 is ${header.nr}, and rings of up to ${RING_BYTES_MAX / IOEventSize} slots are read`, 4);
  if (header.header_length < AIORingSize || header.header_length > 65536)
    fail(`header_length at byte 28 is ${header.header_length}, expected ${AIORingSize}`, 28);
  return header;
}

/** Read `length` bytes, or as many as there are. A failing source gives what came before, and its fault. */
async function readUpTo(
  source: ByteSource,
  length: number,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Uint8Array; fault: unknown }> {
  const limit = source.byteLength === undefined ? length : Math.min(length, Math.max(0, source.byteLength - offset));
  let bytes = new Uint8Array(Math.min(limit, 65536));
  let filled = 0;
  try {
    while (filled < length) {
      if (filled === bytes.byteLength) {
        const larger = new Uint8Array(Math.min(length, Math.max(65536, 2 * filled)));
        larger.set(bytes);
        bytes = larger;
      }
      signal?.throwIfAborted();
      const read = await source.read(bytes.subarray(filled));
      if (read === 0) break;
      filled += read;
    }
  } catch (error) {
    signal?.throwIfAborted();
    return { bytes: bytes.subarray(0, filled), fault: readFault(source.name, offset + filled, error) };
  }
  return { bytes: bytes.subarray(0, filled), fault: undefined };
}

/** Count, without keeping, the bytes that follow the ring. */
async function countRest(source: ByteSource, offset: number, signal: AbortSignal | undefined): Promise<{ bytes: number; fault: unknown }> {
  const scratch = new Uint8Array(65536);
  let bytes = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const read = await source.read(scratch);
      if (read === 0) return { bytes, fault: undefined };
      bytes += read;
    }
  } catch (error) {
    signal?.throwIfAborted();
    return { bytes, fault: readFault(source.name, offset + bytes, error) };
  }
}

/** The parts of `bytes`, one after the other, then the fault where there is one. */
function partsSource(name: string, parts: Uint8Array[], fault: unknown): MemorySource {
  let [part, ...rest] = parts;
  return {
    name,
    byteLength: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    read(target) {
      while (part.byteLength === 0 && rest.length > 0) [part, ...rest] = rest;
      if (part.byteLength === 0 && fault !== undefined) throw fault;
      const piece = part.subarray(0, target.byteLength);
      target.set(piece);
      part = part.subarray(piece.byteLength);
      return piece.byteLength;
    },
    close() {},
  };
}

/** What follows the header, up to the end of the last slot. */
const bodyBytes = ({ nr, header_length }: AIORing): number => header_length - AIORingSize + nr * IOEventSize;

/** Find the live events in what follows the header. `rest` bytes came after the last slot. */
function ringImage(name: string, header: AIORing, body: Uint8Array, rest: number, fault: unknown): RingImage {
  const { nr, header_length } = header;
  const slots = body.subarray(header_length - AIORingSize);
  const present = Math.floor(slots.byteLength / IOEventSize);
  const head = header.head % nr;
  const tail = header.tail % nr;
  const wraps = head > tail;
  const range = (from: number, to: number) => slots.subarray(Math.min(from, present) * IOEventSize, Math.min(to, present) * IOEventSize);
  const first = range(head, wraps ? nr : tail);
  const second = range(0, wraps ? tail : 0);
  const firstEvents = first.byteLength / IOEventSize;
  return {
    header,
    live: wraps ? nr - head + tail : tail - head,
    wraps,
    events: partsSource(name, [first, second], fault),
    bytes: AIORingSize + body.byteLength + rest,
    tornBytes: (slots.byteLength % IOEventSize) + rest,
    offsetOf: (index) => header_length + (index < firstEvents ? head + index : index - firstEvents) * IOEventSize,
  };
}

/**
 * Take the image of a completion ring apart. Head and tail are taken modulo nr, as the kernel takes them; slots that a
 * truncated image lacks are left out. The events are views of `bytes`.
 *
 * @throws AioscopeError `AIOSCOPE_RING` where the bytes are no ring
 */
export function parseRing(name: string, bytes: Uint8Array, endian: Endian): RingImage {
  const header = parseHeader(name, bytes.subarray(0, AIORingSize), endian);
  const body = bytes.subarray(AIORingSize, AIORingSize + bodyBytes(header));
  return ringImage(name, header, body, bytes.byteLength - AIORingSize - body.byteLength, undefined);
}

/** The same of a source, which is read to its end; a source that fails gives what came before, and then its fault. */
export async function readRing(source: ByteSource, endian: Endian, signal?: AbortSignal): Promise<RingImage> {
  const start = await readUpTo(source, AIORingSize, 0, signal);
  if (start.fault !== undefined && start.bytes.byteLength < AIORingSize) throw start.fault;
  const header = parseHeader(source.name, start.bytes, endian);
  const body = await readUpTo(source, bodyBytes(header), AIORingSize, signal);
  const rest =
    body.fault === undefined ? await countRest(source, AIORingSize + body.bytes.byteLength, signal) : { bytes: 0, fault: body.fault };
  return ringImage(source.name, header, body.bytes, rest.bytes, rest.fault);
}
