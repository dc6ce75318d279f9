import { closeSync, fstatSync, open, read, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AioscopeError, messageOf } from '../../errors.ts';
import { type ByteSource, toByteSource } from '../../stream/source.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  EISDIR: 'it is a directory; name the files in it',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ENOTDIR: 'a part of the path is no directory; check the path',
  EMFILE: 'too many files are open; raise ulimit -n',
};

function cannotOpen(path: string, cause: unknown): AioscopeError {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new AioscopeError('AIOSCOPE_READ', `${path}: cannot be opened: ${REASONS[code] ?? messageOf(cause)}`, { byteOffset: 0, cause });
}

/** A file, FIFO or device. Regular files are read in place, synchronously: a thread pool costs more than the page cache. */
class FileSource implements ByteSource {
  readonly name: string;
  #fd: number | undefined;
  #regular = false;
  #size: number | undefined;
  #position = 0;
  #closed = false;

  constructor(path: string) {
    this.name = path;
  }

  get byteLength(): number | undefined {
    return this.#size;
  }

  read(target: Uint8Array): number | Promise<number> {
    if (this.#fd === undefined) return this.#open().then(() => (this.#closed ? 0 : this.read(target)));
    return this.#regular ? this.#readRegular(this.#fd, target) : this.#readStream(this.#fd, target);
  }

  close(): void {
    this.#closed = true;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  reopen(): ByteSource | undefined {
    return this.#regular ? new FileSource(this.name) : undefined;
  }

  async #open(): Promise<void> {
    try {
      const fd = await promisify(open)(this.name, 'r');
      if (this.#closed) return closeSync(fd);
      this.#fd = fd;
      const stat = fstatSync(fd);
      if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
      this.#regular = stat.isFile();
      // Files of /proc and /sys say 0 and hold bytes.
      if (this.#regular && stat.size > 0) this.#size = stat.size;
    } catch (error) {
      throw cannotOpen(this.name, error);
    }
  }

  #readRegular(fd: number, target: Uint8Array): number {
    const bytes = readSync(fd, target, 0, target.byteLength, this.#position);
    this.#position += bytes;
    if (bytes === 0 && this.#position < (this.#size ?? 0)) {
      throw new AioscopeError(
        'AIOSCOPE_SHRANK',
        `${this.name}: ended at byte ${this.#position}, expected ${this.#size} bytes as when it was opened: it was cut while it was read; every whole record before that was read`,
        { byteOffset: this.#position },
      );
    }
    return bytes;
  }

  #readStream(fd: number, target: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      read(fd, target, 0, target.byteLength, null, (error, bytes) => (error ? reject(error) : resolve(bytes)));
    });
  }
}

/** Standard input: a regular file that a shell put there is read as one, anything else as the stream it is. */
function standardInput(): ByteSource {
  const stat = fstatSync(0);
  if (stat.isDirectory()) throw cannotOpen('-', Object.assign(new Error(), { code: 'EISDIR' }));
  const chunks = toByteSource(process.stdin);
  const regular = stat.isFile();
  return {
    name: '-',
    byteLength: undefined,
    read: (target) => (regular ? readSync(0, target, 0, target.byteLength, null) : chunks.read(target)),
    close: () => (regular ? undefined : chunks.close()),
  };
}

/** The source of a path or a `file:` URL; `-` is standard input. It is opened at the first read. */
export function fileSource(path: string | URL): ByteSource {
  if (path === '-') return standardInput();
  if (typeof path === 'string') return new FileSource(path);
  if (path.protocol === 'file:') return new FileSource(fileURLToPath(path));
  throw new AioscopeError('AIOSCOPE_SOURCE', `the source is ${path.href}; of URLs only file: can be opened: fetch it, and give the body`);
}
