import { readFault, unlessAborted } from '../../stream/fault.ts';
import type { ByteSource } from '../../stream/source.ts';
import { EventStream, type PageContext } from './event-stream.ts';

/** Bytes per read, if a page is not longer. */
const READ_BYTES = 2 ** 16;

/** The events of one CPU whose pages are in a file. */
export class CpuStream extends EventStream {
  readonly source: ByteSource;
  readonly #pageBytes: number;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Where the buffer begins in the file, where the next page is in it, and where its bytes end. */
  #offset = 0;
  #position = 0;
  #filled = 0;
  #isRead = false;
  #isAtEnd = false;

  constructor(cpu: number, source: ByteSource, losesSilently: boolean, pages: PageContext) {
    super(cpu, source.name, pages);
    this.losesSilently = losesSilently;
    this.source = source;
    const { byteLength } = pages.layout;
    this.#pageBytes = byteLength;
    const count = Math.max(1, Math.floor(READ_BYTES / byteLength));
    this.#buffer = new Uint8Array(count * byteLength);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** Reads pages until there is an event, or there are no more. Returns the bytes that it read. */
  async fill(signal: AbortSignal | undefined): Promise<number> {
    let bytes = 0;
    while (!this.hasEvent && !this.#isAtEnd && this.fault === undefined) {
      bytes += await this.#read(signal);
      this.advance();
    }
    return bytes;
  }

  protected override openPage(): boolean {
    const left = this.#filled - this.#position;
    // A part of a page is the end of the file.
    if (left === 0 || (left < this.#pageBytes && !this.#isRead)) {
      if (this.#isRead) this.#isAtEnd = true;
      return false;
    }
    const available = Math.min(left, this.#pageBytes);
    const at = this.#position;
    this.#position += available;
    this.begin(this.#view, at, available, this.#offset + at);
    return true;
  }

  /** Reads until the buffer is full or the file ends. */
  async #read(signal: AbortSignal | undefined): Promise<number> {
    const left = this.#filled - this.#position;
    this.#buffer.copyWithin(0, this.#position, this.#filled);
    this.#offset += this.#position;
    this.#position = 0;
    this.#filled = left;
    try {
      while (this.#filled < this.#buffer.byteLength) {
        const target = this.#buffer.subarray(this.#filled);
        const read = await unlessAborted(this.source.read(target), signal);
        if (read === 0) {
          this.#isRead = true;
          break;
        }
        this.#filled += read;
      }
    } catch (error) {
      signal?.throwIfAborted();
      this.fault = readFault(this.source.name, this.#offset + this.#filled, error);
    }
    return this.#filled - left;
  }
}
