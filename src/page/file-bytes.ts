// The bytes of a file of the page, in the browser or on its server, and parts of them.
import { blobSource, httpFileSource } from '../internal-page.ts';
import type { FileBytes } from './session.ts';

export const sizeOf = (file: FileBytes): number =>
  'blob' in file ? file.blob.size : file.byteLength;

/** The bytes of a file as a source of the library. */
export function sourceOf(file: FileBytes) {
  if ('blob' in file) return blobSource(file.blob, file.name);
  const { name, begin = 0, byteLength } = file;
  return httpFileSource(file, name, begin, begin + byteLength);
}

/** Bytes `begin` to `end` of a file as a file of their own. */
export function sliceOf(file: FileBytes, name: string, begin: number, end: number): FileBytes {
  if ('blob' in file) return { name, blob: file.blob.slice(begin, end) };
  return { ...file, name, begin: (file.begin ?? 0) + begin, byteLength: end - begin };
}
