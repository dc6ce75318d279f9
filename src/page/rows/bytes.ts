// The bytes of a file of the page at any place, and those of a compressed one from its beginning.
import { AioscopeError, type Opened, openSource } from '../../index.ts';
import { messageOf, openPack } from '../../internal-page.ts';
import { sizeOf, sliceOf, sourceOf } from '../file-bytes.ts';
import type { FileBytes, FileFormat } from '../session.ts';
import type { AskedFile } from './messages.ts';

/** Memory that can be transferred. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that are read at a time. */
export const CHUNK_BYTES = 2 ** 22;

/** Decompressed bytes that a read goes forward over. */
const FORWARD_BYTES = 2 ** 28;

export const changed = (name: string): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_CHANGED',
    `${name}: the file changed since it was chosen; choose it again`,
  );

const FORWARD_ONLY =
  'compressed files are read forward only; decompress the file for random access';

/** The error of reading a compressed file at a place that is too far away. */
export const forwardOnly = (name: string): AioscopeError =>
  new AioscopeError('AIOSCOPE_SOURCE', `${name}: ${FORWARD_ONLY}`);

/** Whether a browser says that a file was written to, or is gone. */
export const isChange = (error: unknown): boolean =>
  error instanceof Error && ['NotReadableError', 'NotFoundError'].includes(error.name);

type OnServer = Extract<FileBytes, { readonly url: string }>;
type InBrowser = Extract<FileBytes, { readonly blob: Blob }>;

async function readBlob({ name, blob }: InBrowser, begin: number, end: number) {
  try {
    return new Uint8Array(await blob.slice(begin, end).arrayBuffer());
  } catch (error) {
    if (isChange(error)) throw changed(name);
    throw new AioscopeError('AIOSCOPE_READ', `${name}: ${messageOf(error)}`, { byteOffset: begin });
  }
}

async function readUrl(source: OnServer, begin: number, end: number): Promise<Bytes> {
  const bytes = new Uint8Array(end - begin);
  const range = sourceOf(sliceOf(source, source.name, begin, end));
  try {
    for (let at = 0; at < bytes.byteLength; ) at += await range.read(bytes.subarray(at));
  } finally {
    await range.close();
  }
  return bytes;
}

/**
 * Reads bytes `begin` to `end`, as far as there are any.
 *
 * @throws AioscopeError `AIOSCOPE_CHANGED` if the file is no longer the one that was chosen,
 *   `AIOSCOPE_READ` if it cannot be read
 */
export async function readBytes(source: FileBytes, begin: number, end: number): Promise<Bytes> {
  const last = Math.min(end, sizeOf(source));
  if (begin >= last) return new Uint8Array(0);
  const bytes = await ('blob' in source
    ? readBlob(source, begin, last)
    : readUrl(source, begin, last));
  if (bytes.byteLength !== last - begin) throw changed(source.name);
  return bytes;
}

/** The bytes of a file one chunk after the other: streams of blobs that overlap can hang. */
async function* chunks(source: FileBytes): AsyncGenerator<Bytes> {
  for (let at = 0; at < sizeOf(source); at += CHUNK_BYTES)
    yield await readBytes(source, at, at + CHUNK_BYTES);
}

/** The options of a format, without what else an opened file has. */
export const optionsOf = ({ kind, layout, endian }: FileFormat): FileFormat => ({
  kind,
  layout,
  endian,
});

/** Opens a file from its beginning, decompressed; of a trace, one of its parts. */
export async function openForward(
  { source, format, compression, part }: AskedFile,
  signal?: AbortSignal,
): Promise<Opened> {
  const opened = part && (await openPack(sourceOf(source))).open(part);
  return (
    opened ??
    openSource(chunks(source), {
      ...optionsOf(format),
      signal,
      compression: compression ? 'auto' : 'none',
    })
  );
}

/** Reads decompressed bytes from the beginning on, and keeps those from `begin` to `end`. */
async function readForward(file: AskedFile, begin: number, end: number): Promise<Bytes> {
  if (begin > FORWARD_BYTES) throw forwardOnly(file.source.name);
  const bytes = (await openForward(file)).take();
  const scratch = new Uint8Array(2 ** 20);
  const kept: Uint8Array[] = [];
  let [at, keptBytes] = [0, 0];
  const last = Math.min(end, begin + FORWARD_BYTES);
  try {
    while (at < last) {
      const read = await bytes.read(scratch);
      if (read === 0) break;
      const part = scratch.slice(Math.max(0, begin - at), Math.min(read, last - at));
      if (part.byteLength > 0) kept.push(part);
      keptBytes += part.byteLength;
      at += read;
    }
  } finally {
    await bytes.close();
  }
  const all = new Uint8Array(keptBytes);
  kept.reduce((to, part) => {
    all.set(part, to);
    return to + part.byteLength;
  }, 0);
  return all;
}

/**
 * Reads decompressed bytes `begin` to `end`, as far as there are any. A compressed file is read
 * from its beginning, up to 256 MiB.
 *
 * @throws AioscopeError as `readBytes` does; `AIOSCOPE_SOURCE` beyond those 256 MiB
 */
export const readPlain = (file: AskedFile, begin: number, end: number): Promise<Bytes> =>
  file.compression ? readForward(file, begin, end) : readBytes(file.source, begin, end);
