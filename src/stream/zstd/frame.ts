import { BlockDecoder } from './block.ts';
import { type BlockType, blockHeader, FrameHeader, isSkippable, numberOf } from './header.ts';

/** A hash of the content of a frame, whose low 32 bits are its checksum. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

/** What the next bytes are: a field that is read whole, the bytes of a block, or bytes to skip. */
type Step = 'magic' | 'skipSize' | 'descriptor' | 'header' | 'block' | 'checksum' | 'data' | 'skip';

/** The frame that is being decoded. */
class Frame {
  readonly header: FrameHeader;
  blocks = new BlockDecoder(0);
  /** Bytes decoded so far. */
  bytes = 0;

  constructor(descriptor: number) {
    this.header = new FrameHeader(descriptor);
  }

  takeHeader(field: readonly number[]): void {
    this.header.take(field);
    this.blocks = new BlockDecoder(this.header.window);
  }

  /** Counts decoded bytes, of which the header may have said how many there are. */
  count(bytes: number, isLast: boolean): void {
    this.bytes += bytes;
    const { contentSize = this.bytes } = this.header;
    if (this.bytes > contentSize || (isLast && this.bytes !== contentSize))
      throw new Error(`${this.bytes} bytes in a frame, expected ${contentSize} as in its header`);
  }
}

/**
 * Decodes a zstd stream, frame by frame: everything that its structure says is verified. Source:
 * RFC 8878, section 3.1.
 */
export class FrameDecoder {
  readonly #makeHash: (() => Hash) | undefined;
  #step: Step = 'magic';
  /** Bytes that the step lacks. */
  #left = 4;
  #field: number[] = [];
  #frame = new Frame(0);
  #hash: Hash | undefined;
  #type: BlockType = 'raw';
  #size = 0;
  #isLast = false;
  /** Index in the last input of the byte after those taken: a push that throws failed before it. */
  position = 0;

  /** Without `makeHash` checksums are not verified. */
  constructor(makeHash: (() => Hash) | undefined) {
    this.#makeHash = makeHash;
  }

  /** Whether the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.#step === 'magic' && this.#field.length === 0;
  }

  /** Bytes of the block or skippable frame that the next bytes belong to; 0 in a header. */
  get bytesLeft(): number {
    return this.#step === 'data' || this.#step === 'skip' ? this.#left : 0;
  }

  /** Decodes `input` and adds every block that it completes to `into`. */
  push(input: Uint8Array, into: Uint8Array[]): void {
    this.position = 0;
    while (this.position < input.byteLength) {
      const part = input.subarray(this.position, this.position + this.#left);
      this.position += part.byteLength;
      this.#left -= part.byteLength;
      if (this.#step === 'data') this.#frame.blocks.add(part);
      else if (this.#step !== 'skip') this.#field.push(...part);
      // A step without bytes ends at once.
      while (this.#left === 0) this.#end(into);
    }
  }

  #begin(step: Step, bytes: number): void {
    this.#step = step;
    this.#left = bytes;
    this.#field = [];
  }

  /** Ends a step whose bytes are all there. */
  #end(into: Uint8Array[]): void {
    const value = numberOf(this.#field);
    if (this.#step === 'magic') this.#takeMagic(value);
    else if (this.#step === 'skipSize') this.#begin('skip', value);
    else if (this.#step === 'skip') this.#begin('magic', 4);
    else if (this.#step === 'descriptor') {
      this.#frame = new Frame(value);
      this.#hash = this.#frame.header.hasChecksum ? this.#makeHash?.() : undefined;
      this.#begin('header', this.#frame.header.bytes);
    } else if (this.#step === 'header') {
      this.#frame.takeHeader(this.#field);
      this.#begin('block', 3);
    } else if (this.#step === 'block') this.#takeBlock(value);
    else if (this.#step === 'data') this.#takeData(into);
    else {
      if (this.#hash !== undefined && Number(this.#hash.digest() & 0xffffffffn) !== value)
        throw new Error('incorrect data check');
      this.#begin('magic', 4);
    }
  }

  #takeMagic(value: number): void {
    if (isSkippable(value)) this.#begin('skipSize', 4);
    else this.#begin('descriptor', 1);
  }

  #takeBlock(header: number): void {
    const { type, size, isLast } = blockHeader(header, this.#frame.blocks.bytesMax);
    this.#type = type;
    this.#size = size;
    this.#isLast = isLast;
    this.#begin('data', type === 'run' ? 1 : size);
  }

  #takeData(into: Uint8Array[]): void {
    const bytes = this.#frame.blocks.decode(this.#type, this.#size);
    this.#frame.count(bytes.byteLength, this.#isLast);
    this.#hash?.update(bytes);
    into.push(bytes);
    if (!this.#isLast) this.#begin('block', 3);
    else if (this.#frame.header.hasChecksum) this.#begin('checksum', 4);
    else this.#begin('magic', 4);
  }
}
