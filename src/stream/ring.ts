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
import type { MemorySource } from './memory-source.ts';

/** The header of a ring image, and the contents of its slots. */
export interface RingState {
  /** The header, unchanged. */
  readonly header: AIORing;
  /** Completions waiting to be reaped, according to head and tail. */
  readonly live: number;
  /** Whether the live events continue from the last slot to the first. */
  readonly wraps: boolean;
  /** Slots whose event has been reaped and not yet overwritten. */
  readonly stale: number;
  /** Slots, apart from live ones, that never held an event: their `obj` is 0. */
  readonly neverWritten: number;
  /** Slots missing from a truncated image; only present if there are any. */
  readonly missing?: number;
}

/** Whether an event is waiting to be reaped, or has been reaped and is still in its slot. */
export type SlotState = 'live' | 'stale';

/** A parsed ring image: its state, and its events, live ones first. */
export interface RingImage {
  readonly state: RingState;
  /** The events as a source of packed io_events. */
  readonly events: MemorySource;
  /** Size of the image in bytes. */
  readonly bytes: number;
  /** Bytes of a partial slot, and bytes after the last slot. */
  readonly tornBytes: number;
  /** Live events among `events`: fewer than `state.live` if a truncated image lacks some. */
  readonly liveEvents: number;
  /** Bytes before the first slot. */
  readonly headerBytes: number;
  /** The slot of each event. */
  readonly slots: Uint32Array;
}

/** Offset in a slot of the address of its iocb. */
const OBJ_OFFSET = ioEvent.fields[1].offset;

/** Parses the header of a ring image, or throws `AIOSCOPE_RING`. */
export function parseHeader(
  name: string,
  bytes: Uint8Array,
  endian: Endian,
  imageOffset = 0,
): AIORing {
  // The message may end with the name of an option.
  const fail = (what: string, at: number, named = ''): never => {
    throw new AioscopeError(
      'AIOSCOPE_RING',
      (option) => `aio_ring: ${name}: ${what}${named && option(named)}`,
      { byteOffset: imageOffset + at },
    );
  };
  if (bytes.byteLength < AIORingSize)
    fail(
      `${bytes.byteLength} bytes are too few for a ring image: its header has ${AIORingSize}`,
      bytes.byteLength,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (offset: number) => view.getUint32(offset, endian === 'little');
  const words = aioRing.fields.map(({ name, offset }) => [name, word(offset)]);
  const header = Object.fromEntries(words) as AIORing;
  if (bytes.every((byte) => byte === 0)) {
    fail(
      'not a ring image: the header is all zeros, like the page that gVisor maps instead of a ring',
      0,
    );
  }
  const magic = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;
  if (header.magic !== AIO_RING_MAGIC) {
    const isOther = view.getUint32(16, endian !== 'little') === AIO_RING_MAGIC;
    const found = `magic at byte 16 is ${magic(header.magic)}, expected ${magic(AIO_RING_MAGIC)}`;
    if (isOther) fail(`${found}; it has the other byte order: give `, 16, 'endian');
    fail(`${found}; not a ring image, or not its beginning`, 16);
  }
  if (header.nr === 0) fail('nr at byte 4 is 0, expected the number of slots', 4);
  if (header.nr > RING_SLOTS_MAX)
    fail(`nr at byte 4 is ${header.nr}, expected at most ${RING_SLOTS_MAX} slots`, 4);
  if (header.header_length < AIORingSize || header.header_length > RING_HEADER_BYTES_MAX)
    fail(`header_length at byte 28 is ${header.header_length}, expected ${AIORingSize}`, 28);
  return header;
}

/** Makes a source of the events of slots in `order`, and then of a fault, if there is one. */
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

/** Whether a slot ever held an event: the kernel writes the address of an iocb, which is not 0. */
function isWritten(words: DataView, slot: number): boolean {
  const at = slot * IOEventSize + OBJ_OFFSET;
  return words.getUint32(at, true) !== 0 || words.getUint32(at + 4, true) !== 0;
}

/**
 * Orders the slots: the live ones from `head` on in ring order, then, oldest first, those after
 * them that ever held an event.
 */
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

/** Bytes from the end of the known header fields to the end of the last slot. */
export const bodyBytes = ({ nr, header_length }: AIORing): number =>
  header_length - AIORingSize + nr * IOEventSize;

/** Finds the events in the body of an image; `rest` bytes follow its last slot. */
export function ringImage(
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
    // An image that ends within a long header has bytes of that header, and no slot.
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
 * Parses the image of a completion ring. Head and tail are taken modulo nr, as in the kernel; slots
 * missing from a truncated image are left out. Cost: one pass over the slots.
 *
 * @throws AioscopeError `AIOSCOPE_RING` if the bytes are not a ring
 */
export function parseRing(name: string, bytes: Uint8Array, endian: Endian): RingImage {
  const header = parseHeader(name, bytes.subarray(0, AIORingSize), endian);
  const body = bytes.subarray(AIORingSize, AIORingSize + bodyBytes(header));
  return ringImage(name, header, body, bytes.byteLength - AIORingSize - body.byteLength, undefined);
}
