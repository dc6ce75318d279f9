import {
  AIO_RING_MAGIC,
  AIORingSize,
  aioRing,
  IOEventSize,
  RING_SLOTS_MAX,
} from '../abi/record.ts';
import { checkOptions } from '../layout/option-names.ts';
import type { Endian } from '../layout/schema.ts';
import { readFault, unlessAborted } from './fault.ts';
import { openBytes } from './open-source.ts';
import { type ByteOptions, READ_NAMES, type ReadOptions } from './options.ts';
import { parseRing, type RingState } from './ring.ts';
import type { ByteSource, Source } from './source.ts';

/** A completion ring found in a memory image. */
export interface FoundRing extends RingState {
  /** Offset of its first byte in the image. */
  readonly offset: number;
  readonly endian: Endian;
  /** Size in bytes: the header and every slot. */
  readonly bytes: number;
}

const MAGIC_OFFSET = aioRing.fields[4].offset;
/** The kernel sizes rings to fill their pages; every larger page size is a multiple of 4 KiB. */
const PAGE_BYTES = 4096;
const READ_BYTES = 2 ** 22;

/** The magic as a word of this machine, as stored in little-endian or big-endian order. */
const wordOf = (little: boolean): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, AIO_RING_MAGIC, little);
  return new Uint32Array(view.buffer)[0];
};
const LITTLE = wordOf(true);
const BIG = wordOf(false);

/** Rounds bytes down to whole words: bit operations would wrap from 2 GiB on. */
const wordsIn = (bytes: number): number => bytes - (bytes % 4);

/** The bytes of an image that are in memory: they begin at offset `base`, a multiple of 4. */
class Window {
  base = 0;
  filled = 0;
  ended = false;
  bytes = new Uint8Array(2 * READ_BYTES);

  /** Reads up to offset `end` of the image, or to its end. */
  async reach(end: number, source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
    if (end - this.base > this.bytes.byteLength) {
      const larger = new Uint8Array(Math.ceil((end - this.base) / READ_BYTES) * READ_BYTES);
      larger.set(this.bytes.subarray(0, this.filled));
      this.bytes = larger;
    }
    while (!this.ended && this.base + this.filled < end) {
      let read: number;
      try {
        read = await unlessAborted(source.read(this.bytes.subarray(this.filled)), signal);
      } catch (error) {
        signal?.throwIfAborted();
        const at = (source.byteOffset ?? 0) + this.base + this.filled;
        throw readFault(source.name, at, error);
      }
      this.ended = read === 0;
      this.filled += read;
    }
  }

  /** Discards the bytes before `offset`. */
  dropTo(offset: number): void {
    const bytes = wordsIn(Math.min(offset - this.base, this.filled));
    this.bytes.copyWithin(0, bytes, this.filled);
    this.base += bytes;
    this.filled -= bytes;
  }

  /**
   * Returns the next offset, from `offset` on, of a word that is the magic in either byte order;
   * undefined if there is none.
   */
  nextMagic(offset: number): number | undefined {
    const words = new Uint32Array(this.bytes.buffer, 0, this.filled >>> 2);
    for (let i = Math.max(0, offset - this.base) >>> 2; i < words.length; i++) {
      if (words[i] === LITTLE || words[i] === BIG) return this.base + 4 * i;
    }
    return undefined;
  }
}

/** Returns the size of the ring at `start`; undefined if no kernel writes such a header. */
function ringBytes(window: Window, start: number): { endian: Endian; bytes: number } | undefined {
  const at = start - window.base;
  if (at < 0 || at + AIORingSize > window.filled) return undefined;
  const view = new DataView(window.bytes.buffer, at, AIORingSize);
  const endian: Endian = view.getUint32(MAGIC_OFFSET, true) === AIO_RING_MAGIC ? 'little' : 'big';
  const [, nr, , tail, , compat, incompat, headerLength] = aioRing.fields.map((field) =>
    view.getUint32(field.offset, endian === 'little'),
  );
  const bytes = headerLength + nr * IOEventSize;
  const isSane =
    headerLength === AIORingSize &&
    compat === 1 &&
    incompat === 0 &&
    nr > 0 &&
    nr <= RING_SLOTS_MAX &&
    tail < nr;
  return isSane && bytes % PAGE_BYTES === 0 ? { endian, bytes } : undefined;
}

/**
 * Finds completion rings in a core dump or any other memory image: by their magic, at a multiple of
 * 4 bytes, and a header that a kernel writes for whole pages of slots. A ring that the end of the
 * image cuts off is found too, and `missing` is the number of its missing slots. The generator
 * returns the number of bytes searched. One pass; memory is bounded by the size of one ring.
 *
 * @throws AioscopeError while iterating: `AIOSCOPE_READ` if the source cannot be opened or fails
 */
export async function* findRings(
  source: Source,
  options: ReadOptions & Pick<ByteOptions, 'compression'> = {},
): AsyncGenerator<FoundRing, number, void> {
  checkOptions('findRings', options, [READ_NAMES, 'compression']);
  const { signal, onProgress } = options;
  const bytes = await openBytes(source, options);
  const window = new Window();
  let next: number = MAGIC_OFFSET;
  let records = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      await window.reach(Math.max(next, window.base + window.filled) + READ_BYTES, bytes, signal);
      const magic = window.nextMagic(next);
      const end = window.base + window.filled;
      onProgress?.({ bytes: end, records, totalBytes: bytes.byteLength });
      if (magic === undefined) {
        if (window.ended) return end;
        next = Math.max(next, wordsIn(end));
        window.dropTo(next - AIORingSize);
        continue;
      }
      const start = magic - MAGIC_OFFSET;
      await window.reach(start + AIORingSize, bytes, signal);
      const ring = ringBytes(window, start);
      next = magic + 4;
      if (ring === undefined) continue;
      window.dropTo(start);
      await window.reach(start + ring.bytes, bytes, signal);
      const from = start - window.base;
      const image = parseRing(
        bytes.name,
        window.bytes.subarray(from, Math.min(window.filled, from + ring.bytes)),
        ring.endian,
      );
      records += image.slots.length;
      yield { offset: start, endian: ring.endian, bytes: ring.bytes, ...image.state };
      next = start + ring.bytes + MAGIC_OFFSET;
    }
  } finally {
    await bytes.close();
  }
}
