import {
  AIO_RING_MAGIC,
  type AIORing,
  AIORingSize,
  aioRing,
  IOEventSize,
  ioEvent,
  RING_HEADER_BYTES_MAX,
  RING_SLOTS_MAX,
} from '../abi/record.ts';
import { AioscopeError } from '../errors.ts';
import type { Endian } from '../layout/schema.ts';
import { readFault, unlessAborted } from './fault.ts';
import type { ByteSource, MemorySource } from './source.ts';

/** What a ring image says of itself, and what its slots hold. */
export interface RingState {
  /** The header as it stands in the image. */
  readonly header: AIORing;
  /** Completions that wait to be reaped, as head and tail say. */
  readonly live: number;
  /** Whether the live events run over the last slot to the first. */
  readonly wraps: boolean;
  /** Slots that were reaped and still hold their event. */
  readonly stale: number;
  /** Slots outside the live ones that never held an event: their `obj` is 0. */
  readonly neverWritten: number;
  /** Slots that a truncated image lacks; only there when it is one. */
  readonly missing?: number;
}

/** Whether an event waits to be reaped, or has been and is left in its slot. */
export type SlotState = 'live' | 'stale';

/** A ring image that has been read: its state, and its events, live ones first, as a source of packed io_events. */
export interface RingImage {
  readonly state: RingState;
  readonly events: MemorySource;
  /** Bytes of the image. */
  readonly bytes: number;
  /** Bytes that belong to no slot: a torn one, or what follows the last. */
  readonly tornBytes: number;
  /** The live events among `events`: fewer than `state.live` where a truncated image lacks some. */
  readonly liveEvents: number;
  /** Bytes before the first slot. */
  readonly headerBytes: number;
  /** The slot of each event. */
  readonly slots: Uint32Array;
}

/** Where a slot has the address of its iocb. */
const OBJ_OFFSET = ioEvent.fields[1].offset;

function parseHeader(name: string, bytes: Uint8Array, endian: Endian): AIORing {
  const fail = (what: string, byteOffset: number): never => {
    throw new AioscopeError('AIOSCOPE_RING', `aio_ring: ${name}: ${what}`, { byteOffset });
  };
  if (bytes.byteLength < AIORingSize)
    fail(
      `${bytes.byteLength} bytes are no ring image; its header alone has ${AIORingSize}`,
      bytes.byteLength,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const words = aioRing.fields.map((field) => [
    field.name,
    view.getUint32(field.offset, endian === 'little'),
  ]);
  const header = Object.fromEntries(words) as AIORing;
  if (bytes.every((byte) => byte === 0)) {
    fail(
      'the header is all zeros: there is no ring here; gVisor shows such a page in place of one',
      0,
    );
  }
  const magic = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;
  if (header.magic !== AIO_RING_MAGIC) {
    const other =
      view.getUint32(16, endian !== 'little') === AIO_RING_MAGIC
        ? 'it is of the other byte order: give --endian'
        : 'this is no ring image, or not its beginning';
    fail(
      `magic at byte 16 is ${magic(header.magic)}, expected ${magic(AIO_RING_MAGIC)}; ${other}`,
      16,
    );
  }
  if (header.nr === 0) fail('nr at byte 4 is 0, expected the number of slots', 4);
  if (header.nr > RING_SLOTS_MAX)
    fail(`nr at byte 4 is ${header.nr}, and rings of up to ${RING_SLOTS_MAX} slots are read`, 4);
  if (header.header_length < AIORingSize || header.header_length > RING_HEADER_BYTES_MAX)
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
  const limit =
    source.byteLength === undefined
      ? length
      : Math.min(length, Math.max(0, source.byteLength - offset));
  // Of a size that is known the memory is asked for at once; of any other as it comes.
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
      fault: readFault(source.name, offset + filled, error),
    };
  }
  return { bytes: bytes.subarray(0, filled), fault: undefined };
}

/** Count, without keeping, the bytes that follow the ring. */
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
    return { bytes, fault: readFault(source.name, offset + bytes, error) };
  }
}

/** The events of the slots in an order, then the fault where there is one. */
function slotSource(
  name: string,
  bytes: Uint8Array,
  order: Uint32Array,
  fault: unknown,
): MemorySource {
  let next = 0;
  return {
    name,
    byteLength: order.length * IOEventSize,
    read(target) {
      if (next === order.length && fault !== undefined) throw fault;
      const count = Math.min(order.length - next, Math.floor(target.byteLength / IOEventSize));
      for (let done = 0; done < count; ) {
        const first = order[next + done];
        let run = 1;
        while (done + run < count && order[next + done + run] === first + run) run += 1;
        target.set(
          bytes.subarray(first * IOEventSize, (first + run) * IOEventSize),
          done * IOEventSize,
        );
        done += run;
      }
      next += count;
      return count * IOEventSize;
    },
    close() {},
  };
}

