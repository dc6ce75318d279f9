// Reads the events that were added to a completion ring of another process.
import {
  AIO_RING_MAGIC,
  AIORingSize,
  aioRing,
  IOEventSize,
  ioEvent,
  RING_SLOTS_MAX,
} from '../../abi/record.ts';

/**
 * Reads memory from an address on. Returns false if not all of it can be read, as once the process
 * has exited.
 */
export type ReadMemory = (target: Uint8Array, address: number) => boolean;

/** What a poll of a ring found. */
export interface RingPoll {
  /** New events, packed, in the order in which they were added. Valid until the next poll. */
  readonly events: Uint8Array;
  readonly count: number;
  /** Events that may have been overwritten while they were read, and are left out. */
  readonly overwritten: number;
  /** Whether there are more events than were asked for. */
  readonly isMore: boolean;
}

type HeaderField = (typeof aioRing.fields)[number]['name'];

const offsetIn = (name: HeaderField): number =>
  aioRing.fields.find((field) => field.name === name)?.offset ?? 0;
const NR = offsetIn('nr');
const TAIL = offsetIn('tail');
const MAGIC = offsetIn('magic');
const HEADER_LENGTH = offsetIn('header_length');
const OBJ = ioEvent.fields.find(({ name }) => name === 'obj')?.offset ?? 0;

/** Whether an event was ever written to a slot: the kernel zeroes it, and `obj` is an address. */
const isWritten = (view: DataView, i: number): boolean =>
  view.getBigUint64(i * IOEventSize + OBJ, true) !== 0n;

/**
 * Follows the tail of a ring. The kernel writes an event, then the tail, so events are read after
 * the tail. How often the ring went round between two polls cannot be seen.
 */
export class RingTail {
  readonly #read: ReadMemory;
  readonly #address: number;
  readonly #nr: number;
  readonly #headerLength: number;
  readonly #header: DataView;
  #slot: number;
  #events: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  private constructor(read: ReadMemory, address: number, header: DataView, isNew: boolean) {
    this.#read = read;
    this.#address = address;
    this.#header = header;
    this.#nr = header.getUint32(NR, true);
    this.#headerLength = header.getUint32(HEADER_LENGTH, true);
    this.#slot = isNew ? 0 : header.getUint32(TAIL, true);
  }

  /**
   * Begins with the events after those that are in the ring now, or of a ring that `isNew` with
   * its first. Returns undefined if there is no ring of that size at the address.
   */
  static open(
    read: ReadMemory,
    address: number,
    byteLength: number,
    isNew: boolean,
  ): RingTail | undefined {
    const header = new DataView(new ArrayBuffer(AIORingSize));
    if (!read(new Uint8Array(header.buffer), address)) return undefined;
    const nr = header.getUint32(NR, true);
    const isRing =
      header.getUint32(MAGIC, true) === AIO_RING_MAGIC &&
      header.getUint32(HEADER_LENGTH, true) >= AIORingSize &&
      nr > 0 &&
      nr <= RING_SLOTS_MAX &&
      header.getUint32(HEADER_LENGTH, true) + nr * IOEventSize <= byteLength &&
      header.getUint32(TAIL, true) < nr;
    return isRing ? new RingTail(read, address, header, isNew) : undefined;
  }

  /**
   * Reads the events since the last poll: the first `limit` of them. Returns undefined if the ring
   * is gone.
   */
  poll(limit: number): RingPoll | undefined {
    const tail = this.#tail();
    if (tail === undefined) return undefined;
    const waiting = this.#distance(this.#slot, tail);
    const count = Math.min(waiting, limit);
    if (count === 0) return { events: this.#events, count, overwritten: 0, isMore: waiting > 0 };
    if (!this.#copy(this.#slot, count)) return undefined;
    const later = this.#tail();
    if (later === undefined) return undefined;
    const overwritten = Math.min(count, this.#overwritten(tail, later, waiting));
    const kept = this.#pack(overwritten, count);
    this.#slot = (this.#slot + count) % this.#nr;
    return { events: this.#events, count: kept, overwritten, isMore: waiting > count };
  }

  #distance(from: number, to: number): number {
    return (to - from + this.#nr) % this.#nr;
  }

  #tail(): number | undefined {
    const header = this.#header;
    if (!this.#read(new Uint8Array(header.buffer), this.#address)) return undefined;
    const tail = header.getUint32(TAIL, true);
    const isSame =
      header.getUint32(MAGIC, true) === AIO_RING_MAGIC &&
      header.getUint32(NR, true) === this.#nr &&
      tail < this.#nr;
    return isSame ? tail : undefined;
  }

  /**
   * How many of the first slots may have been written to since the tail was read: those up to the
   * tail now, and the one at it, to which the kernel writes before it moves the tail.
   */
  #overwritten(tail: number, later: number, waiting: number): number {
    const free = this.#nr - waiting;
    const written = this.#distance(tail, later) + 1;
    return Math.max(0, written - free);
  }

  #copy(slot: number, count: number): boolean {
    const bytes = count * IOEventSize;
    if (this.#events.byteLength < bytes) this.#events = new Uint8Array(bytes);
    const first = Math.min(count, this.#nr - slot) * IOEventSize;
    const begin = this.#address + this.#headerLength;
    return (
      this.#read(this.#events.subarray(0, first), begin + slot * IOEventSize) &&
      (first === bytes || this.#read(this.#events.subarray(first, bytes), begin))
    );
  }

  /** Moves the events from index `from` on that were written to the beginning. Returns how many. */
  #pack(from: number, count: number): number {
    const view = new DataView(this.#events.buffer);
    let kept = 0;
    for (let i = from; i < count; i++) {
      if (!isWritten(view, i)) continue;
      const at = i * IOEventSize;
      if (i !== kept) this.#events.copyWithin(kept * IOEventSize, at, at + IOEventSize);
      kept += 1;
    }
    return kept;
  }
}
