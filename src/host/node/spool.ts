import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AioscopeError, reasonOf } from '../../errors.ts';
import { unlessAborted } from '../../stream/fault.ts';
import type { ByteSource } from '../../stream/source.ts';

/** Bytes per write. */
const CHUNK_BYTES = 2 ** 18;

/** A file that nobody else can open, and how to get rid of it. */
function temporaryFile(): { fd: number; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    const fd = openSync(join(folder, 'spool'), 'wx+', 0o600);
    try {
      // An open file goes on without a name, and is gone whatever becomes of the process.
      removeFolder();
    } catch {}
    const remove = (): void => {
      closeSync(fd);
      removeFolder();
    };
    return { fd, remove };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** The error of a temporary file that cannot be written. */
function cannotSpool({ name }: ByteSource, cause: unknown): AioscopeError {
  const message =
    `${name}: its bytes cannot be written to a temporary file in ${tmpdir()}: ` +
    `${reasonOf(cause)}; set TMPDIR to a folder with room, or unpack it and import the folder`;
  return new AioscopeError('AIOSCOPE_READ', message, { byteOffset: 0, cause });
}

/** Runs what writes the temporary file. */
function attempt<T>(source: ByteSource, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw cannotSpool(source, error);
  }
}

/**
 * Writes the bytes of a source into a temporary file, and makes a source of that. What the source
 * throws is thrown after the bytes before it.
 */
export async function spooled(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const { fd, remove } = attempt(source, temporaryFile);
  const chunk = new Uint8Array(CHUNK_BYTES);
  let byteLength = 0;
  let fault: { readonly error: unknown } | undefined;
  const next = async (): Promise<number> => {
    try {
      return await unlessAborted(source.read(chunk), signal);
    } catch (error) {
      signal?.throwIfAborted();
      fault = { error };
      return 0;
    }
  };
  try {
    for (let read = await next(); read > 0; read = await next()) {
      signal?.throwIfAborted();
      attempt(source, () => {
        for (let done = 0; done < read; ) done += writeSync(fd, chunk, done, read - done);
      });
      byteLength += read;
    }
  } catch (error) {
    remove();
    throw error;
  }
  const range = (begin: number, end: number): ByteSource => {
    let position = begin;
    return {
      name: source.name,
      byteLength: Math.max(0, Math.min(end, byteLength) - begin),
      read(target) {
        if (position >= byteLength && position < end && fault !== undefined) throw fault.error;
        const length = Math.min(target.byteLength, end - position);
        const read = readSync(fd, target, 0, length, position);
        position += read;
        return read;
      },
      close() {},
    };
  };
  return { ...range(0, Number.MAX_SAFE_INTEGER), byteLength, range, close: remove };
}
