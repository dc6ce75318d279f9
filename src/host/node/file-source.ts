import { closeSync, fstatSync, open, openSync, read, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AioscopeError, reasonOf } from '../../errors.ts';
import type { Opened } from '../../stream/open-source.ts';
import { type ByteSource, byteSource, type OpenFile } from '../../stream/source.ts';
import { expectSame, type FileIdentity, identityOf } from './file-identity.ts';
import { openRange, shrank } from './file-range.ts';

/** Node replaces bytes of an argument that are not UTF-8 by U+FFFD, so it cannot find the file. */
const NOT_UTF8 =
  'its name is not UTF-8, and Node cannot open such a file; rename it, or redirect it to ' +
  'standard input: - < FILE';

/** The error of a path that cannot be opened. */
export function cannotOpen(path: string, cause: unknown): AioscopeError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOENT' && path.includes('\ufffd') ? NOT_UTF8 : reasonOf(cause);
  return new AioscopeError('AIOSCOPE_READ', `${path}: cannot be opened: ${reason}`, {
    byteOffset: 0,
    cause,
  });
}

/** The largest page: a file of sysfs has the size of one, and no blocks. */
const PAGE_BYTES_MAX = 65536;

/** Polling interval of a file that is followed (ms). */
const FOLLOW_MS = 100;

/** Where a descriptor comes from, and what becomes of it. */
interface Access {
  readonly name: string;
  open(): number | Promise<number>;
  close(fd: number): void;
  /** Whether it is a regular file, before it is opened; opening finds whether there is one. */
  isRegular(): boolean;
  /** Whether the descriptor is open still: otherwise it may be another file's by now. */
  isOpen(fd: number): boolean;
}

const byPath = (path: string): Access => ({
  name: path,
  // Opening a FIFO waits for a writer. Anything else opens at once, and the thread pool would add a
  // tenth of a millisecond.
  open: () => (statSync(path).isFIFO() ? promisify(open)(path, 'r') : openSync(path, 'r')),
  close: closeSync,
  isRegular: () => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true,
  isOpen: () => true,
});

/** A file that somebody else opened, and will close. */
const byHandle = (handle: OpenFile): Access => ({
  name: 'handle',
  open: () => handle.fd,
  close() {},
  isRegular: () => fstatSync(handle.fd).isFile(),
  isOpen: (fd) => fd >= 0 && handle.fd === fd,
});

const isClosed = (): AioscopeError =>
  new AioscopeError('AIOSCOPE_SOURCE', 'the FileHandle is closed; close it after the reading');

/** Throws if the descriptor that threads read was closed by whoever opened it. */
export function expectOpen({ bytes }: Opened, fd: number): void {
  if (bytes.origin !== fd) throw isClosed();
}

/**
 * A file, FIFO or device. Regular files are read synchronously: a detour through the thread pool
 * costs more than a read from the page cache.
 */
class FileSource implements ByteSource {
  readonly #access: Access;
  #fd: number | undefined;
  #isRegular = false;
  #size: number | undefined;
  #position = 0;
  /** Where the last seek led to; -1 without any. */
  #sought = -1;
  #closed = false;
  readonly #follow: AbortSignal | undefined;
  /** Shared with the sources that open the same file again: it has to be the same one. */
  readonly #first: { identity?: FileIdentity };

  /** Whether the first opening was followed while it grew. */
  readonly #hasFollowed: boolean;

  constructor(
    access: Access,
    follow: AbortSignal | undefined,
    first: { identity?: FileIdentity } = {},
    hasFollowed = false,
  ) {
    this.#access = access;
    this.#follow = follow;
    this.#first = first;
    this.#hasFollowed = hasFollowed;
  }

  get name(): string {
    return this.#access.name;
  }

