// A trace in one file: a tar of its files, compressed or not.
import { AioscopeError, wrongType } from '../errors.ts';
import { closeQuietly } from '../stream/fault.ts';
import { openBytes } from '../stream/open-source.ts';
import { peek } from '../stream/peek.ts';
import type { ByteSource } from '../stream/source.ts';
import { isTar, tarMember, tarMembers } from '../stream/tar.ts';
import { BLOCK_BYTES } from '../stream/tar-header.ts';
import { parseManifest } from './manifest.ts';
import { MANIFEST_FILE, PART_NAMES, PARTS } from './part.ts';
import { Trace } from './trace.ts';

/** Whether a path is that of a pack, by its name. */
export const isPackName = (path: string): boolean => path.endsWith('.aiotrace');

/** The files that a trace may have, besides its description. */
const FILES = PART_NAMES.map((part) => PARTS[part].file);
/** Bytes that are read at a time. */
const READ_BYTES = 2 ** 18;
/** A capture.json has a line per process and descriptor. */
const MANIFEST_BYTES_MAX = 2 ** 28;

/** The files of a pack have no folders, or that of the trace. */
const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

/** A source that can be read again, decompressed. */
async function again(pack: ByteSource): Promise<ByteSource> {
  const raw = pack.reopen?.();
  if (raw !== undefined) return openBytes(raw, {});
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${pack.name}: a packed trace is read once per part, and this can be read only once; ` +
      'save it to a file',
  );
}

/** All bytes of a small file. */
async function textOf(source: ByteSource): Promise<string> {
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(READ_BYTES);
  let text = '';
  for (let read = 1; read > 0; ) {
    read = await source.read(chunk);
    text += decoder.decode(chunk.subarray(0, read), { stream: read > 0 });
    if (text.length > MANIFEST_BYTES_MAX)
      throw new AioscopeError('AIOSCOPE_SOURCE', `${source.name}: too long for a ${MANIFEST_FILE}`);
  }
  return text;
}

/** A file of a pack: the pack is read up to there at the first read. */
function fileIn(pack: ByteSource, member: string): ByteSource {
  const name = `${pack.name}:${baseName(member)}`;
  let opening: Promise<ByteSource> | undefined;
  let byteLength: number | undefined;
  const begin = async (): Promise<ByteSource> => {
    const found = await tarMember(await again(pack), member);
    byteLength = found.byteLength;
    return found;
  };
  const open = () => (opening ??= begin());
  return {
    name,
    get byteLength() {
      return byteLength;
    },
    read: async (target) => (await open()).read(target),
    reopen: () => fileIn(pack, member),
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/** The names of the members that are files of a trace, by file, and the text of capture.json. */
async function contentsOf(tar: ByteSource) {
  const members = new Map<string, string>();
  let text: string | undefined;
  for await (const { name, bytes } of tarMembers(tar)) {
    const file = baseName(name);
    members.set(file, name);
    if (file !== MANIFEST_FILE) continue;
    text = await textOf(bytes);
    const manifest = parseManifest(text, `${tar.name}:${name}`);
    if (manifest === undefined) continue;
    // It names the other files: the rest need not be read.
    const folder = name.slice(0, -file.length);
    for (const part of Object.values(manifest.parts)) members.set(part.file, folder + part.file);
    break;
  }
  return { members, text };
}

/** Where the bytes of a file are in a pack. */
interface PackPlace {
  readonly begin: number;
  readonly end: number;
}

/**
 * Where the files of a trace are in its pack, so that they can be read at any place; undefined if
 * the pack is compressed. Reads headers only.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if the pack is not whole; whatever reading it throws
 */
export async function placesInPack(
  pack: ByteSource,
): Promise<ReadonlyMap<string, PackPlace> | undefined> {
  const open = () => pack.reopen?.() ?? pack;
  const { source, sample } = await peek(open(), BLOCK_BYTES);
  await source.close();
  if (!isTar(sample)) return undefined;
  const { members } = await contentsOf(open());
  const places = new Map<string, PackPlace>();
  for await (const { name, byteOffset, byteLength } of tarMembers(open()))
    if (!places.has(name)) places.set(name, { begin: byteOffset, end: byteOffset + byteLength });
  return new Map(
    [...members].flatMap(([file, name]) => {
      const place = places.get(name);
      return place === undefined ? [] : [[file, place] as const];
    }),
  );
}

/**
 * Opens a packed trace: a tar of the files of a trace, which may be compressed. It is read up to
 * its capture.json, which `packTrace` puts first, and again for each part that is read.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` for anything else, and for what can be read only once;
 *   `AIOSCOPE_READ` if it cannot be read
 */
export async function openPack(pack: ByteSource): Promise<Trace> {
  const tar = await again(pack);
  const { members, text } = await contentsOf(tar).finally(() => closeQuietly(tar));
  if (text === undefined && !FILES.some((file) => members.has(file)))
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${pack.name}: not a packed trace: it has neither ${MANIFEST_FILE} nor a part of a trace`,
    );
  const source = (file: string) => {
    const member = members.get(file);
    return member === undefined ? undefined : fileIn(pack, member);
  };
  return new Trace({ name: pack.name, source }, text);
}

/** Yields the bytes of a source: first those of `head`, then exactly as many as are left. */
async function* exactly(source: ByteSource, byteLength: number) {
  const { name } = source;
  for (let left = byteLength; left > 0; ) {
    const chunk = new Uint8Array(Math.min(left, READ_BYTES));
    const read = await source.read(chunk);
    if (read === 0)
      throw new AioscopeError(
        'AIOSCOPE_SHRANK',
        `${name}: ended ${left} bytes before the size that it had; wait until nothing writes it`,
        { byteOffset: byteLength - left },
      );
    left -= read;
    yield chunk.subarray(0, read);
  }
}

/**
 * Packs a trace: yields a tar of its files, uncompressed, capture.json first. Whatever grows
 * meanwhile is packed as long as it was when its turn came. Memory is bounded.
 *
 * @throws whatever reading the trace throws
 */
export async function* packTrace(trace: Trace): AsyncGenerator<Uint8Array, void, void> {
  if (!(trace instanceof Trace)) throw wrongType('trace', trace, 'Trace');
  // Loaded on demand: few programs write a tar.
  const { createTarPacker } = await import('modern-tar');
  const { readable, controller } = createTarPacker();
  const fill = async (): Promise<void> => {
    for (const { name, bytes } of trace.files()) {
      const { source, sample } = await peek(bytes, 1);
      try {
        const size = sample.byteLength === 0 ? 0 : source.byteLength;
        if (size === undefined)
          throw new AioscopeError('AIOSCOPE_SOURCE', `${source.name}: its size is not known`);
        const writer = controller.add({ name, size, type: 'file' }).getWriter();
        for await (const chunk of exactly(source, size)) await writer.write(chunk);
        await writer.close();
      } finally {
        await source.close();
      }
    }
    controller.finalize();
  };
  const filling = fill().catch((error) => controller.error(error));
  const chunks = readable.getReader();
  try {
    for (let next = await chunks.read(); !next.done; next = await chunks.read()) yield next.value;
    await filling;
  } finally {
    await chunks.cancel().catch(() => {});
  }
}
