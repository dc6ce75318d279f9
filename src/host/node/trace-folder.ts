import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AioscopeError } from '../../errors.ts';
import { checkArgument } from '../../layout/option-names.ts';
import { isPackName, openPack } from '../../trace/pack.ts';
import { MANIFEST_FILE, PART_NAMES, PARTS } from '../../trace/part.ts';
import { Trace } from '../../trace/trace.ts';
import { cannotOpen, fileSource } from './file-source.ts';

/** The files of which each makes a folder a trace. */
const FILES = [MANIFEST_FILE, ...PART_NAMES.map((part) => PARTS[part].file)];

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Whether a path is the folder of a trace. */
const isTraceFolder = (path: string): boolean =>
  isFolder(path) && FILES.some((file) => existsSync(join(path, file)));

/**
 * Whether a path is that of a trace: a folder with a capture.json or a part of a trace, or a file
 * named `.aiotrace`.
 */
export function isTrace(path: string): boolean {
  if (typeof path !== 'string') return false;
  try {
    return isPackName(path) ? !isFolder(path) : isTraceFolder(path);
  } catch {
    // A part of the path is a file, or may not be read: opening it says so.
    return false;
  }
}

/** The text of the capture.json in a folder; undefined if there is none. */
function textIn(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, MANIFEST_FILE), 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && isTraceFolder(folder)) return undefined;
    if (statSync(folder, { throwIfNoEntry: false })?.isFile())
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${folder}: not a trace: a trace is a folder, or a file whose name ends in .aiotrace`,
      );
    if (!isFolder(folder)) throw cannotOpen(folder, error);
    throw new AioscopeError(
      'AIOSCOPE_READ',
      `${folder}: not a trace: it has no ${MANIFEST_FILE} that can be read`,
      { cause: error },
    );
  }
}

/** Bytes that are read at a time to find where zeros begin. */
const SCAN_BYTES = 2 ** 16;

/** The size of a file, and how many zeros it ends in, as a power cut leaves them. */
function sizeOf(path: string): { bytes: number; zeros: number } | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return undefined;
  const { size: bytes } = stat;
  const fd = openSync(path, 'r');
  try {
    const chunk = new Uint8Array(SCAN_BYTES);
    for (let end = bytes; end > 0; end -= SCAN_BYTES) {
      const begin = Math.max(0, end - SCAN_BYTES);
      const read = readSync(fd, chunk, 0, end - begin, begin);
      const last = chunk.subarray(0, read).findLastIndex((byte) => byte !== 0);
      if (last >= 0) return { bytes, zeros: bytes - begin - last - 1 };
    }
    return { bytes, zeros: bytes };
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a trace: a folder, as `aioscope import` writes it, or a file named `.aiotrace`, as
 * `aioscope trace pack` writes it. Only its description is read. With `follow`, the files of a
 * folder are read until the signal fires, while a capture writes them.
 *
 * @throws AioscopeError `AIOSCOPE_READ` if the path cannot be read or is not a trace,
 *   `AIOSCOPE_SOURCE` if its capture.json describes something else
 */
export async function openTrace(path: string | URL, follow?: AbortSignal): Promise<Trace> {
  if (!(path instanceof URL)) checkArgument('path', path, 'string');
  if (follow !== undefined) checkArgument('follow', follow, 'AbortSignal');
  const name = path instanceof URL ? fileURLToPath(path) : path;
  if (isPackName(name)) return openPack(fileSource(name));
  const text = textIn(name);
  const source = (file: string) => {
    const part = join(name, file);
    return existsSync(part) ? fileSource(part, follow) : undefined;
  };
  // A file that grows is read to whatever end it gets.
  if (follow !== undefined) return new Trace({ name, source }, text);
  return new Trace({ name, source, sizeOf: (file) => sizeOf(join(name, file)) }, text);
}