  /** Whether a file that is followed has more bytes now; undefined for any other. */
  readonly ready = (): boolean | undefined => {
    if (this.#follow === undefined || this.#fd === undefined || !this.#isRegular) return undefined;
    return fstatSync(this.#fd).size > this.#position;
  };

  get byteLength(): number | undefined {
    return this.#follow === undefined ? this.#size : undefined;
  }

  get origin(): number | undefined {
    const fd = this.#fd;
    const isOrigin = this.byteLength !== undefined && fd !== undefined && this.#access.isOpen(fd);
    return isOrigin ? fd : undefined;
  }

  read(target: Uint8Array): number | Promise<number> {
    const fd = this.#fd;
    if (fd === undefined) return this.#open().then(() => (this.#closed ? 0 : this.read(target)));
    if (!this.#access.isOpen(fd)) throw isClosed();
    if (!this.#isRegular) return this.#readStream(fd, target);
    if (this.#follow === undefined || this.ready()) return this.#readRegular(fd, target);
    return this.#awaitGrowth(this.#follow).then(() =>
      this.#closed ? 0 : this.#readRegular(fd, target),
    );
  }

  close(): void {
    this.#closed = true;
    if (this.#fd !== undefined) this.#access.close(this.#fd);
    this.#fd = undefined;
  }

  reopen(): ByteSource | undefined {
    const wasRegular = this.#first.identity !== undefined;
    if (!wasRegular && (this.#fd !== undefined || !this.#access.isRegular())) return undefined;
    return new FileSource(this.#access, undefined, this.#first, this.#follow !== undefined);
  }

  range(begin: number, end: number): ByteSource | undefined {
    const { origin, byteLength: sourceBytes } = this;
    if (origin === undefined || sourceBytes === undefined) return undefined;
    return openRange(origin, this.name, { begin, end, isLast: false, sourceBytes });
  }

  seek(position: number): boolean {
    if (this.origin === undefined) return false;
    this.#position = this.#sought = position;
    return true;
  }

  async #open(): Promise<void> {
    try {
      const fd = await this.#access.open();
      if (this.#closed) return this.#access.close(fd);
      if (!this.#access.isOpen(fd)) throw isClosed();
      this.#fd = fd;
      const stat = fstatSync(fd);
      if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      this.#isRegular = stat.isFile();
      // Files in /proc have size 0 and hold bytes; those in /sys have a page and hold less.
      const isPage = stat.blocks === 0 && stat.size <= PAGE_BYTES_MAX;
      if (this.#isRegular && stat.size > 0 && !isPage) this.#size = stat.size;
      if (this.#isRegular) this.#identify(fd);
    } catch (error) {
      throw error instanceof AioscopeError ? error : cannotOpen(this.name, error);
    }
  }

  /** Remembers which file was opened first, and compares this one with it. */
  #identify(fd: number): void {
    const now = identityOf(fd);
    const first = (this.#first.identity ??= now);
    if (first !== now) expectSame(this.name, first, now, this.#hasFollowed);
  }

  /** Waits until the file has grown, or the following ends. */
  async #awaitGrowth(follow: AbortSignal): Promise<void> {
    while (!follow.aborted && this.#fd !== undefined && !this.ready()) {
      const { size } = fstatSync(this.#fd);
      if (size < this.#position) throw shrank(this.name, size, this.#position);
      await sleep(FOLLOW_MS, undefined, { signal: follow }).catch(() => {});
    }
  }

  #readRegular(fd: number, target: Uint8Array): number {
    const bytes = readSync(fd, target, 0, target.byteLength, this.#position);
    this.#position += bytes;
    const size = this.#size ?? 0;
    // Files of sysfs hold less than their size from the beginning.
    if (bytes === 0 && this.#position < size) {
      const { size: now } = fstatSync(fd);
      const end = this.#position === this.#sought ? Math.min(this.#position, now) : this.#position;
      if (now < size) throw shrank(this.name, end, size);
    }
    return bytes;
  }

  #readStream(fd: number, target: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      read(fd, target, 0, target.byteLength, null, (error, bytes) =>
        error ? reject(error) : resolve(bytes),
      );
    });
  }
}

/** Standard input: a redirected regular file is read as a file, anything else as a stream. */
function standardInput(follow: AbortSignal | undefined): ByteSource {
  const stat = fstatSync(0);
  if (stat.isDirectory()) throw cannotOpen('-', Object.assign(new Error(), { code: 'EISDIR' }));
  const chunks = byteSource(process.stdin);
  const isRegular = stat.isFile();
  return {
    name: '-',
    byteLength: undefined,
    read: (target) =>
      isRegular ? readSync(0, target, 0, target.byteLength, null) : chunks.read(target),
    // Bytes of a chunk that the last read left over are ready too.
    ready: () =>
      follow === undefined || isRegular
        ? undefined
        : chunks.ready?.() || process.stdin.readableLength > 0,
    close: () => (isRegular ? undefined : chunks.close()),
  };
}

/**
 * Makes a source of a path or a `file:` URL; `-` is standard input. It is opened at the first read.
 * With `follow`, a read at the end of the file waits for it to grow until that signal fires.
 */
export function fileSource(path: string | URL, follow?: AbortSignal): ByteSource {
  if (path === '-') return standardInput(follow);
  if (typeof path === 'string') return new FileSource(byPath(path), follow);
  if (path.protocol === 'file:') return new FileSource(byPath(fileURLToPath(path)), follow);
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `the source is ${path.href}; only file: URLs can be opened: fetch it and pass its body`,
  );
}

/** Makes a source of a file that is open: it is read from its beginning, and stays open. */
export const handleSource = (handle: OpenFile, follow?: AbortSignal): ByteSource =>
  new FileSource(byHandle(handle), follow);
