import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, rmSync, type Stats, writeSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { AioscopeError } from '../node.ts';

/** A file that is being written. It appears under its name when it is whole. */
export interface Target {
  /** Where its bytes are until it is whole, for a writer that opens files by itself; undefined for a device or a FIFO. */
  readonly path?: string;
  readonly write: (chunk: Uint8Array) => Promise<void>;
  /** Give the file its name. */
  finish(): Promise<void>;
  /** Leave nothing behind. */
  abandon(): Promise<void>;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; nothing was kept',
  EDQUOT: 'the quota is used up; nothing was kept',
  EFBIG: 'the file would be larger than is allowed; nothing was kept',
  ENOENT: 'there is no such folder; make it first',
  ENOTDIR: 'a part of the path is no folder; check the path',
  EISDIR: 'it is a folder; name a file in it',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  EROFS: 'the file system is read-only',
  EPIPE: 'whoever reads it has gone; what came before is not whole',
};

/** Why a path cannot be written, by the code of an error, or its message. */
export function fault(path: string, cause: unknown): Error {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  return new Error(`${path}: cannot be written: ${REASONS[code] ?? message}`, { cause });
}

async function statOf(path: string): Promise<Stats | undefined> {
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
    // Whoever reads the FIFO has had enough.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE' && !needsAll) process.exit(0);
    throw fault(path, error);
  }
}

/** A loop that never waits hears no signal: it steps aside so often (ms). */
const BREATH_MS = 50;
let breathed = performance.now();

/** Regular files are written in place, as they are read: a thread pool costs more than the page cache. */
async function writeFile({ fd }: FileHandle, path: string, chunk: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < chunk.byteLength; ) at += writeSync(fd, chunk, at);
  } catch (error) {
    throw fault(path, error);
  }
  if (performance.now() - breathed < BREATH_MS) return;
  await new Promise((resolve) => setTimeout(resolve));
  breathed = performance.now();
}

async function opened(path: string, shown: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    throw fault(shown, error);
  }
}

/** A device or a FIFO: there is nothing to overwrite, and nothing to rename. */
async function deviceTarget(path: string, isFifo: boolean, needsAll: boolean): Promise<Target> {
  const handle = await opened(path, path, 'w');
  const close = () => handle.close();
  // Whoever reads a FIFO may keep it full for long, and signals have to be heard meanwhile.
  const write = (chunk: Uint8Array) =>
    isFifo ? writeFifo(handle, path, chunk, needsAll) : writeFile(handle, path, chunk);
  return { write, finish: close, abandon: close };
}

/** What to call so that this is removed, and is removed too when a signal ends the command. */
function removedAtEnd(temporary: string): () => void {
  const remove = () => rmSync(temporary, { force: true, recursive: true });
  const end = (signal: NodeJS.Signals) => {
    remove();
    process.exit(128 + constants.signals[signal]);
  };
  process.once('SIGINT', end).once('SIGTERM', end).once('SIGHUP', end).once('exit', remove);
  return remove;
}

/** A name of its own: what was killed may have left one with the same process id. A long name leaves no room for more. */
const temporaryOf = (path: string): string =>
  join(
    dirname(path),
    `.${basename(path).slice(0, 50)}.${process.pid}.${randomBytes(4).toString('hex')}.part`,
  );

/** A temporary file next to the real one. */
async function fileTarget(path: string, shown: string): Promise<Target> {
  const temporary = temporaryOf(path);
  // A signal may come as soon as it is there.
  const remove = removedAtEnd(temporary);
  const handle = await opened(temporary, shown, 'wx');
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
 * Open what is to be written. A link is followed to its file. Where `needsAll`, a FIFO whose reader goes is a fault too.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for a file that exists, unless `force`; an Error where it cannot be written
 */
export async function openTarget(path: string, force: boolean, needsAll = false): Promise<Target> {
  const there = await statOf(path);
  if (there === undefined) return fileTarget(path, path);
  if (there.isDirectory()) throw fault(path, { code: 'EISDIR' });
  if (!there.isFile()) return deviceTarget(path, there.isFIFO(), needsAll);
  if (!force)
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${path} exists already; give --force to overwrite it, or another name`,
    );
  return fileTarget(await realpath(path), path);
}

/** A folder of files that are being written. It appears under its name when they are whole. */
export interface FolderTarget {
  /** Append to a file of the folder. */
  readonly write: (file: string, chunk: Uint8Array) => Promise<void>;
  /** Give the folder its name. */
  finish(): Promise<void>;
  /** Leave nothing behind. */
  abandon(): Promise<void>;
}

/**
 * Make a folder that is to be written. Files are opened for each chunk: there can be more of them than a process may have open.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` where something has the name already: folders are not overwritten
 */
export async function openFolder(path: string): Promise<FolderTarget> {
  if ((await statOf(path)) !== undefined)
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `${path} exists already, and a folder is not overwritten; give another name`,
    );
  const temporary = temporaryOf(path);
  const attempt = async (work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      throw fault(path, error);
    }
  };
  const remove = removedAtEnd(temporary);
  await attempt(() => mkdirSync(temporary));
  return {
    write: (file, chunk) =>
      attempt(() => {
        mkdirSync(join(temporary, dirname(file)), { recursive: true });
        appendFileSync(join(temporary, file), chunk);
      }),
    finish: () => attempt(() => rename(temporary, path)),
    async abandon() {
      remove();
    },
  };
}
