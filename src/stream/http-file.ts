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

/**
 * Bytes per request. A source that waits holds no connection: a browser has six of them for a
 * server, and a page may have more files than that.
 */
const REQUEST_BYTES = 2 ** 23;
/** The first request is for what shows the format. */
const FIRST_BYTES = 2 ** 20;

/** Requests the bytes `begin` to `end` of a file of a server. */
async function fetchRange(
  { url, etag }: HttpFile,
  name: string,
  begin: number,
  end: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const headers = { range: `bytes=${begin}-${end - 1}`, 'if-match': etag };
  const fail = (message: string, code: 'AIOSCOPE_READ' | 'AIOSCOPE_CHANGED' = 'AIOSCOPE_READ') =>
    new AioscopeError(code, `${name}: ${message}`, { byteOffset: begin });
  let response: Response;
  try {
    response = await fetch(url, { headers, signal });
  } catch (error) {
    throw fail(`the server does not answer (${messageOf(error)})`);
  }
  const { status } = response;
  if (status === PARTIAL) return new Uint8Array(await response.arrayBuffer());
  await response.body?.cancel();
  if (status === CHANGED || status === UNSATISFIABLE)
    throw fail('the file changed since it was chosen; choose it again', 'AIOSCOPE_CHANGED');
  throw fail(`the server answered ${status} to a request for bytes ${begin} to ${end}`);
}

/** Makes a source of the bytes `begin` to `end` of a file of a server, all of them unless given. */
export function httpFileSource(
  file: HttpFile,
  name: string,
  begin = 0,
  end = file.byteLength,
): ByteSource {
  const stop = new AbortController();
  let chunk = new Uint8Array(0);
  let position = begin;
  /** Where the bytes end: earlier than expected if an answer was short. */
  let last = end;
  /** Asked for in advance, once it is clear that the source is read and not only looked at. */
  let next: Promise<Uint8Array> | undefined;
  const request = (from: number, bytes: number): Promise<Uint8Array> => {
    const asked = fetchRange(file, name, from, Math.min(end, from + bytes), stop.signal);
    // It may be that nobody waits for it.
    asked.catch(() => {});
    return asked;
  };
  const fill = async (): Promise<void> => {
    if (position >= last) return;
    const isFirst = position === begin;
    const bytes = isFirst ? FIRST_BYTES : REQUEST_BYTES;
    chunk = (await (next ?? request(position, bytes))) as typeof chunk;
    const to = position + chunk.byteLength;
    if (to < Math.min(end, position + bytes)) last = to;
    next = isFirst || to >= last ? undefined : request(to, REQUEST_BYTES);
  };
  return {
    name,
    byteLength: end - begin,
    byteOffset: begin,
    ...(begin === 0 && { origin: file }),
    async read(target) {
      if (position >= end || target.byteLength === 0) return 0;
      if (chunk.byteLength === 0) await fill();
      if (chunk.byteLength === 0)
        throw new AioscopeError(
          'AIOSCOPE_SHRANK',
          `${name}: ended at byte ${position}, expected ${end} bytes; ` +
            'every whole record before that was read',
          { byteOffset: position },
        );
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
