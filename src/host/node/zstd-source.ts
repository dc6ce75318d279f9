import { AioscopeError } from '../../errors.ts';
import type { ByteSource } from '../../stream/source.ts';
import type { Hash } from '../../stream/zstd/frame.ts';
import type { Segment } from '../../stream/zstd/segments.ts';

/** What the program is used for. */
interface Limits {
  /**
   * Bytes of content that are decoded here before the program starts: enough to recognize records,
   * or to print a few. What it returns is compared with them.
   */
  readonly headBytes: number;
  /** A frame with fewer bytes is decoded here: a process would save less than it costs. */
  readonly largeBytes: number;
}

const LIMITS: Limits = { headBytes: 2 ** 21, largeBytes: 2 ** 20 };

const PIECE_BYTES = 65536;

/** A frame that the program decompresses. */
interface Frame {
  /** Of the content of all frames. */
  readonly begin: number;
  /** Of what was returned of it; undefined where hashes cannot be made. */
  readonly hash: Hash | undefined;
}

/**
 * The content of a long zstd file, large frames of which zstd(1) decompresses, if it is there. If
 * anything goes wrong with that, the file is read again from its beginning and decoded here, up to
 * the byte that has to be returned next: faults and what comes before them are always our own.
 */
export class ZstdSource implements ByteSource {
  readonly name: string;
  readonly byteLength = undefined;
  readonly #raw: ByteSource;
  readonly #decode: (raw: ByteSource) => ByteSource;
  readonly #limits: Limits;
  readonly #closing = new AbortController();
  /** Decodes here. */
  #own: ByteSource;
  #head: Uint8Array[] = [];
  #headBytes = 0;
  #bytesOut = 0;
  #hasTried = false;
  /** What the program returns, while it is used. */
  #pieces: AsyncGenerator<Uint8Array, void, void> | undefined;
  #piece = new Uint8Array(0);
  #frame: Frame | undefined;

  constructor(raw: ByteSource, decode: (raw: ByteSource) => ByteSource, limits = LIMITS) {
    this.#limits = limits;
    this.name = raw.name;
    this.#raw = raw;
    this.#decode = decode;
    this.#own = decode(raw);
  }

