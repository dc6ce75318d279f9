// Reads tars: those of POSIX (ustar, pax) and of GNU.
import { AioscopeError } from '../errors.ts';
import { closeQuietly } from './fault.ts';
import type { ByteSource } from './source.ts';
import { BLOCK_BYTES, headerOf, isEndOfTar, paxOf, type TarHeader, textOf } from './tar-header.ts';

/** A file in a tar. */
export interface TarMember {
  /** With its folder. */
  readonly name: string;
  readonly byteLength: number;
  /** Where its bytes begin in the tar. */
  readonly byteOffset: number;
  /** To be read, or left, before the next member is asked for. */
  readonly bytes: ByteSource;
}

/** Where a tar has its magic, and the magic. */
const MAGIC_OFFSET = 257;
const MAGIC = 'ustar';
/** Bytes per read of what is skipped. */
const SKIPPED_BYTES = 2 ** 16;
/** Names and attributes are not longer than this. */
const ATTRIBUTES_BYTES_MAX = 2 ** 20;

/** Whether the first bytes of a source are those of a tar. */
export const isTar = (sample: Uint8Array): boolean =>
  new TextDecoder('latin1').decode(sample.subarray(MAGIC_OFFSET, MAGIC_OFFSET + MAGIC.length)) ===
  MAGIC;

/** Reads a source block by block, and counts. */
class TarReader {
  readonly #source: ByteSource;
  /** The source, or the rest of it. */
  #bytes: ByteSource;
  #skipped: Uint8Array | undefined;
  /** Bytes that were read or skipped. */
  position = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#bytes = source;
  }

  /** Reads into the beginning of a target. */
  async read(target: Uint8Array): Promise<number> {
    const read = await this.#bytes.read(target);
    this.position += read;
    return read;
  }

  /** Reads a whole block. Returns false at the end. */
  async block(target: Uint8Array): Promise<boolean> {
    for (let filled = 0; filled < target.byteLength; ) {
      const read = await this.read(target.subarray(filled));
      if (read === 0 && filled === 0) return false;
      if (read === 0) throw this.fault('it ends within a header');
      filled += read;
    }
    return true;
  }

  /** Goes to a later position: where the source has ranges, without reading up to there. */
  async skipTo(position: number, name: string): Promise<void> {
    const { byteLength = 0 } = this.#source;
    const begin = Math.min(position, byteLength);
    const rest =
      begin > this.position ? this.#source.range?.(begin, Number.MAX_SAFE_INTEGER) : undefined;
    if (rest !== undefined) {
      this.#bytes = rest;
      this.position = begin;
    }
    this.#skipped ??= new Uint8Array(SKIPPED_BYTES);
    while (this.position < position) {
      const read = await this.read(this.#skipped.subarray(0, position - this.position));
      if (read === 0) throw this.fault(`it ends within ${name}`);
    }
  }

  /** Reads up to the end of a source without ranges, where a compressed one is checked. */
  async drain(): Promise<void> {
    if (this.#source.range?.(0, 0) !== undefined) return;
    this.#skipped ??= new Uint8Array(SKIPPED_BYTES);
    while ((await this.read(this.#skipped)) > 0);
  }

  fault(what: string): AioscopeError {
    return new AioscopeError('AIOSCOPE_SOURCE', `${this.#source.name}: not a whole tar: ${what}`);
  }
}

/** Reads the names or attributes that a member has for the next one. */
async function attributesOf(reader: TarReader, { byteLength }: TarHeader): Promise<Uint8Array> {
  if (byteLength > ATTRIBUTES_BYTES_MAX)
    throw reader.fault(`a name or attributes have ${byteLength} bytes`);
  const bytes = new Uint8Array(byteLength);
  if (byteLength > 0 && !(await reader.block(bytes)))
    throw reader.fault('it ends within attributes');
  return bytes;
}

/**
 * Yields the files of a tar. They are read as they come: a member of any size takes no memory. Does
 * not close the source.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if it is not a whole tar; whatever the source throws
 */
export async function* tarMembers(source: ByteSource): AsyncGenerator<TarMember, void, void> {
  const reader = new TarReader(source);
  const block = new Uint8Array(BLOCK_BYTES);
  let given: Partial<TarHeader> = {};
  for (;;) {
    if (!(await reader.block(block))) throw reader.fault('it ends without an end mark');
    if (isEndOfTar(block)) return reader.drain();
    const header = headerOf(block);
    if (typeof header === 'string')
      throw reader.fault(`${header} at byte ${reader.position - BLOCK_BYTES}`);
    const byteOffset = reader.position;
    const isOfNext = header.type === 'attributes' || header.type === 'name';
    const { type, name, byteLength }: TarHeader = isOfNext ? header : { ...header, ...given };
    if (type === 'sparse')
      throw reader.fault(`${name} is stored as a sparse file; pack it as an ordinary one`);
    if (isOfNext) {
      const bytes = await attributesOf(reader, header);
      given = { ...given, ...(type === 'name' ? { name: textOf(bytes) } : paxOf(bytes)) };
    } else given = {};
    if (type === 'file')
      yield { name, byteLength, byteOffset, bytes: memberOf(reader, name, byteLength) };
    await reader.skipTo(byteOffset + Math.ceil(byteLength / BLOCK_BYTES) * BLOCK_BYTES, name);
  }
}

/** The bytes of a member that begins where the reader is. */
function memberOf(reader: TarReader, name: string, byteLength: number): ByteSource {
  const end = reader.position + byteLength;
  return {
    name,
    byteLength,
    async read(target) {
      const left = end - reader.position;
      if (left <= 0 || target.byteLength === 0) return 0;
      const read = await reader.read(target.subarray(0, left));
      if (read === 0) throw reader.fault(`it ends within ${name}`);
      return read;
    },
    close() {},
  };
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
