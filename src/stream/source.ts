import { AioscopeError } from '../errors.ts';

/** Bytes that are read in order, into memory that the reader owns. */
export interface ByteSource {
  /** What messages and reports call it: a path, `-`, a file name, `memory`, `blob` or `stream`. */
  readonly name: string;
  /** Size in bytes, if it is known in advance. */
  readonly byteLength: number | undefined;
  /** The offset of its first byte in the file that `name` names; 0 unless given. */
  readonly byteOffset?: number | undefined;
  /**
   * Where the bytes can be read at any offset once the first read has returned: the descriptor of
   * an open file, or a blob, which begin where this source begins (`byteOffset` is 0). Several
   * readers may use it until `close`.
   */
  readonly origin?: number | Blob | undefined;
  /** Reads into the beginning of `target`. Returns the number of bytes read, 0 at the end. */
  read(target: Uint8Array): number | Promise<number>;
  /**
   * Whether a read would return bytes at once, of a source that grows: a reader that has whole
   * records does not wait for more.
   */
  ready?(): boolean | undefined;
  /**
   * The same source from its beginning, if it can be read twice. Reading it fails if it is no
   * longer the same.
   */
  reopen?(): ByteSource | undefined;
  /** Releases what the source holds. May be called before its end. */
  close(): void | Promise<void>;
}

/**
 * What can be read: bytes in memory, a `Blob` or `File`, a web stream, an iterable of byte chunks
 * (a Node Readable is one), or a `ByteSource`. Under Node also a path or a `file:` URL; `-` is
 * standard input.
 */
export type Source =
  | Uint8Array
  | ArrayBufferLike
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | ByteSource
  | string
  | URL;

const EXPECTED =
  'a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream, or an async iterable of byte chunks';

/** A source in memory: it never waits. */
export interface MemorySource extends ByteSource {
  readonly byteLength: number;
  read(target: Uint8Array): number;
}

/** Makes a source of bytes in memory. */
export function memorySource(bytes: Uint8Array): MemorySource {
  let position = 0;
  return {
    name: 'memory',
    byteLength: bytes.byteLength,
    read(target) {
      const part = bytes.subarray(position, position + target.byteLength);
      target.set(part);
      position += part.byteLength;
      return part.byteLength;
    },
    reopen: () => memorySource(bytes),
    close() {},
  };
}

/** The bytes of a chunk, whichever view of them it is; undefined for anything else. */
export function bytesOf(chunk: unknown): Uint8Array | undefined {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk))
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (typeof SharedArrayBuffer !== 'undefined' && chunk instanceof SharedArrayBuffer)
    return new Uint8Array(chunk);
  return undefined;
}

interface Chunks {
  next():
    | Promise<{ done?: boolean | undefined; value?: unknown }>
    | { done?: boolean | undefined; value?: unknown };
  return?(): unknown;
}

function chunkSource(chunks: Chunks): ByteSource {
  let chunk: Uint8Array = new Uint8Array(0);
  return {
    name: 'stream',
    byteLength: undefined,
    async read(target) {
      while (chunk.byteLength === 0) {
        const { done, value } = await chunks.next();
        if (done) return 0;
        const bytes = bytesOf(value);
        if (bytes === undefined)
          throw new TypeError(
            `a chunk is ${value === null ? 'null' : `a ${typeof value}`}, not bytes`,
          );
        chunk = bytes;
      }
      const part = chunk.subarray(0, target.byteLength);
      target.set(part);
      chunk = chunk.subarray(part.byteLength);
      return part.byteLength;
    },
    ready: () => (chunk.byteLength > 0 ? true : undefined),
    async close() {
      await chunks.return?.();
    },
  };
}

function webSource(stream: ReadableStream): ByteSource {
  if (stream.locked)
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      'the ReadableStream is locked: another reader has it; release that reader first',
    );
  const reader = stream.getReader();
  const end = async () => {
    // A stream that failed rejects again here; its fault has been reported already.
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  };
  return chunkSource({ next: () => reader.read(), return: end });
}

/**
 * Makes a byte source of anything that every runtime can read.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for anything else
 */
export function byteSource(source: Source): ByteSource {
  const bytes = bytesOf(source);
  if (bytes !== undefined) return memorySource(bytes);
  if (typeof source === 'object' && source !== null) {
    if ('read' in source && 'byteLength' in source && typeof source.read === 'function')
      return source as ByteSource;
    if (typeof ReadableStream !== 'undefined' && source instanceof ReadableStream)
      return webSource(source);
    if (Symbol.asyncIterator in source)
      return chunkSource(source[Symbol.asyncIterator]() as Chunks);
    if (Symbol.iterator in source)
      return chunkSource((source as Iterable<Uint8Array>)[Symbol.iterator]() as Chunks);
  }
  const got = typeof source === 'string' ? `the text '${source}'` : String(source);
  throw new AioscopeError('AIOSCOPE_SOURCE', `the source is ${got}; it has to be ${EXPECTED}`);
}
