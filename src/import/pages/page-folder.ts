// The files that a folder of raw pages has: found by name among sources, or in a tar.
import { AioscopeError, listed } from '../../errors.ts';
import { closeQuietly } from '../../stream/fault.ts';
import { currentHost } from '../../stream/host.ts';
import { openBytes } from '../../stream/open-source.ts';
import type { ByteSource, Source } from '../../stream/source.ts';
import { type TarMember, tarMember, tarMembers } from '../../stream/tar.ts';
import { type TextFile, textOf } from './text-file.ts';

/** The pages of a CPU, in a file that is not open yet. */
interface RawFile {
  readonly cpu: number;
  /** For messages. */
  readonly name: string;
  open(): Promise<ByteSource>;
}

/** The files of a folder. */
export interface PageFolder {
  /** In the order of the CPUs. */
  readonly raws: readonly RawFile[];
  /** By name without folders. */
  readonly texts: ReadonlyMap<string, TextFile>;
  /** Why files may be missing or cut; undefined if nothing failed. */
  readonly fault?: unknown;
  /** Called once the files are no longer read. */
  close?(): void | Promise<void>;
}

const RAW = /^cpu(\d+)\.raw$/;
const KERNEL_TEXTS = ['header_page', 'profile', 'uname', 'trace_clock'];
const TEXTS = [...KERNEL_TEXTS, 'processes', 'descriptors', 'started'];
const TEXT = new RegExp(String.raw`^(?:${TEXTS.join('|')}|cpu\d+\.stats|.+\.format)$`);

/** The name of a file without its folders. */
const baseName = (name: string): string => name.slice(name.search(/[^/\\]*$/));

