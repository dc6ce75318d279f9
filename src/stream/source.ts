import { AioscopeError } from '../errors.ts';
import { blobSource } from './blob-source.ts';
import type { Compression } from './compression.ts';

/** Bytes that come one after the other into memory the reader owns. */
export interface ByteSource {
  /** What messages and reports call it: a path, `-`, the name of a `File`, or `memory`, `blob` and `stream`. */
  readonly name: string;
  /** How many bytes there are, where that is known beforehand. */
  readonly byteLength: number | undefined;
  /** Where the first of them lies in what `name` names; at its beginning unless said. */
  readonly byteOffset?: number | undefined;
  /**
   * What the bytes can be read from at any place, once the first read has been done: the descriptor of an open file, or a
   * blob. It is for several readers of one source, and stays open until `close`.
   */
  readonly origin?: number | Blob | undefined;
  /** What the bytes were compressed with, once they have been looked at. */
  readonly compression?: Compression | null;
  /** Read into the beginning of `target`; gives the number of bytes read, and 0 at the end. */
  read(target: Uint8Array): number | Promise<number>;
  /** Whether a read would give bytes at once: a reader that has whole records does not wait for more. Of a source that grows. */
  ready?(): boolean | undefined;
  /** The same source from its beginning again, where it can be read twice. */
  reopen?(): ByteSource | undefined;
  /** Let go of what the source holds; also called when its end has not been reached. */
  close(): void | Promise<void>;
}

/**
 * What can be read in any runtime: bytes in memory, a `Blob` or `File`, a web stream, or anything that iterates over chunks
 * of bytes (a Node Readable does).
 */
export type Source =
  | Uint8Array
  | ArrayBufferLike
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

const EXPECTED =
  'a Uint8Array, an ArrayBuffer, a Blob, a ReadableStream, or an async iterable of byte chunks';

/** A source that is in memory: it never waits. */
export interface MemorySource extends ByteSource {
  readonly byteLength: number;
  read(target: Uint8Array): number;
}

/** Bytes in memory as a source. */
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

/** The bytes of a chunk, whatever view of them it is. */
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
      'the ReadableStream is locked: somebody else reads it; give the only reader',
    );
  const reader = stream.getReader();
  const end = async () => {
    // A stream that failed says so again, and has been heard.
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  };
  return chunkSource({ next: () => reader.read(), return: end });
}

/**
 * Make a byte source of anything that can be read.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for anything else
 */
export function toByteSource(source: Source | ByteSource): ByteSource {
  const bytes = bytesOf(source);
  if (bytes !== undefined) return memorySource(bytes);
  if (typeof source === 'object' && source !== null) {
    if ('read' in source && 'byteLength' in source && typeof source.read === 'function')
      return source as ByteSource;
    if (typeof Blob !== 'undefined' && source instanceof Blob) return blobSource(source);
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
