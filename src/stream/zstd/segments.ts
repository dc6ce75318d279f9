import { BLOCK_BYTES_MAX } from './block.ts';
import { blockHeader, FrameHeader, isSkippable, numberOf } from './header.ts';

/** What a frame declares of its content; it has one of both. */
interface Declared {
  /** Bytes. */
  readonly contentSize: number | undefined;
  /** The low 32 bits of its hash. */
  readonly checksum: number | undefined;
}

/** A part of a stream: one large frame whose content can be verified, or anything else. */
export interface Segment {
  readonly begin: number;
  readonly end: number;
  /** Of a large frame. */
  readonly declared: Declared | undefined;
}

/** Reads bytes at an offset, fewer only at the end. */
type ReadAt = (at: number, bytes: number) => Uint8Array | Promise<Uint8Array>;

/** Blocks after which others get their turn: their headers take a few milliseconds. */
const BLOCKS_PER_TURN = 1000;

/** Follows the headers of a stream. */
class Walk {
  at = 0;
  readonly #read: ReadAt;
  #blocks = 0;

  constructor(read: ReadAt) {
    this.#read = read;
  }

  async field(bytes: number): Promise<Uint8Array> {
    const field = await this.#read(this.at, bytes);
    if (field.byteLength < bytes) throw new Error('unexpected end of file');
    this.at += bytes;
    return field;
  }

  /** Goes over a frame; undefined if it has no content, or nothing to verify that by. */
  async frame(): Promise<Declared | undefined> {
    if (isSkippable(numberOf(await this.field(4)))) {
      const bytes = numberOf(await this.field(4));
      this.at += bytes;
      return undefined;
    }
    const header = new FrameHeader((await this.field(1))[0]);
    header.take(await this.field(header.bytes));
    const bytesMax = Math.min(header.window, BLOCK_BYTES_MAX);
    for (let isLast = false; !isLast; ) {
      const block = blockHeader(numberOf(await this.field(3)), bytesMax);
      this.at += block.type === 'run' ? 1 : block.size;
      isLast = block.isLast;
      if (++this.#blocks % BLOCKS_PER_TURN === 0) await new Promise((go) => setTimeout(go));
    }
    const checksum = header.hasChecksum ? numberOf(await this.field(4)) : undefined;
    const { contentSize } = header;
    return contentSize === undefined && checksum === undefined
      ? undefined
      : { contentSize, checksum };
  }
}

/**
 * Divides a stream of `size` bytes into its frames of `largeBytes` and more, and what lies between
 * them, by reading nothing but headers.
 *
 * @throws Error if a header is damaged, or the stream is cut
 */
export async function segmentsOf(
  read: ReadAt,
  size: number,
  largeBytes: number,
): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  const walk = new Walk(read);
  while (walk.at < size) {
    const begin = walk.at;
    const frame = await walk.frame();
    const end = walk.at;
    if (end > size) throw new Error('unexpected end of file');
    const declared = end - begin < largeBytes ? undefined : frame;
    const last = segments.at(-1);
    if (last !== undefined && last.declared === undefined && declared === undefined)
      segments[segments.length - 1] = { begin: last.begin, end, declared };
    else segments.push({ begin, end, declared });
  }
  return segments;
}
