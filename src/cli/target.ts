import { randomBytes } from 'node:crypto';
import { rmSync, type Stats, writeSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { reasonOf } from '../words/reason.ts';
import { usageError } from './exit.ts';
import { CLOSED_PIPE } from './output.ts';

/** A file being written. It gets its name once it is complete. */
export interface Target {
  /**
   * The temporary file, for a writer that opens files itself; undefined for a device or a FIFO.
   */
  readonly path?: string;
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Completes the file and gives it its name. */
  finish(): Promise<void>;
  /** Removes what was written. */
  abandon(): Promise<void>;
}

/** Writes a target by `fill`, and completes it; removes what was written if either fails. */
export async function writeTarget<T extends Pick<Target, 'finish' | 'abandon'>>(
  target: T,
  fill: (target: T) => Promise<void>,
): Promise<void> {
  try {
    await fill(target);
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

/** The error of a path that cannot be written, with the reason by the cause's code. */
export function fault(path: string, cause: unknown): Error {
  const isClosed = (cause as NodeJS.ErrnoException).code === 'EPIPE';
  const reason = isClosed ? CLOSED_PIPE : reasonOf(cause, 'writing');
  return new Error(`${path}: cannot be written: ${reason}`, { cause });
}

/** The facts of a path; undefined if there is none. */
export async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fault(path, error);
  }
}

async function writeFifo(
  handle: FileHandle,
  path: string,
  chunk: Uint8Array,
  needsAll: boolean,
): Promise<void> {
  try {
    for (let at = 0; at < chunk.byteLength; ) at += (await handle.write(chunk, at)).bytesWritten;
  } catch (error) {
    // The reader has closed the FIFO, as `| head` does.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE' && !needsAll) process.exit(0);
    throw fault(path, error);
  }
}

/** Synchronous writes block signal handlers: the loop yields to the event loop this often (ms). */
const YIELD_MS = 50;
let yieldedAt = performance.now();

/** Lets handlers of signals run, if they have not for a while. */
export async function letSignalsIn(): Promise<void> {
  if (performance.now() - yieldedAt < YIELD_MS) return;
  await new Promise((resolve) => setTimeout(resolve));
  yieldedAt = performance.now();
}

/** Writes synchronously: for a regular file a thread pool costs more than the page cache. */
async function writeFile({ fd }: FileHandle, path: string, chunk: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < chunk.byteLength; ) at += writeSync(fd, chunk, at);
  } catch (error) {
    throw fault(path, error);
  }
  await letSignalsIn();
}

async function opened(
  path: string,
  shown: string,
  flags: string,
  mode?: number,
): Promise<FileHandle> {
  try {
    return await open(path, flags, mode);
  } catch (error) {
    throw fault(shown, error);
  }
}

/** A device or a FIFO: written in place, without a temporary file. */
async function deviceTarget(path: string, isFifo: boolean, needsAll: boolean): Promise<Target> {
  const handle = await opened(path, path, 'w');
  const close = () => handle.close();
  // A slow reader can keep a FIFO full for long; asynchronous writes leave signals working.
  const write = (chunk: Uint8Array) =>
    isFifo ? writeFifo(handle, path, chunk, needsAll) : writeFile(handle, path, chunk);
  return { write, finish: close, abandon: close };
}

/**
 * A function that removes a path; it is also removed when the process exits or is signaled. The
 * first interrupt of a source that is followed only ends the source.
 */
export function removedAtEnd(temporary: string, follow?: AbortSignal): () => void {
  const remove = () => rmSync(temporary, { force: true, recursive: true });
  let passes = follow === undefined ? 0 : 1;
  const end = (signal: NodeJS.Signals) => {
    if (signal === 'SIGINT' && passes-- > 0) return void process.once(signal, end);
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end).once('exit', remove);
  return remove;
}

/**
 * A unique name next to the path, also where a killed process with the same id has left a file.
 * A long name is cut, so that the suffix fits the limit of file names.
 */
export const temporaryOf = (path: string): string =>
  join(
    dirname(path),
    `.${basename(path).slice(0, 50)}.${process.pid}.${randomBytes(4).toString('hex')}.part`,
  );

/** Gives a new file the mode of the one it replaces and, where allowed, its owner and group. */
async function keepAccess(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  await handle.chown(uid, gid).catch(() => handle.chown(-1, gid).catch(() => {}));
  // Another group gets no more than all others have.
  const keepsGroup = (await handle.stat()).gid === gid;
  const group = keepsGroup ? mode & 0o070 : mode & ((mode & 0o007) << 3);
  await handle.chmod((mode & 0o707) | group);
}

/**
 * A file written under a temporary name next to its own. It has the access rights of the file that
 * it replaces from the beginning.
 */
async function fileTarget(
  path: string,
  shown: string,
  follow?: AbortSignal,
  replaced?: Stats,
): Promise<Target> {
  const temporary = temporaryOf(path);
  // First, since a signal may come as soon as the file exists.
  const remove = removedAtEnd(temporary, follow);
  const handle = await opened(temporary, shown, 'wx', replaced === undefined ? undefined : 0o600);
  if (replaced !== undefined)
    await keepAccess(handle, replaced).catch((error) => {
      throw fault(shown, error);
    });
  return {
    path: temporary,
    write: (chunk) => writeFile(handle, shown, chunk),
    async finish() {
      try {
        await handle.close();
        await rename(temporary, path);
      } catch (error) {
        throw fault(shown, error);
      }
    },
    async abandon() {
      await handle.close().catch(() => {});
      remove();
    },
  };
}

/**
 * Opens a path for writing. A symbolic link is followed; a hard link is replaced, and its other
 * names keep what they had. With `needsAll`, a FIFO whose reader goes away is an error.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for a file that exists, unless `force`; an Error where it
 * cannot be written
 */
export async function openTarget(
  path: string,
  force: boolean,
  needsAll = false,
  follow?: AbortSignal,
): Promise<Target> {
  const existing = await statOf(path);
  if (existing === undefined) return fileTarget(path, path, follow);
  if (existing.isDirectory()) throw fault(path, { code: 'EISDIR' });
  if (!existing.isFile()) return deviceTarget(path, existing.isFIFO(), needsAll);
  if (!force)
    usageError(`${path} already exists; use --force to overwrite it, or choose another name`);
  return fileTarget(await realpath(path), path, follow, existing);
}
