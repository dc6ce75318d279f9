import { AioscopeError, messageOf } from '../errors.ts';
import type { Compression } from './magic.ts';
import type { ByteSource } from './source.ts';

/** Decompresses piece by piece. Calls return the bytes that their input completes, or throw. */
export interface Inflater {
  push(input: Uint8Array): Promise<readonly Uint8Array[]>;
  /** Ends the input; throws if it ended too early. */
  end(): Promise<readonly Uint8Array[]>;
  /** Returns the bytes that a call produced before it threw. */
  rest(): readonly Uint8Array[];
  /** Bytes to push at once: at worst they decompress to about 16 MiB. */
  readonly inputBytes: number;
  /** Whether a push returns everything its input completes, and throws only because of it. */
  readonly isExact: boolean;
  /**
   * Index of the byte for which the last push threw, of an inflater that has returned everything
   * before it.
   */
  failedAt?(): number;
}

/** The decompressors of a runtime. */
export type Inflaters = Readonly<Record<Compression, () => Promise<Inflater>>>;

/** Bytes of gzip to push at once: one byte decompresses to at most 1032. */
export const GZIP_INPUT_BYTES = 16384;

/** The decompressed bytes of a source. A fault is thrown after every byte before it was read. */
export class InflatedSource implements ByteSource {
  readonly name: string;
  readonly byteLength = undefined;
  readonly #source: ByteSource;
  readonly #compression: Compression;
  readonly #inflaters: Inflaters;
  readonly #input = new Uint8Array(GZIP_INPUT_BYTES);
  #inflater: Inflater | undefined;
  #queue: Uint8Array[] = [];
  #bytesIn = 0;
  #bytesOut = 0;
  #ended = false;
  #fault: AioscopeError | undefined;

  constructor(source: ByteSource, compression: Compression, inflaters: Inflaters) {
    this.name = source.name;
    this.#source = source;
    this.#compression = compression;
    this.#inflaters = inflaters;
  }

  async read(target: Uint8Array): Promise<number> {
    while (this.#queue.length === 0) {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#ended) return 0;
      await this.#inflate();
    }
    const part = this.#queue[0].subarray(0, target.byteLength);
    target.set(part);
    if (part.byteLength === this.#queue[0].byteLength) this.#queue.shift();
    else this.#queue[0] = this.#queue[0].subarray(part.byteLength);
    return part.byteLength;
  }

  reopen(): InflatedSource | undefined {
    const again = this.#source.reopen?.();
    return again && new InflatedSource(again, this.#compression, this.#inflaters);
  }

  close(): void | Promise<void> {
    return this.#source.close();
  }

  async #inflate(): Promise<void> {
    const inflater = await this.#begin();
    const read = await this.#source.read(this.#input.subarray(0, inflater.inputBytes));
    const input = this.#input.subarray(0, read);
    try {
      this.#take(read === 0 ? await inflater.end() : await inflater.push(input));
      this.#ended = read === 0;
    } catch (error) {
      this.#take(inflater.rest());
      const at = read === 0 ? 0 : (inflater.failedAt?.() ?? (await this.#salvage(input)));
      const isWhole = at !== undefined && inflater.isExact;
      this.#fault = this.#faultAt(this.#bytesIn + (at ?? 0), read === 0, isWhole, error);
    }
    this.#bytesIn += read;
  }

  #faultAt(byte: number, isEnd: boolean, isWhole: boolean, cause: unknown): AioscopeError {
    const at = (this.#source.byteOffset ?? 0) + byte;
    const where = isEnd
      ? `ends too early, at compressed byte ${at}`
      : `is corrupt near compressed byte ${at}`;
    const advice =
      this.#bytesOut === 0
        ? 'if these bytes are records and not compressed data, read it with compression none'
        : isWhole
          ? 'every whole record before that was read'
          : 'the last records before that may be missing; decompress it to a file and read that';
    const message =
      `${this.name}: ${this.#compression} data ${where}, after ${this.#bytesOut} bytes of ` +
      `records: ${messageOf(cause)}; ${advice}`;
    return new AioscopeError('AIOSCOPE_COMPRESSION', message, {
      byteOffset: this.#bytesOut,
      cause,
    });
  }

  /** Returns the decompressor, which is loaded first if the runtime has none built in. */
  async #begin(): Promise<Inflater> {
    try {
      this.#inflater ??= await this.#inflaters[this.#compression]();
      return this.#inflater;
    } catch (cause) {
      const message =
        `${this.name}: ${this.#compression} cannot be decompressed here: ${messageOf(cause)}; ` +
        'decompress it first, or make xxhash-wasm loadable';
      throw new AioscopeError('AIOSCOPE_COMPRESSION', message, { byteOffset: 0, cause });
    }
  }

  #take(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#bytesOut += piece.byteLength;
      if (piece.byteLength > 0) this.#queue.push(piece);
    }
  }

  /**
   * Recovers the bytes that a failing decompressor made of its last input and did not return. Reads
   * the source again from its beginning, and the last input byte by byte. Returns the index in that
   * input of the byte that fails; undefined if the source cannot be read again.
   */
  async #salvage(failing: Uint8Array): Promise<number | undefined> {
    const again = this.#source.reopen?.();
    if (again === undefined) return undefined;
    let at = 0;
    const input = failing.slice();
    const inflater = await this.#inflaters[this.#compression]();
    let skip = this.#bytesOut;
    const takeNew = (pieces: readonly Uint8Array[]) => {
      for (const piece of pieces) {
        this.#take([piece.subarray(skip)]);
        skip = Math.max(0, skip - piece.byteLength);
      }
    };
    try {
      for (let done = 0; done < this.#bytesIn; ) {
        const length = Math.min(inflater.inputBytes, this.#bytesIn - done);
        const part = this.#input.subarray(0, length);
        const read = await (async () => again.read(part))().catch(() => 0);
        if (read === 0) return undefined;
        takeNew(await inflater.push(this.#input.subarray(0, read)));
        done += read;
      }
      for (; at < input.byteLength; at++) takeNew(await inflater.push(input.subarray(at, at + 1)));
    } catch {
      // This is the byte that fails; the caller reports why.
    } finally {
      await again.close();
    }
    return at;
  }
}

/** A decompressor that has returned nothing for this long (ms) has nothing left. */
const QUIET_MS = 5;

/**
 * Decompresses gzip by DecompressionStream, which may return bytes of an input with a later one.
 */
export async function webGzipInflater(): Promise<Inflater> {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let pieces: Uint8Array[] = [];
  const drained = (async () => {
    for (let step = await reader.read(); !step.done; step = await reader.read())
      pieces.push(step.value);
  })();
  drained.catch(() => {});
  const rest = () => {
    const made = pieces;
    pieces = [];
    return made;
  };
  return {
    rest,
    inputBytes: GZIP_INPUT_BYTES,
    isExact: false,
    async push(input) {
      // The readable side has the reason of a failure; the writable side only that it is closed.
      await Promise.race([writer.write(input.slice()).catch(() => drained), drained]);
      return rest();
    },
    async end() {
      // An error at the end discards bytes that are not read yet, so they are read first.
      for (let before = -1; before !== pieces.length; ) {
        before = pieces.length;
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      }
      await Promise.race([
        writer.close().then(
          () => drained,
          () => drained,
        ),
        drained,
      ]);
      return rest();
    },
  };
}
