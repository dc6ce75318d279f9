import { closeSync, constants, openSync, readSync } from 'node:fs';
import { AioscopeError } from '../errors.ts';
import { EventStream, type PageContext } from '../import/pages/event-stream.ts';

/** Pages that are read before their events are taken. */
const PAGES_MAX = 64;

/** The events of one CPU, read from the kernel's buffer while they are recorded. */
export class LiveStream extends EventStream {
  readonly #fd: number;
  readonly #path: string;
  readonly #pageBytes: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  /** Where the next page is in memory, and where the pages end. */
  #position = 0;
  #filled = 0;
  /** All bytes that were read before those in memory. */
  #offset = 0;
  /** When the kernel's buffer was last found empty, in ns of CLOCK_MONOTONIC. */
  emptyAt = 0n;
  /** Whether it was empty when it was last read. */
  isDrained = false;
  #isClosed = false;
  readonly #lostOf: () => number;
  #lost = 0;
  #hadLost = false;

  /** `path` is that of `trace_pipe_raw`; `lostOf` asks how many events the buffer has lost. */
  constructor(cpu: number, path: string, pages: PageContext, lostOf: () => number) {
    super(cpu, path, pages);
    this.#path = path;
    this.#lostOf = lostOf;
    this.#pageBytes = pages.layout.byteLength;
    this.#bytes = new Uint8Array(PAGES_MAX * this.#pageBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** What was read last, in bytes. */
  get lastBytes(): number {
    return this.#filled;
  }

  /**
   * Reads pages, once all events of those before were taken, and goes to their first event.
   *
   * @throws AioscopeError `AIOSCOPE_CAPTURE` if the kernel does not give them
   */
  fill(): void {
    if (this.hasEvent) return;
    this.#offset += this.#filled;
    this.#position = 0;
    this.#filled = 0;
    // Whatever was recorded before this time is in the buffer by now.
    const now = process.hrtime.bigint();
    while (this.#filled < this.#bytes.byteLength) {
      const read = this.#readPage();
      if (read === 0) {
        this.emptyAt = now;
        this.isDrained = true;
        break;
      }
      this.#filled += this.#pageBytes;
    }
    if (this.#filled === 0) return;
    // A full buffer drops events without a word in its pages: between any two of these pages, or
    // between the last of them and the next.
    const lost = this.#lostOf();
    const hasLost = lost !== this.#lost;
    this.losesSilently = hasLost || this.#hadLost;
    this.#hadLost = hasLost;
    this.#lost = lost;
    this.advance();
  }

  close(): void {
    if (!this.#isClosed) closeSync(this.#fd);
    this.#isClosed = true;
  }

  protected override openPage(): boolean {
    if (this.#position === this.#filled) return false;
    const at = this.#position;
    this.#position += this.#pageBytes;
    this.begin(this.#view, at, this.#pageBytes, this.#offset + at);
    return true;
  }

  /** Reads a page, which the kernel gives even if it is not full. Returns 0 if there is none. */
  #readPage(): number {
    try {
      return readSync(this.#fd, this.#bytes, this.#filled, this.#pageBytes, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw new AioscopeError(
        'AIOSCOPE_CAPTURE',
        `${this.#path}: reading the kernel's buffer failed: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
}
