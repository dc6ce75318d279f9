// Lines that mail programs and strace itself break into several.
import { endOf } from './call-line.ts';

export const UNFINISHED = '<unfinished ...>';
/** A message of strace that interrupts a line on standard error. The line goes on below it. */
const MESSAGE = /strace: (?:Process \d+ attached|[a-z]\w*: .*)$/;
/** A line has at most this many characters: io_submit of thousands of iocbs is a megabyte. */
const CHARS_MAX = 2 ** 24;
/** The end of a line is looked for in this many characters. */
const TAIL_CHARS = 400;

/** A line of which not all has been read. */
export class BrokenLine {
  #parts: string[] = [];
  #length = 0;
  #tail = '';

  /** Whether a line has begun and not ended. */
  get isOpen(): boolean {
    return this.#parts.length > 0;
  }

  /** Whether it could be whole: strace prints durations only where it is asked to. */
  get isWhole(): boolean {
    return endOf(this.#tail) !== undefined || this.#tail.endsWith(UNFINISHED);
  }

  /** Adds the next of its parts. */
  add(text: string): void {
    if (this.#length + text.length > CHARS_MAX) this.take();
    const last = this.#parts.at(-1);
    if (last === undefined) this.#push(text);
    else if (MESSAGE.test(last.slice(-TAIL_CHARS))) {
      this.#parts[this.#parts.length - 1] = last.replace(MESSAGE, '');
      this.#push(text);
    } else this.#push(` ${text.trimStart()}`);
  }

  /** Returns what there is of it, and forgets it. */
  take(): string {
    const text = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    this.#tail = '';
    return text;
  }

  #push(part: string): void {
    this.#parts.push(part);
    this.#length += part.length;
    this.#tail = (this.#tail + part).slice(-TAIL_CHARS);
  }
}

/** Quoted lines of mails. */
const QUOTED = /^(?:> ?)+/;
const ESCAPES = /(?:=[\dA-F]{2})+/g;

/**
 * Takes away what a mail adds to lines: the marks of quotes, and the encoding quoted-printable,
 * which writes `=3D` for `=` and breaks lines after a `=`.
 */
export class MailText {
  readonly #isEncoded: boolean;
  #soft = '';
  #isQuoted = false;

  constructor(sample: readonly string[]) {
    this.#isEncoded = sample.some((line) => line.includes('=3D'));
  }

  /** Returns the text of a line; undefined if it goes on in the next one. */
  next(line: string): string | undefined {
    // The rest of an encoded line may begin with the end of a path.
    if (this.#soft === '') this.#isQuoted = line.charCodeAt(0) === 0x3e;
    const text = this.#isQuoted ? line.replace(QUOTED, '') : line;
    if (!this.#isEncoded) return text;
    if (text.endsWith('=') && this.#soft.length < CHARS_MAX) {
      this.#soft += text.slice(0, -1);
      return undefined;
    }
    const whole = this.#soft + text;
    this.#soft = '';
    return whole.replace(ESCAPES, decoded);
  }
}

function decoded(escapes: string): string {
  const bytes = Uint8Array.from(escapes.slice(1).split('='), (hex) => Number.parseInt(hex, 16));
  return new TextDecoder().decode(bytes);
}
