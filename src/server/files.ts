// The files that a server gives out: those it was started with, and no others.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { AioscopeError } from '../errors.ts';
import { identityOf } from '../host/node/file-identity.ts';
import { cannotOpen } from '../host/node/file-source.ts';

/** Bytes that are read at a time, of which a slow client keeps about three. */
const CHUNK_BYTES = 2 ** 18;

// A FIFO is opened without waiting for its writer, and refused. Windows has neither flag.
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** A file to give out. */
export interface FileToServe {
  readonly path: string;
  /** The name of the trace that it belongs to. */
  readonly trace?: string;
}

/** What clients learn about a file. */
export interface FileEntry {
  /** Its place in the list, which addresses it. */
  readonly id: number;
  /** Its name, without folders. */
  readonly name: string;
  readonly bytes: number;
  /** The header `ETag` of its bytes, with its quotes: another one after every change. */
  readonly etag: string;
  /** The name of the trace that it belongs to. */
  readonly trace?: string;
  /** Its path inside the trace. */
  readonly path?: string;
}

/** What an open file is now. */
interface FileState {
  readonly bytes: number;
  readonly etag: string;
}

/** What a stream of bytes has to do. */
interface StreamOptions {
  readonly begin: number;
  readonly end: number;
  /** If given, a file that changes breaks the stream off: its bytes would be of two versions. */
  readonly etag: string | undefined;
  /** Takes the error of a file that cannot be read to the end, after which nothing follows. */
  fail(error: unknown): void;
}

/** One opening of a file, which is closed when its last user has released it. */
class Opening {
  readonly #path: string;
  readonly #handle: FileHandle;
  #users = 1;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  /** What the file is now: one that is written to grows. */
  get state(): FileState {
    const { dev, ino, size, mtimeNs } = identityOf(this.#handle.fd);
    const etag = `"${[dev, ino, size, mtimeNs].map((each) => each.toString(36)).join('-')}"`;
    return { bytes: Number(size), etag };
  }

  isSame(fd: number): boolean {
    const [mine, other] = [identityOf(this.#handle.fd), identityOf(fd)];
    return mine.dev === other.dev && mine.ino === other.ino;
  }

  release(): void {
    this.#users -= 1;
    // Nothing was written, so that closing loses nothing, whatever it says.
    if (this.#users === 0) this.#handle.close().catch(() => {});
  }

  /** Bytes of the file, read no faster than they are taken. A stream that is cancelled ends. */
  stream({ begin, end, etag, fail }: StreamOptions): ReadableStream<Uint8Array> {
    this.#users += 1;
    let at = begin;
    let isDone = false;
    const finish = () => {
      if (!isDone) this.release();
      isDone = true;
    };
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      try {
        const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
        const { bytesRead } = await this.#handle.read(chunk, 0, chunk.byteLength, at);
        if (isDone) return;
        this.#check(bytesRead, at, end, etag);
        at += bytesRead;
        if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead));
        if (at < end) return;
        controller.close();
      } catch (error) {
        fail(error);
      }
      finish();
    };
    return new ReadableStream({ pull, cancel: finish }, { highWaterMark: 0 });
  }

  /** Throws if the file is not what it was when the answer began. */
  #check(bytesRead: number, at: number, end: number, etag: string | undefined): void {
    const changed = (code: 'AIOSCOPE_SHRANK' | 'AIOSCOPE_CHANGED', what: string) =>
      new AioscopeError(code, `${this.#path}: it was ${what} while it was read`);
    if (bytesRead === 0 && at < end) throw changed('AIOSCOPE_SHRANK', `cut to ${at} bytes`);
    if (etag !== undefined && this.state.etag !== etag)
      throw changed('AIOSCOPE_CHANGED', 'written to');
  }
}

/** Opens a regular file whose size is known; gives up on anything else. */
async function openRegular(path: string, flags: number): Promise<FileHandle> {
  const handle = await open(path, O_RDONLY | O_NONBLOCK | flags).catch((error) => {
    throw cannotOpen(path, error);
  });
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw cannotOpen(path, { code: 'EISDIR' });
    const refuse = (what: string): never => {
      throw new AioscopeError(
        'AIOSCOPE_SOURCE',
        `${path}: ${what}; save its bytes to a file first`,
      );
    };
    if (!stat.isFile()) refuse('a pipe or device cannot be served yet');
    // Files in /proc hold bytes and have no size.
    const isUnsized =
      stat.size === 0 && (await handle.read(Buffer.alloc(1), 0, 1, 0)).bytesRead > 0;
    if (isUnsized) refuse('it has bytes and no size');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file that is given out. */
export class ServedFile {
  readonly id: number;
  readonly name: string;
  readonly #file: FileToServe;
  /** Where its path led when it was opened first. */
  readonly #realPath: string;
  #opening: Opening;

  private constructor(id: number, file: FileToServe, realPath: string, opening: Opening) {
    this.id = id;
    this.name = basename(file.path);
    this.#file = file;
    this.#realPath = realPath;
    this.#opening = opening;
  }

  /** Opens a file, which stays open. */
  static async open(id: number, file: FileToServe): Promise<ServedFile> {
    const opening = new Opening(file.path, await openRegular(file.path, 0));
    return new ServedFile(id, file, await realpath(file.path), opening);
  }

  get opening(): Opening {
    return this.#opening;
  }

  get entry(): FileEntry {
    const { id, name } = this;
    const { trace } = this.#file;
    const place = trace === undefined ? {} : { trace, path: name };
    return { id, name, ...this.#opening.state, ...place };
  }

  /**
   * Opens the file again if another one has taken its place, as when it is exported anew; it has
   * another ETag then. A file that is gone stays as it was opened, and so does one in whose place
   * or on whose way there is a link now: that may lead to what nobody wants to give out.
   */
  async refresh(): Promise<void> {
    let handle: FileHandle | undefined;
    try {
      if ((await realpath(this.#realPath)) !== this.#realPath) return;
      handle = await openRegular(this.#realPath, O_NOFOLLOW);
      if (this.#opening.isSame(handle.fd)) return;
      this.#opening.release();
      this.#opening = new Opening(this.#file.path, handle);
      handle = undefined;
    } catch {
      // What was opened first can still be read.
    } finally {
      await handle?.close();
    }
  }

  close(): void {
    this.#opening.release();
  }
}

/** The files that a server gives out. */
export class ServedFiles {
  readonly #files: readonly ServedFile[];

  private constructor(files: readonly ServedFile[]) {
    this.#files = files;
  }

  /**
   * Opens all files.
   *
   * @throws AioscopeError `AIOSCOPE_READ` for a file that cannot be opened, `AIOSCOPE_SOURCE` for
   *   what is not a regular file
   */
  static async open(files: readonly FileToServe[]): Promise<ServedFiles> {
    const opened: ServedFile[] = [];
    try {
      for (const file of files) opened.push(await ServedFile.open(opened.length, file));
    } catch (error) {
      for (const file of opened) file.close();
      throw error;
    }
    return new ServedFiles(opened);
  }

  /** A file by its id; undefined if there is none. */
  at(id: string): ServedFile | undefined {
    return /^\d{1,9}$/.test(id) ? this.#files[Number(id)] : undefined;
  }

  /** All files as they are now. */
  async list(): Promise<FileEntry[]> {
    for (const file of this.#files) await file.refresh();
    return this.#files.map(({ entry }) => entry);
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}
