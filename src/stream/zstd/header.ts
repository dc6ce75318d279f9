const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
/** The largest window that zstd(1) accepts by default. */
const WINDOW_BYTES_MAX = 2 ** 27;

/** The types of blocks, by number. */
const BLOCK_TYPES = ['raw', 'run', 'compressed'] as const;
export type BlockType = (typeof BLOCK_TYPES)[number];

/** The number that a field holds, little-endian. */
export const numberOf = (field: ArrayLike<number>): number =>
  Array.from(field).reduceRight((sum, byte) => sum * 256 + byte, 0);

/** Whether the frame that begins with this magic number has bytes to skip, and no content. */
export function isSkippable(magic: number): boolean {
  const skips = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
  if (magic !== MAGIC && !skips) throw new Error('the bytes after a frame are not a frame');
  return skips;
}

/** The header of a frame: what is known from its first byte, and the fields after that. */
export class FrameHeader {
  readonly hasChecksum: boolean;
  /** Bytes of the fields after the first byte. */
  readonly bytes: number;
  /** Bytes of content, if the header says it. */
  contentSize: number | undefined;
  window = 0;
  readonly #isSingle: boolean;
  readonly #dictionaryBytes: number;
  readonly #contentSizeBytes: number;

  constructor(descriptor: number) {
    if ((descriptor & 8) !== 0) throw new Error('a reserved bit of the frame header is set');
    this.#isSingle = (descriptor & 0x20) !== 0;
    this.hasChecksum = (descriptor & 4) !== 0;
    this.#dictionaryBytes = DICTIONARY_BYTES[descriptor & 3];
    const size = CONTENT_SIZE_BYTES[descriptor >>> 6];
    this.#contentSizeBytes = size === 0 && this.#isSingle ? 1 : size;
    this.bytes = (this.#isSingle ? 0 : 1) + this.#dictionaryBytes + this.#contentSizeBytes;
  }

  /** Takes the fields after the first byte. */
  take(field: ArrayLike<number>): void {
    const fields = Array.from(field);
    const end = fields.length - this.#contentSizeBytes;
    const dictionary = numberOf(fields.slice(end - this.#dictionaryBytes, end));
    if (dictionary !== 0)
      throw new Error(`it needs dictionary ${dictionary}, and dictionaries cannot be given`);
    if (this.#contentSizeBytes > 0)
      this.contentSize = numberOf(fields.slice(end)) + (this.#contentSizeBytes === 2 ? 256 : 0);
    // The content of a single-segment frame, else a power of two plus eighths of it.
    this.window =
      this.#isSingle && this.contentSize !== undefined
        ? this.contentSize
        : 2 ** (10 + (fields[0] >>> 3)) * (1 + (fields[0] & 7) / 8);
    if (this.window > WINDOW_BYTES_MAX)
      throw new Error(`a window of ${this.window} bytes is larger than ${WINDOW_BYTES_MAX}`);
  }
}

/** The header of a block: `size` is that of its content if it is a run of one byte. */
export function blockHeader(
  value: number,
  bytesMax: number,
): { readonly type: BlockType; readonly size: number; readonly isLast: boolean } {
  const type = BLOCK_TYPES[(value >>> 1) & 3];
  if (type === undefined) throw new Error('a block has the reserved type');
  const size = value >>> 3;
  if (size > bytesMax) throw new Error(`a block of ${size} bytes, expected at most ${bytesMax}`);
  return { type, size, isLast: (value & 1) !== 0 };
}
