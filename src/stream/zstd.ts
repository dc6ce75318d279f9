import type { Inflater } from './compression.ts';

/** A part of one frame of a zstd stream. */
interface Piece {
  /** Index of its end in the input. */
  readonly end: number;
  /** Bytes of the frame's magic at the end of the previous input. */
  readonly head: Uint8Array;
  /** Whether it holds data; skippable frames hold metadata. */
  readonly isData: boolean;
  /** Whether its frame ends with it. */
  readonly endsFrame: boolean;
  /** The low 32 bits of XXH64 over the content of the frame; undefined if it has no checksum. */
  readonly checksum: number | undefined;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const NO_BYTES = new Uint8Array(0);
/** Bytes to push at once: a block of four bytes can decompress to 128 KiB. */
const INPUT_BYTES = 256;
/** The largest window that zstd(1) accepts by default. */
const WINDOW_BYTES_MAX = 2 ** 27;

type AfterPass = 'block' | 'checksum' | 'end';
/** The steps that read a field; `pass` skips bytes. */
type Field = 'magic' | 'skipSize' | 'descriptor' | 'header' | AfterPass;

/**
 * Walks through the frames of a zstd stream without decompressing them, to find the end and the
 * checksum of each. Source: RFC 8878, section 3.1.
 */
class FrameWalker {
  /** The part of the stream that the next bytes belong to, and how many of them it needs. */
  #step: Field | 'pass' = 'magic';
  #bytesLeft = 4;
  #field: number[] = [];
  /** The step after a `pass`. */
  #then: AfterPass = 'block';
  #hasChecksum = false;
  #isSingle = false;
  #headerBytes = 0;
  #contentBytes = 0;
  #isData = true;
  #checksum: number | undefined;

