// What a page can read at any offset: blobs, and files of a server.
import { blobRange } from './blob-source.ts';
import { type HttpFile, httpFileSource } from './http-file.ts';
import type { ByteSource } from './source.ts';

/** Opens a range of a blob or of a file of a server; without an end, all of it. */
export const openOrigin = (
  origin: Blob | HttpFile,
  name: string,
  { begin, end }: { readonly begin: number; readonly end: number },
): ByteSource =>
  origin instanceof Blob
    ? blobRange(origin, name, { begin, end })
    : httpFileSource(origin, name, begin, Math.min(end, origin.byteLength));
