// A file of a server as a source that can be read at any offset.
import { AioscopeError, messageOf } from '../errors.ts';
import type { ByteSource } from './source.ts';

/** A file of a server that answers requests for ranges of its bytes. It can be cloned. */
export interface HttpFile {
  readonly url: string;
  readonly byteLength: number;
  /** The `ETag` of the version that is read: once the file has another, reading it fails. */
  readonly etag: string;
}

/** The status of a server whose file no longer is the version asked for, or is shorter. */
const CHANGED = 412;
const UNSATISFIABLE = 416;
const PARTIAL = 206;

/** Requests the bytes `begin` to `end` of a file of a server. */
async function fetchRange(
  { url, etag }: HttpFile,
  name: string,
  begin: number,
  end: number,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const headers = { range: `bytes=${begin}-${end - 1}`, 'if-match': etag };
  const fail = (message: string, code: 'AIOSCOPE_READ' | 'AIOSCOPE_CHANGED' = 'AIOSCOPE_READ') =>
    new AioscopeError(code, `${name}: ${message}`, { byteOffset: begin });
  let response: Response;
  try {
    response = await fetch(url, { headers, signal });
  } catch (error) {
    throw fail(`the server does not answer (${messageOf(error)})`);
  }
  const { status, body } = response;
  if (status === CHANGED || status === UNSATISFIABLE)
    throw fail('the file changed since it was chosen; choose it again', 'AIOSCOPE_CHANGED');
  if (status !== PARTIAL || body === null)
    throw fail(`the server answered ${status} to a request for bytes ${begin} to ${end}`);
  return body.getReader();
}

/** Makes a source of the bytes `begin` to `end` of a file of a server, all of them unless given. */
export function httpFileSource(
  file: HttpFile,
  name: string,
  begin = 0,
  end = file.byteLength,
): ByteSource {
  const stop = new AbortController();
  let reader: Promise<ReadableStreamDefaultReader<Uint8Array>> | undefined;
  let chunk = new Uint8Array(0);
  let position = begin;
  return {
    name,
    byteLength: end - begin,
    byteOffset: begin,
    ...(begin === 0 && { origin: file }),
    async read(target) {
      if (position >= end || target.byteLength === 0) return 0;
      reader ??= fetchRange(file, name, position, end, stop.signal);
      while (chunk.byteLength === 0) {
        const { value } = await (await reader).read();
        if (value === undefined)
          throw new AioscopeError(
            'AIOSCOPE_SHRANK',
            `${name}: ended at byte ${position}, expected ${end} bytes; ` +
              'every whole record before that was read',
            { byteOffset: position },
          );
        chunk = value as Uint8Array<ArrayBuffer>;
      }
      const bytes = chunk.subarray(0, target.byteLength);
      target.set(bytes);
      chunk = chunk.subarray(bytes.byteLength);
      position += bytes.byteLength;
      return bytes.byteLength;
    },
    reopen: () => httpFileSource(file, name, begin, end),
    range: (from, to) => httpFileSource(file, name, begin + from, begin + to),
    close: () => stop.abort(),
  };
}
