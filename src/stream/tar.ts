import { AioscopeError, messageOf } from '../errors.ts';
import { closeQuietly } from './fault.ts';
import { type ByteSource, byteSource } from './source.ts';

/** A file in a tar. */
export interface TarMember {
  /** With its folder. */
  readonly name: string;
  readonly byteLength: number;
  /** To be read, or left, before the next member is asked for. */
  readonly bytes: ByteSource;
}

/** Where a tar has its magic, and the magic. */
const MAGIC_OFFSET = 257;
const MAGIC = 'ustar';
/** Bytes per read. */
const READ_BYTES = 2 ** 16;

/** Whether the first bytes of a source are those of a tar. */
export const isTar = (sample: Uint8Array): boolean =>
  new TextDecoder('latin1').decode(sample.subarray(MAGIC_OFFSET, MAGIC_OFFSET + MAGIC.length)) ===
  MAGIC;

/**
 * Yields the files of a tar. They are read as they come: a member of any size takes a few chunks of
 * memory. Does not close the source.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if it is not a whole tar; whatever the source throws
 */
export async function* tarMembers(source: ByteSource): AsyncGenerator<TarMember, void, void> {
  // Loaded on demand: few programs read a tar.
  const { createTarDecoder } = await import('modern-tar');
  const decoder = createTarDecoder({ strict: true });
  const writer = decoder.writable.getWriter();
  const entries = decoder.readable.getReader();
  writer.closed.catch(() => {});
  let isEnded = false;
  const write = async (): Promise<void> => {
    const chunk = new Uint8Array(READ_BYTES);
    const read = await source.read(chunk);
    isEnded = read === 0;
    // What the decoder throws, it throws where it is read too.
    await (isEnded ? writer.close() : writer.write(chunk.subarray(0, read))).catch(() => {});
  };
  let writing: Promise<void> | undefined;
  const feed = (): Promise<void> =>
    (writing ??= write().finally(() => {
      writing = undefined;
    }));
  // The decoder would read a MiB ahead, for every member of a tar that is read at once.
  const fed = async <T>(reading: Promise<T>): Promise<T> => {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    const settled = reading.then(settle, settle);
    await Promise.race([settled, Promise.resolve()]);
    while (!isSettled && !isEnded) await Promise.race([settled, feed()]);
    try {
      return await reading;
    } catch (cause) {
      const message = `${source.name}: not a whole tar: ${messageOf(cause)}`;
      throw new AioscopeError('AIOSCOPE_SOURCE', message, { cause });
    }
  };
  try {
    for (let entry = await fed(entries.read()); !entry.done; entry = await fed(entries.read())) {
      const { header, body } = entry.value;
      const isFile = header.type === 'file';
      const chunks = body.getReader();
      const next = () => fed(chunks.read());
      if (isFile) yield memberOf(header.name, header.size, next);
      // Cancelling would also end the next member, if the decoder has begun it.
      while (!(await next()).done);
    }
  } finally {
    await entries.cancel().catch(() => {});
  }
}

function memberOf(name: string, byteLength: number, next: () => Promise<unknown>): TarMember {
  const chunks = { next, [Symbol.asyncIterator]: () => chunks };
  const bytes = byteSource(chunks as AsyncIterableIterator<Uint8Array>);
  return { name, byteLength, bytes: { ...bytes, name, byteLength } };
}

/**
 * The bytes of a member of a tar, which is read from its beginning to there. Closing them closes
 * the tar.
 *
 * @throws AioscopeError `AIOSCOPE_CHANGED` if there is no such member
 */
export async function tarMember(tar: ByteSource, name: string): Promise<ByteSource> {
  const members = tarMembers(tar);
  const close = async () => {
    await members.return();
    await tar.close();
  };
  try {
    for (let next = await members.next(); !next.done; next = await members.next()) {
      const { bytes } = next.value;
      if (next.value.name === name) return { ...bytes, name: `${tar.name}:${name}`, close };
    }
  } catch (error) {
    await closeQuietly({ close });
    throw error;
  }
  await close();
  throw new AioscopeError(
    'AIOSCOPE_CHANGED',
    `${tar.name}: it has no ${name} any more, or never had, though it should`,
  );
}