  /** Whether the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.#step === 'magic' && this.#field.length === 0;
  }

  /**
   * Returns the next piece of `input` from `at` on, up to the end of a frame or of the input;
   * undefined within a magic.
   */
  next(input: Uint8Array, at: number): Piece | undefined {
    const head = this.#step === 'magic' ? Uint8Array.from(this.#field) : NO_BYTES;
    let position = at;
    while (position < input.byteLength && this.#step !== 'end') {
      if (this.#step === 'pass') {
        const passed = Math.min(this.#bytesLeft, input.byteLength - position);
        this.#bytesLeft -= passed;
        position += passed;
        if (this.#bytesLeft === 0) this.#begin(this.#then);
        continue;
      }
      this.#field.push(input[position++]);
      if (this.#field.length === this.#bytesLeft) this.#take(Uint8Array.from(this.#field));
    }
    if (this.#step === 'magic') return undefined;
    const endsFrame = this.#step === 'end';
    const piece = {
      end: position,
      head,
      isData: this.#isData,
      endsFrame,
      checksum: this.#checksum,
    };
    if (endsFrame) this.#begin('magic');
    return piece;
  }

  #begin(step: Field): void {
    this.#step = step;
    this.#field = [];
    this.#bytesLeft = {
      magic: 4,
      skipSize: 4,
      descriptor: 1,
      header: this.#headerBytes,
      block: 3,
      checksum: 4,
      end: 0,
    }[step];
    if (step === 'magic') this.#checksum = undefined;
  }

  #pass(bytes: number, then: AfterPass): void {
    this.#step = 'pass';
    this.#bytesLeft = bytes;
    this.#then = then;
    if (bytes === 0) this.#begin(then);
  }

  /** Interprets a field once all its bytes are there. */
  #take(field: Uint8Array): void {
    const value = field.reduceRight((sum, byte) => sum * 256 + byte, 0);
    if (this.#step === 'magic') this.#takeMagic(value);
    else if (this.#step === 'skipSize') this.#pass(value, 'end');
    else if (this.#step === 'descriptor') this.#takeDescriptor(value);
    else if (this.#step === 'header') this.#takeHeader(field);
    else if (this.#step === 'block') this.#takeBlock(value);
    else {
      this.#checksum = value;
      this.#begin('end');
    }
  }

  #takeMagic(value: number): void {
    this.#isData = value === MAGIC;
    if (!this.#isData && (value & 0xfffffff0) >>> 0 !== SKIPPABLE_MAGIC)
      throw new Error('the bytes after a frame are not a frame');
    this.#begin(this.#isData ? 'descriptor' : 'skipSize');
  }

  #takeDescriptor(value: number): void {
    const single = (value & 0x20) !== 0;
    this.#hasChecksum = (value & 4) !== 0;
    const contentSize = value >>> 6 === 0 && single ? 1 : CONTENT_SIZE_BYTES[value >>> 6];
    this.#isSingle = single;
    this.#headerBytes = (single ? 0 : 1) + DICTIONARY_BYTES[value & 3] + contentSize;
    this.#contentBytes = contentSize;
    this.#begin('header');
  }

  /** Checks the window: the content of a single-segment frame, else a power of two plus eighths. */
  #takeHeader(field: Uint8Array): void {
    const content = field
      .subarray(field.byteLength - this.#contentBytes)
      .reduceRight((sum, byte) => sum * 256 + byte, 0);
    const window = this.#isSingle
      ? content
      : 2 ** (10 + (field[0] >>> 3)) * (1 + (field[0] & 7) / 8);
    if (window > WINDOW_BYTES_MAX)
      throw new Error(`a window of ${window} bytes is larger than ${WINDOW_BYTES_MAX}`);
    this.#begin('block');
  }

  #takeBlock(value: number): void {
    const isLast = (value & 1) !== 0;
    const isRun = ((value >>> 1) & 3) === 1;
    const after = this.#hasChecksum ? 'checksum' : 'end';
    this.#pass(isRun ? 1 : value >>> 3, isLast ? after : 'block');
  }
}

/**
 * Decompresses zstd in JavaScript, for runtimes that cannot: loaded when it is needed. Decompresses
 * with fzstd, frame by frame, and verifies the checksum of each frame, which fzstd does not.
 */
export async function zstdInflater(): Promise<Inflater> {
  const [{ Decompress }, { default: xxhash }] = await Promise.all([
    import('fzstd'),
    import('xxhash-wasm'),
  ]);
  const hasher = await xxhash().catch(() => undefined);
  const walker = new FrameWalker();
  let pieces: Uint8Array[] = [];
  const fresh = () => ({
    stream: new Decompress((piece) => pieces.push(piece.slice())),
    hash: hasher?.create64(),
  });
  let { stream, hash } = fresh();

  /** Decompresses a piece; at the end of its frame, verifies the checksum. */
  const decompress = (
    input: Uint8Array,
    { endsFrame, checksum }: Piece,
    into: Uint8Array[],
  ): void => {
    pieces = into;
    const before = into.length;
    stream.push(input, endsFrame);
    for (const piece of into.slice(before)) hash?.update(piece);
    if (endsFrame) {
      const digest = hash === undefined ? checksum : Number(hash.digest() & 0xffffffffn);
      ({ stream, hash } = fresh());
      if (checksum !== undefined && digest !== checksum) throw new Error('incorrect data check');
    }
  };

  let made: Uint8Array[] = [];
  return {
    rest: () => made,
    inputBytes: INPUT_BYTES,
    isExact: true,
    async push(input) {
      made = [];
      for (let at = 0; at < input.byteLength; ) {
        const piece = walker.next(input, at);
        if (piece === undefined) break;
        // fzstd keeps its input until a block is whole, so it gets a copy.
        const bytes = new Uint8Array(piece.head.byteLength + piece.end - at);
        bytes.set(piece.head);
        bytes.set(input.subarray(at, piece.end), piece.head.byteLength);
        if (piece.isData) decompress(bytes, piece, made);
        at = piece.end;
      }
      return made;
    },
    async end() {
      made = [];
      if (!walker.isBetweenFrames) throw new Error('unexpected end of file');
      return [];
    },
  };
}
