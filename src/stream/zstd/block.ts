import { corrupt } from './fse.ts';
import type { BlockType } from './header.ts';
import { Literals } from './literals.ts';
import { Sequences } from './sequences.ts';

/** The largest block, stored or decoded, whatever the window. */
export const BLOCK_BYTES_MAX = 2 ** 17;
/** A bit stream is read backwards, past its beginning before that is noticed. */
const SPARE_BYTES = 16;
/** The content that is kept beside the window at least: the window moves less often. */
const SLACK_BYTES = 2 ** 20;

/**
 * Decodes the blocks of one frame, and accepts nothing that breaks a rule of the format: without a
 * checksum that is the only sign of damage. Source: RFC 8878, section 3.1.1.
 */
export class BlockDecoder {
  /** The most bytes of a block, stored or decoded. */
  readonly bytesMax: number;
  readonly #window: number;
  readonly #literals: Literals;
  readonly #sequences = new Sequences();
  readonly #input: Uint8Array;
  #filled = 0;
  /** The content so far: its last bytes, a window of them at least. */
  #content: Uint8Array;
  #at = 0;

  constructor(window: number) {
    this.#window = window;
    this.bytesMax = Math.min(window, BLOCK_BYTES_MAX);
    this.#literals = new Literals(this.bytesMax);
    this.#input = new Uint8Array(this.bytesMax + 2 * SPARE_BYTES);
    this.#content = new Uint8Array(this.bytesMax);
  }

  /** Adds bytes of the next block. */
  add(bytes: Uint8Array): void {
    this.#input.set(bytes, SPARE_BYTES + this.#filled);
    this.#filled += bytes.byteLength;
  }

  /** Decodes the block whose bytes were added; a run is `size` times one byte. */
  decode(type: BlockType, size: number): Uint8Array {
    const begin = SPARE_BYTES;
    const end = begin + this.#filled;
    this.#filled = 0;
    this.#makeSpace();
    const from = this.#at;
    if (type === 'compressed') this.#at = this.#decompress(begin, end);
    else {
      this.#at += size;
      if (type === 'run') this.#content.fill(this.#input[begin], from, this.#at);
      else this.#content.set(this.#input.subarray(begin, end), from);
    }
    return this.#content.slice(from, this.#at);
  }

  #decompress(begin: number, end: number): number {
    if (end === begin) throw corrupt('a compressed block is empty');
    const { literals, end: next } = this.#literals.read(this.#input, begin, end);
    const at = this.#at;
    return this.#sequences.execute(this.#input, next, end, literals, {
      bytes: this.#content,
      at,
      end: at + this.bytesMax,
      window: this.#window,
    });
  }

  /** Makes space for a block after the content: grows, and at its largest drops old content. */
  #makeSpace(): void {
    const needed = this.#at + this.bytesMax;
    if (needed <= this.#content.byteLength) return;
    const largest = this.#window + Math.max(SLACK_BYTES, this.#window / 4);
    if (needed <= largest) {
      const grown = new Uint8Array(Math.min(largest, 2 * needed));
      grown.set(this.#content.subarray(0, this.#at));
      this.#content = grown;
      return;
    }
    this.#content.copyWithin(0, this.#at - this.#window, this.#at);
    this.#at = this.#window;
  }
}