/** Whether a slot holds an event: the kernel writes the address of an iocb, which is not 0. */
function isWritten(words: DataView, slot: number): boolean {
  const at = slot * IOEventSize + OBJ_OFFSET;
  return words.getUint32(at, true) !== 0 || words.getUint32(at + 4, true) !== 0;
}

/** The slots `head` … `tail - 1` in ring order, then from `tail` on, oldest first, those that were ever written. */
function slotOrder(
  slots: Uint8Array,
  nr: number,
  head: number,
  live: number,
): { order: Uint32Array; liveEvents: number; neverWritten: number } {
  const words = new DataView(slots.buffer, slots.byteOffset, slots.byteLength);
  const present = Math.min(nr, Math.floor(slots.byteLength / IOEventSize));
  const order = new Uint32Array(present);
  let events = 0;
  let liveEvents = 0;
  let neverWritten = 0;
  for (let i = 0; i < nr; i++) {
    const slot = (head + i) % nr;
    if (slot >= present) continue;
    if (i >= live && !isWritten(words, slot)) neverWritten += 1;
    else order[events++] = slot;
    if (i < live) liveEvents = events;
  }
  return { order: order.subarray(0, events), liveEvents, neverWritten };
}

/** What follows the header, up to the end of the last slot. */
const bodyBytes = ({ nr, header_length }: AIORing): number =>
  header_length - AIORingSize + nr * IOEventSize;

/** Find the events in what follows the header. `rest` bytes came after the last slot. */
function ringImage(
  name: string,
  header: AIORing,
  body: Uint8Array,
  rest: number,
  fault: unknown,
): RingImage {
  const { nr, header_length } = header;
  const slots = body.subarray(header_length - AIORingSize);
  const head = header.head % nr;
  const tail = header.tail % nr;
  const wraps = head > tail;
  const live = wraps ? nr - head + tail : tail - head;
  const { order, liveEvents, neverWritten } = slotOrder(slots, nr, head, live);
  const missing = nr - Math.min(nr, Math.floor(slots.byteLength / IOEventSize));
  return {
    state: {
      header,
      live,
      wraps,
      stale: order.length - liveEvents,
      neverWritten,
      ...(missing > 0 && { missing }),
    },
    events: slotSource(name, slots, order, fault),
    bytes: AIORingSize + body.byteLength + rest,
    // An image that is cut within a long header has bytes of it, and no slot.
    tornBytes:
      (slots.byteLength % IOEventSize) +
      rest +
      (slots.byteLength === 0 ? body.byteLength % Math.max(1, header_length - AIORingSize) : 0),
    liveEvents,
    headerBytes: header_length,
    slots: order,
  };
}

/**
 * Take the image of a completion ring apart. Head and tail are taken modulo nr, as the kernel takes them; slots that a
 * truncated image lacks are left out. Cost: one pass over the slots.
 *
 * @throws AioscopeError `AIOSCOPE_RING` where the bytes are no ring
 */
export function parseRing(name: string, bytes: Uint8Array, endian: Endian): RingImage {
  const header = parseHeader(name, bytes.subarray(0, AIORingSize), endian);
  const body = bytes.subarray(AIORingSize, AIORingSize + bodyBytes(header));
  return ringImage(name, header, body, bytes.byteLength - AIORingSize - body.byteLength, undefined);
}

/** The same of a source, which is read to its end; a source that fails gives what came before, and then its fault. */
export async function readRing(
  source: ByteSource,
  endian: Endian,
  signal?: AbortSignal,
): Promise<RingImage> {
  const start = await readUpTo(source, AIORingSize, 0, signal);
  if (start.fault !== undefined && start.bytes.byteLength < AIORingSize) throw start.fault;
  const header = parseHeader(source.name, start.bytes, endian);
  const body = await readUpTo(source, bodyBytes(header), AIORingSize, signal);
  const rest =
    body.fault === undefined
      ? await countRest(source, AIORingSize + body.bytes.byteLength, signal)
      : { bytes: 0, fault: body.fault };
  return ringImage(source.name, header, body.bytes, rest.bytes, rest.fault);
}