/** The name of a source, before it is opened; undefined if it has none. */
function nameOf(source: Source): string | undefined {
  if (typeof source === 'string') return source;
  if (source instanceof URL) return decodeURIComponent(source.pathname);
  const { name } = Object(source) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

/** Whether there is a file of raw pages among sources, by their names. */
export const hasPages = (sources: readonly Source[]): boolean =>
  sources.some((source) => RAW.test(baseName(nameOf(source) ?? '')));

/** Puts files into a folder. */
class FolderBuilder {
  readonly #raws = new Map<number, RawFile>();
  readonly #texts = new Map<string, TextFile>();

  /** What a file is by its name; undefined if it is of no use. */
  static kindOf(name: string): 'raw' | 'text' | undefined {
    const base = baseName(name);
    if (RAW.test(base)) return 'raw';
    return TEXT.test(base) ? 'text' : undefined;
  }

  raw(name: string, open: () => Promise<ByteSource>): void {
    const cpu = Number(RAW.exec(baseName(name))?.[1]);
    const before = this.#raws.get(cpu);
    if (before !== undefined) this.#clash(before.name, name);
    this.#raws.set(cpu, { cpu, name, open });
  }

  text(file: TextFile): void {
    const base = baseName(file.name);
    const before = this.#texts.get(base);
    if (before !== undefined) this.#clash(before.name, file.name);
    this.#texts.set(base, file);
  }

  get folder(): PageFolder {
    const raws = [...this.#raws.values()].sort((a, b) => a.cpu - b.cpu);
    return { raws, texts: this.#texts };
  }

  #clash(first: string, second: string): never {
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${first} and ${second} are of two traces: an import reads one folder of raw pages`,
    );
  }
}

/** The folder that sources are the files of, by their names. Only small files are read. */
export async function folderOfFiles(
  sources: readonly Source[],
  signal: AbortSignal | undefined,
): Promise<PageFolder> {
  const builder = new FolderBuilder();
  for (const source of sources) {
    const name = nameOf(source) ?? '';
    const kind = FolderBuilder.kindOf(name);
    // Pages are never compressed: their first bytes can be anything.
    const open = () => openBytes(source, { compression: 'none', signal });
    if (kind === 'raw') builder.raw(name, open);
    if (kind !== 'text') continue;
    const opened = await open();
    try {
      builder.text(await textOf(opened));
    } finally {
      await closeQuietly(opened, signal);
    }
  }
  return builder.folder;
}

/** A tar that can be read at any offset, or again and again. */
interface Tar {
  readonly bytes: ByteSource;
  /** The bytes of a member. */
  open(member: TarMember): Promise<ByteSource>;
  close(): void | Promise<void>;
}

/**
 * A tar whose bytes are in memory or in a file; one that is compressed, or a pipe, is put into one.
 */
async function tarOf(source: ByteSource, signal: AbortSignal | undefined): Promise<Tar> {
  const ranged = (bytes: ByteSource, close: Tar['close']): Tar => ({
    bytes,
    close,
    async open({ name, byteOffset, byteLength }) {
      const range = bytes.range?.(byteOffset, byteOffset + byteLength);
      if (range !== undefined) return { ...range, name: `${source.name}:${name}` };
      return tarMember(again(source), name);
    },
  });
  if (source.range?.(0, 0) !== undefined) return ranged(source, () => {});
  const host = currentHost();
  if (host.spool !== undefined) {
    const bytes = await host.spool(source, signal);
    return ranged(bytes, () => bytes.close());
  }
  const first = again(source);
  return {
    bytes: first,
    close: () => first.close(),
    open: ({ name }) => tarMember(again(source), name),
  };
}

/** @throws AioscopeError `AIOSCOPE_SOURCE` if a source can be read only once */
function again(tar: ByteSource): ByteSource {
  const opened = tar.reopen?.();
  if (opened !== undefined) return opened;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${tar.name}: a tar of raw pages is read once per CPU here, and this can be read only once; ` +
      'save it to a file and import that, or unpack it and import the folder',
  );
}

/**
 * The folder in a tar. The tar is read once for its small files, and then the pages of all CPUs at
 * once: no member has to be in memory.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if it cannot be read so, or is not the only source
 */
export async function folderOfTar(
  sources: readonly ByteSource[],
  signal: AbortSignal | undefined,
): Promise<PageFolder> {
  const [source, other] = sources;
  if (other !== undefined)
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${source.name} and ${other.name}: a tar of raw pages is imported alone`,
    );
  const tar = await tarOf(source, signal);
  const close = () => tar.close();
  try {
    const builder = new FolderBuilder();
    const fault = await addMembers(builder, tar, source.name);
    const { raws, texts } = builder.folder;
    if (raws.length > 0) return { raws, texts, fault, close };
    throw (
      fault ??
      new AioscopeError(
        'AIOSCOPE_UNKNOWN',
        `${source.name}: no raw pages in it, which are files named cpu0.raw, cpu1.raw and so on; ` +
          'unpack it and import what it holds',
      )
    );
  } catch (error) {
    await closeQuietly(tar, signal);
    throw error;
  }
}

/** Adds the members of a tar to a folder. Returns why they end early, if they do. */
async function addMembers(builder: FolderBuilder, tar: Tar, tarName: string): Promise<unknown> {
  const members = tarMembers(tar.bytes);
  for (;;) {
    let member: TarMember;
    let text: TextFile | undefined;
    try {
      const next = await members.next();
      if (next.done) return undefined;
      member = next.value;
      const name = `${tarName}:${member.name}`;
      const isText = FolderBuilder.kindOf(name) === 'text';
      text = isText ? await textOf({ ...member.bytes, name }) : undefined;
    } catch (error) {
      return error;
    }
    if (text !== undefined) builder.text(text);
    if (FolderBuilder.kindOf(member.name) === 'raw')
      builder.raw(`${tarName}:${member.name}`, () => tar.open(member));
  }
}

/** A file that a folder must have. */
export function neededText({ texts }: PageFolder, name: string, from: string): TextFile {
  const found = texts.get(name);
  if (found !== undefined) return found;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${name} is missing beside the raw pages: copy ${from} of the traced machine there; ` +
      `found: ${listed(texts.keys())}`,
  );
}
