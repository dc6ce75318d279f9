import { AioscopeError } from '../errors.ts';
import { bytesOf } from './memory-source.ts';
import type { ByteSource, ByteStream, FetchedResponse } from './source.ts';

interface Chunks {
  next():
    | Promise<{ done?: boolean | undefined; value?: unknown }>
    | { done?: boolean | undefined; value?: unknown };
  return?(): unknown;
}

/** Makes a source of chunks; `endsAtOnce` is called if there are none. */
function chunkSource(chunks: Chunks, name = 'stream', endsAtOnce = () => {}): ByteSource {
  let chunk: Uint8Array = new Uint8Array(0);
  let isFirst = true;
  return {
    name,
    byteLength: undefined,
    async read(target) {
      while (chunk.byteLength === 0) {
        const { done, value } = await chunks.next();
        if (done && isFirst) endsAtOnce();
        if (done) return 0;
        isFirst = false;
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

/** The error of a source that can be read once. */
const usedUp = (what: string): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${what} has been read already; make a new one to read it again`,
  );

/** Whether a web stream has been read from. Only `Response` looks at that. */
function isDisturbed(stream: ByteStream): boolean {
  if (typeof Response === 'undefined') return false;
  try {
    new Response(stream as ReadableStream);
    return false;
  } catch {
    return true;
  }
}

/** Makes a source of a web stream. */
export function webSource(stream: ByteStream, name?: string): ByteSource {
  if (stream.locked)
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      'the ReadableStream is locked: another reader has it; release that reader first',
    );
  // What is left of a stream that was read in part can be read.
  const wasRead = isDisturbed(stream);
  const reader = stream.getReader();
  const end = async () => {
    // A stream that failed rejects again here; its fault has been reported already.
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  };
  return chunkSource({ next: () => reader.read(), return: end }, name, () => {
    if (wasRead) throw usedUp('the ReadableStream');
  });
}

/** Makes a source of the body of a response. */
export function responseSource(response: FetchedResponse): ByteSource {
  const { body, bodyUsed, ok, status, statusText, url } = response;
  // What follows the path may be a secret.
  const name = url.split(/[?#]/, 1)[0] || 'response';
  if (!ok)
    throw new AioscopeError(
      'AIOSCOPE_READ',
      `${name}: the server answered ${status} ${statusText}`.trimEnd(),
      { byteOffset: 0 },
    );
  if (bodyUsed) throw usedUp('the body of the Response');
  if (body === null) return chunkSource([][Symbol.iterator](), name);
  return 'getReader' in body ? webSource(body, name) : iteratorSource(body, name);
}

/** What a Node Readable says of itself. One that failed rejects with its error. */
interface NodeReadable {
  readonly readableEnded?: unknown;
  readonly destroyed?: unknown;
  readonly errored?: unknown;
}

/** Iterators that have been read: they yield nothing more. */
const iterated = new WeakSet<object>();

/** Makes a source of an iterable of chunks, such as a Node stream. */
export function iteratorSource(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  name?: string,
): ByteSource {
  const { readableEnded, destroyed, errored } = source as NodeReadable;
  if (readableEnded === true || (destroyed === true && !errored)) throw usedUp('the stream');
  const iterator: Chunks & object =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // An array makes a new iterator each time; a generator is its own.
  if ((iterator as object) === source) {
    if (iterated.has(source)) throw usedUp('the iterator');
    iterated.add(source);
  }
  return chunkSource(iterator, name);
}
