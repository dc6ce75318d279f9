import { AioscopeError } from '../errors.ts';
import type { ByteSource } from '../stream/source.ts';

/** Bytes of the buffer of one file, and of each of many. It grows with the longest line. */
const BUFFER_BYTES = 2 ** 14;
const BUFFER_BYTES_MIN = 2 ** 12;
/** The longest line that is kept: io_submit of thousands of iocbs is a line of a megabyte. */
const LINE_BYTES_MAX = 2 ** 24;

const NEWLINE = 0x0a;

/** Reads the lines of a source, without line ends. Bytes that are not UTF-8 become U+FFFD. */
export class LineReader {
  readonly #source: ByteSource;
  readonly #decoder = new TextDecoder();
  readonly #isAlone: boolean;
  #buffer: Uint8Array<ArrayBuffer>;
  /** Where the bytes begin and end that are no lines yet, and where the whole lines end. */
  #begin = 0;
  #end = 0;
  #linesEnd = 0;
  #isRead = false;
  /** The lines so far. */
  #number = 0;

  /** `files` is how many files are read at once. */
  constructor(source: ByteSource, files: number) {
    this.#source = source;
    this.#isAlone = files === 1;
    this.#buffer = new Uint8Array(Math.max(BUFFER_BYTES_MIN, Math.floor(BUFFER_BYTES / files)));
  }

  /**
   * The next lines that were read; none if `fill` has to read more. Of one file these are all that
   * are in memory; of many it is one, since lines that wait long for their turn would be expensive
   * as texts.
   */
  take(): string[] {
    if (this.#begin >= this.#linesEnd) return [];
    const newline = this.#isAlone ? -1 : this.#buffer.indexOf(NEWLINE, this.#begin);
    const isLast = newline < 0 || newline >= this.#linesEnd;
    const next = isLast ? this.#linesEnd : newline + 1;
    const hasEnd = this.#buffer[next - 1] === NEWLINE;
    const text = this.#decoder.decode(this.#buffer.subarray(this.#begin, next - (hasEnd ? 1 : 0)));
    this.#begin = next;
    const lines = this.#isAlone ? text.split('\n') : [text];
    this.#number += lines.length;
    return lines.map(withoutReturn);
  }

  /**
   * Reads until there is a line. Returns false if there are no more.
   *
   * @throws AioscopeError `AIOSCOPE_SOURCE` for a line of more than 16 MiB
   */
  async fill(): Promise<boolean> {
    while (this.#begin >= this.#linesEnd && !this.#isRead) {
      this.#makeRoom();
      const read = await this.#source.read(this.#buffer.subarray(this.#end));
      const added = this.#buffer.subarray(this.#end, this.#end + read);
      const last = added.lastIndexOf(NEWLINE);
      if (last >= 0) this.#linesEnd = this.#end + last + 1;
      this.#end += read;
      this.#isRead = read === 0;
      if (this.#isRead) this.#linesEnd = this.#end;
    }
    return this.#begin < this.#linesEnd;
  }

  /** Moves what was read of a line to the beginning; makes the buffer longer if that is long. */
  #makeRoom(): void {
    const left = this.#end - this.#begin;
    if (left > LINE_BYTES_MAX)
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${this.#source.name}: line ${this.#number + 1} has more than ${LINE_BYTES_MAX} ` +
          'characters; this is not a log',
      );
    const { byteLength } = this.#buffer;
    const rest = this.#buffer.subarray(this.#begin, this.#end);
    if (left > byteLength / 2) this.#buffer = new Uint8Array(2 * byteLength);
    this.#buffer.set(rest);
    this.#begin = 0;
    this.#end = left;
    this.#linesEnd = 0;
  }
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
