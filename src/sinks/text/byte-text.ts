/** Kernels of text write whole words, so up to this many bytes past the end. */
const SPARE = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text as words of four bytes, which are written at once; the last may be longer than the text. */
export interface Fragment {
  readonly words: Uint32Array;
  readonly byteLength: number;
}

/** Returns a text as a fragment, in UTF-8. */
export function fragmentOf(text: string): Fragment {
  const bytes = encoder.encode(text);
  const words = new Uint32Array(Math.ceil(bytes.byteLength / 4));
  for (const [i, byte] of bytes.entries()) words[i >> 2] |= byte << (8 * (i & 3));
  return { words, byteLength: bytes.byteLength };
}

/**
 * Text that is being written, as UTF-8. Whoever writes makes room before: a check for each number
 * would take as long as the number.
 */
export class ByteText {
  /** What is written is its first `at` bytes. Replaced when it has to grow. */
  bytes: Uint8Array;
  view: DataView;
  at = 0;

  constructor(buffer: ArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** The memory of the text. */
  get buffer(): ArrayBuffer {
    return this.view.buffer as ArrayBuffer;
  }

  /** What is written: a view, valid until more is written. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  /** Makes room for `byteLength` more bytes. */
  reserve(byteLength: number): void {
    const needed = this.at + byteLength + SPARE;
    if (needed <= this.bytes.byteLength) return;
    const buffer = new ArrayBuffer(Math.max(needed, 2 * this.bytes.byteLength));
    const grown = new Uint8Array(buffer);
    grown.set(this.written);
    this.bytes = grown;
    this.view = new DataView(buffer);
  }

  /** Writes a fragment, for which there is room. */
  put({ words, byteLength }: Fragment): void {
    const { view, at } = this;
    for (let i = 0; i < words.length; i++) view.setUint32(at + 4 * i, words[i], true);
    this.at = at + byteLength;
  }

  /** Writes again what is written from byte `from` on; there is room for it. */
  repeat(from: number, byteLength: number): void {
    const { view, at } = this;
    for (let i = 0; i < byteLength; i += 4)
      view.setUint32(at + i, view.getUint32(from + i, true), true);
    this.at = at + byteLength;
  }

  toString(): string {
    return decoder.decode(this.written);
  }
}