  async read(target: Uint8Array): Promise<number> {
    if (this.#bytesOut >= this.#limits.headBytes && !this.#hasTried) {
      this.#hasTried = true;
      this.#pieces = await this.#begin();
      this.#head = [];
      if (this.#closing.signal.aborted) return 0;
    }
    if (this.#pieces !== undefined) {
      try {
        return await this.#readPiece(this.#pieces, target);
      } catch (error) {
        if (this.#closing.signal.aborted) return 0;
        this.#pieces = undefined;
        await this.#readAgain(error);
      }
    }
    const read = await this.#own.read(target);
    if (!this.#hasTried && this.#isLong) this.#head.push(target.slice(0, read));
    this.#bytesOut += read;
    return read;
  }

  reopen(): ByteSource | undefined {
    const again = this.#raw.reopen?.();
    return again && new ZstdSource(again, this.#decode, this.#limits);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    try {
      await this.#pieces?.return().catch(() => {});
    } finally {
      await this.#raw.close();
    }
  }

  /** Whether it is a file that can be read at any offset, and has a large frame perhaps. */
  get #isLong(): boolean {
    const { byteLength = 0, origin } = this.#raw;
    return byteLength >= this.#limits.largeBytes && typeof origin === 'number';
  }

  /** Starts what the program returns; undefined if there is nothing for it. */
  async #begin(): Promise<AsyncGenerator<Uint8Array, void, void> | undefined> {
    this.#headBytes = this.#bytesOut;
    if (!this.#isLong) return undefined;
    const { zstdProgram } = await import('./zstd-program.ts');
    const program = zstdProgram();
    if (program === undefined) return undefined;
    const { segmentsOf } = await import('../../stream/zstd/segments.ts');
    const { byteLength = 0 } = this.#raw;
    const field = new Uint8Array(16);
    const readAt = async (at: number, bytes: number) =>
      field.subarray(0, await this.#part(at, at + bytes).read(field.subarray(0, bytes)));
    try {
      const segments = await segmentsOf(readAt, byteLength, this.#limits.largeBytes);
      if (segments.every(({ declared }) => declared === undefined)) return undefined;
      return beginningWith(Buffer.concat(this.#head), this.#all(program, segments));
    } catch {
      // Damage, which is reported when the bytes before it were read.
      return undefined;
    }
  }

  /** Bytes of the file: none once the source is closed, whose descriptor is another file's then. */
  #part(begin: number, end: number): ByteSource {
    const range = this.#raw.range?.(begin, Math.min(end, this.#raw.byteLength ?? 0));
    if (range === undefined) throw new Error('the file is closed');
    const { signal } = this.#closing;
    return { ...range, read: (target) => (signal.aborted ? 0 : range.read(target)) };
  }

  /** The content of all segments, from the beginning. */
  async *#all(
    program: string,
    segments: readonly Segment[],
  ): AsyncGenerator<Uint8Array, void, void> {
    const { decompressFrame } = await import('./zstd-program.ts');
    const { hashMaker } = await import('../../stream/zstd/inflater.ts');
    const makeHash = await hashMaker();
    let begin = 0;
    for (const { begin: from, end, declared } of segments) {
      const input = this.#part(from, end);
      const isVerifiable = declared?.contentSize !== undefined || makeHash !== undefined;
      if (declared === undefined || !isVerifiable) {
        this.#frame = undefined;
        for await (const piece of piecesOf(this.#decode(input))) {
          begin += piece.byteLength;
          yield piece;
        }
        continue;
      }
      const hash = makeHash?.();
      this.#frame = { begin, hash };
      const { signal } = this.#closing;
      for await (const piece of decompressFrame(program, input, declared.contentSize, signal)) {
        begin += piece.byteLength;
        hash?.update(piece);
        yield piece;
      }
      if (hash !== undefined && low(hash) !== (declared.checksum ?? low(hash)))
        throw new Error('incorrect data check');
    }
    // A file that grew has more frames.
    if (!this.#raw.seek?.(segments.at(-1)?.end ?? 0) || (await this.#raw.read(new Uint8Array(1))))
      throw new Error('the file grew');
  }

  async #readPiece(
    pieces: AsyncGenerator<Uint8Array, void, void>,
    target: Uint8Array,
  ): Promise<number> {
    if (this.#piece.byteLength === 0) {
      const { value, done } = await pieces.next();
      if (done) return 0;
      this.#piece = value as Uint8Array<ArrayBuffer>;
    }
    const part = this.#piece.subarray(0, target.byteLength);
    target.set(part);
    this.#piece = this.#piece.subarray(part.byteLength);
    this.#bytesOut += part.byteLength;
    return part.byteLength;
  }

  /** Decodes here from the beginning, without returning the bytes that were returned. */
  async #readAgain(cause: unknown): Promise<void> {
    if (!this.#raw.seek?.(0)) throw cause;
    this.#own = this.#decode(this.#raw);
    const { begin = this.#bytesOut, hash } = this.#frame ?? {};
    const { hashMaker } = await import('../../stream/zstd/inflater.ts');
    const own = (await hashMaker())?.();
    const piece = new Uint8Array(PIECE_BYTES);
    let at = 0;
    while (at < this.#bytesOut) {
      const end = at < begin ? Math.min(begin, this.#bytesOut) : this.#bytesOut;
      const read = await this.#own.read(piece.subarray(0, end - at));
      if (read === 0) break;
      if (at >= begin) own?.update(piece.subarray(0, read));
      at += read;
    }
    // Of bytes that were decoded here, the program may have returned others or none.
    const isOwn = at <= Math.max(begin, this.#headBytes);
    const isSame = hash === undefined || own === undefined || hash.digest() === own.digest();
    if (at === this.#bytesOut && (isOwn || isSame)) return;
    const message =
      `${this.name}: zstd, as found on PATH, returns other bytes than the file has, before byte ` +
      `${this.#bytesOut} of records; take it from PATH, or decompress the file first`;
    throw new AioscopeError('AIOSCOPE_COMPRESSION', message, { byteOffset: begin, cause });
  }
}

/** The pieces without the bytes of `head`, with which they have to begin. */
async function* beginningWith(
  head: Buffer,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let rest = head;
  for await (const piece of pieces) {
    const known = rest.subarray(0, piece.byteLength);
    if (known.compare(piece, 0, known.byteLength) !== 0)
      throw new Error('zstd returns other bytes than were decoded here');
    rest = rest.subarray(known.byteLength);
    if (known.byteLength < piece.byteLength) yield piece.subarray(known.byteLength);
  }
  if (rest.byteLength > 0) throw new Error('zstd returns fewer bytes than were decoded here');
}

const low = (hash: Hash): number => Number(hash.digest() & 0xffffffffn);

/** All bytes of a source, from where it is. */
async function* piecesOf(source: ByteSource): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    const piece = new Uint8Array(PIECE_BYTES);
    const read = await source.read(piece);
    if (read === 0) return;
    yield piece.subarray(0, read);
  }
}
