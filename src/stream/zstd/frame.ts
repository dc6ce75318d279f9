import { BLOCK_TYPES, BlockDecoder, type BlockType } from './block.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
/** The largest window that zstd(1) accepts by default. */
const WINDOW_BYTES_MAX = 2 ** 27;

/** A hash of the content of a frame, whose low 32 bits are its checksum. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

/** What the next bytes are: a field that is read whole, the bytes of a block, or bytes to skip. */
type Step = 'magic' | 'skipSize' | 'descriptor' | 'header' | 'block' | 'checksum' | 'data' | 'skip';

const numberOf = (field: readonly number[]): number =>
  field.reduceRight((sum, byte) => sum * 256 + byte, 0);

/** The frame that is being decoded: what its header says. */
class Frame {
  readonly hasChecksum: boolean;
  readonly headerBytes: number;
  readonly #isSingle: boolean;
  readonly #dictionaryBytes: number;
  readonly #contentSizeBytes: number;
  /** Bytes of content, if the header says it. */
  contentSize: number | undefined;
  blocks = new BlockDecoder(0);
  /** Bytes decoded so far. */
  bytes = 0;

  constructor(descriptor: number) {
    if ((descriptor & 8) !== 0) throw new Error('a reserved bit of the frame header is set');
    this.#isSingle = (descriptor & 0x20) !== 0;
    this.hasChecksum = (descriptor & 4) !== 0;
    this.#dictionaryBytes = DICTIONARY_BYTES[descriptor & 3];
    const size = CONTENT_SIZE_BYTES[descriptor >>> 6];
    this.#contentSizeBytes = size === 0 && this.#isSingle ? 1 : size;
    this.headerBytes = (this.#isSingle ? 0 : 1) + this.#dictionaryBytes + this.#contentSizeBytes;
  }

  takeHeader(field: readonly number[]): void {
    const end = field.length - this.#contentSizeBytes;
    const dictionary = numberOf(field.slice(end - this.#dictionaryBytes, end));
    if (dictionary !== 0)
      throw new Error(`it needs dictionary ${dictionary}, and dictionaries cannot be given`);
    if (this.#contentSizeBytes > 0)
      this.contentSize = numberOf(field.slice(end)) + (this.#contentSizeBytes === 2 ? 256 : 0);
    // The content of a single-segment frame, else a power of two plus eighths of it.
    const window =
      this.#isSingle && this.contentSize !== undefined
        ? this.contentSize
        : 2 ** (10 + (field[0] >>> 3)) * (1 + (field[0] & 7) / 8);
    if (window > WINDOW_BYTES_MAX)
      throw new Error(`a window of ${window} bytes is larger than ${WINDOW_BYTES_MAX}`);
    this.blocks = new BlockDecoder(window);
  }

  /** Counts decoded bytes, of which the header may have said how many there are. */
  count(bytes: number, isLast: boolean): void {
    this.bytes += bytes;
    const { contentSize = this.bytes } = this;
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
      this.#hash = this.#frame.hasChecksum ? this.#makeHash?.() : undefined;
      this.#begin('header', this.#frame.headerBytes);
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
    const isSkippable = (value & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
    if (value !== MAGIC && !isSkippable) throw new Error('the bytes after a frame are not a frame');
    if (isSkippable) this.#begin('skipSize', 4);
    else this.#begin('descriptor', 1);
  }

  #takeBlock(header: number): void {
    const type = BLOCK_TYPES[(header >>> 1) & 3];
    if (type === undefined) throw new Error('a block has the reserved type');
    this.#type = type;
    this.#isLast = (header & 1) !== 0;
    this.#size = header >>> 3;
    const { bytesMax } = this.#frame.blocks;
    if (this.#size > bytesMax)
      throw new Error(`a block of ${this.#size} bytes, expected at most ${bytesMax}`);
    this.#begin('data', type === 'run' ? 1 : this.#size);
  }

  #takeData(into: Uint8Array[]): void {
    const bytes = this.#frame.blocks.decode(this.#type, this.#size);
    this.#frame.count(bytes.byteLength, this.#isLast);
    this.#hash?.update(bytes);
    into.push(bytes);
    if (!this.#isLast) this.#begin('block', 3);
    else if (this.#frame.hasChecksum) this.#begin('checksum', 4);
    else this.#begin('magic', 4);
  }
}
