import { AioscopeError } from '../errors.ts';
import type { AbsentOption } from '../layout/absent.ts';
import type { PartialFormat } from '../layout/detect.ts';
import { checkOptions } from '../layout/option-names.ts';
import {
  FORMAT_NAMES,
  type FormatOptions,
  oneOf,
  type Schema,
  schemaOf,
} from '../layout/schema.ts';
import { closeQuietly, loaded } from './fault.ts';
import { currentHost, type Host } from './host.ts';
import type { Compression } from './magic.ts';
import { type ByteOptions, COMPRESSIONS, type ReadOptions } from './options.ts';
import { type ByteSource, byteSource, type Source } from './source.ts';
import { unpacked } from './unpack.ts';

/** How a source is opened: every option overrides what would be detected. */
export interface OpenSourceOptions extends PartialFormat, AbsentOption, ByteOptions {
  /** What to assume of a source without bytes. */
  readonly whereEmpty?: FormatOptions | undefined;
  /** Whether layout and byte order are detected even if the kind is given; false unless given. */
  readonly detectLayout?: boolean | undefined;
  /** Stops the opening: it rejects with the signal's reason. */
  readonly signal?: ReadOptions['signal'];
}

const NAMES = [
  FORMAT_NAMES,
  'absent:object[]',
  'compression',
  'follow:AbortSignal',
  'whereEmpty:object',
  'detectLayout:boolean',
  'signal:AbortSignal',
] as const;

/** A source whose compression and format are known, to be read once, from its beginning. */
export class Opened {
  /** The decompressed bytes. */
  readonly bytes: ByteSource;
  /** How they are decoded. */
  readonly schema: Schema;
  readonly compression: Compression | null;
  /** What the detected format is based on; empty if nothing was detected. */
  readonly evidence: readonly string[];
  /** A warning for people if the detected format is doubtful; null if it is not. */
  readonly doubt: string | null;
  /** Whether it has no bytes, so that its format is the one that was assumed. */
  readonly isEmpty: boolean;
  readonly #again: () => Opened | undefined;
  #taken = false;

  constructor(
    bytes: ByteSource,
    schema: Schema,
    found: Pick<Opened, 'compression' | 'evidence' | 'doubt'> & {
      readonly isEmpty?: boolean;
    } = UNDETECTED,
    again: () => Opened | undefined = () => undefined,
  ) {
    this.bytes = bytes;
    this.schema = schema;
    this.compression = found.compression;
    this.evidence = found.evidence;
    this.doubt = found.doubt;
    this.isEmpty = found.isEmpty === true;
    this.#again = again;
  }

  /** What messages and reports call the source. */
  get name(): string {
    return this.bytes.name;
  }

  /** Bytes in all; undefined if that is not known in advance, as of a pipe. */
  get length(): number | undefined {
    return this.bytes.byteLength;
  }

  /** Where the bytes begin in what `name` names; 0 of decompressed bytes. */
  get offset(): number {
    return this.bytes.byteOffset ?? 0;
  }

  /**
   * The same source from its beginning; undefined if it can be read only once. A file has to be the
   * one that was opened first, unchanged: otherwise the first read rejects with
   * `AIOSCOPE_CHANGED`.
   */
  reopen(): Opened | undefined {
    return this.#again();
  }

  /** Opens the file, which its first read does otherwise: from then on it is that one file. */
  async prepare(): Promise<this> {
    await this.bytes.read(new Uint8Array(0));
    return this;
  }

  /**
   * Returns the bytes to whoever reads them.
   *
   * @throws AioscopeError `AIOSCOPE_SOURCE` the second time
   */
  take(): ByteSource {
    if (this.#taken) throw hasBeenRead(this.name);
    this.#taken = true;
    return this.bytes;
  }

  /** Closes the source. Whoever reads it to its end has closed it. */
  close(): void | Promise<void> {
    return this.bytes.close();
  }
}

const UNDETECTED = { compression: null, evidence: [], doubt: null } as const;

/** The error of reading a source a second time. */
export const hasBeenRead = (name: string): AioscopeError =>
  new AioscopeError('AIOSCOPE_SOURCE', `${name} has been read; open it again to read it again`);

/** The bytes of anything that can be read here, not opened yet. */
export function toBytes(
  source: Source,
  options: ByteOptions = {},
  host: Host = currentHost(),
): ByteSource {
  oneOf('compression', options.compression ?? 'auto', COMPRESSIONS);
  return host.bytesOf(source, options) ?? byteSource(source);
}

/** Opens a source as decompressed bytes, without looking for records. */
export async function openBytes(
  source: Source,
  options: ByteOptions & Pick<OpenSourceOptions, 'signal'>,
  host: Host = currentHost(),
): Promise<ByteSource> {
  const bytes = toBytes(source, options, host);
  try {
    return (await unpacked(bytes, 0, options, host)).head.source;
  } catch (error) {
    await closeQuietly(bytes, options.signal);
    throw error;
  }
}

/** Looks at a source once and resolves its format. */
async function resolve(bytes: ByteSource, options: OpenSourceOptions, host: Host) {
  const { kind, layout, endian, absent } = options;
  const isGiven = layout !== undefined && endian !== undefined;
  if (kind !== undefined && (isGiven || options.detectLayout !== true)) {
    const schema = schemaOf({ kind, layout, endian, absent });
    const { head, compression, unpack } = await unpacked(bytes, 0, options, host);
    return { source: head.source, schema, found: { ...UNDETECTED, compression }, unpack };
  }
  // Loaded on demand: many programs know what they read.
  const { look, formatOf } = await loaded(bytes.name, import('./look.ts'));
  const seen = await look(bytes, options, host);
  const { head, compression, unpack, detection } = seen;
  const { format, doubt, isEmpty } = formatOf(bytes, seen, options);
  const found = { compression, evidence: detection.evidence, doubt, isEmpty };
  return { source: head.source, schema: schemaOf({ ...format, absent }), found, unpack };
}

/**
 * Opens a source: decompresses it, looks at its beginning once, and resolves its format. Options
 * override what would be detected. With a kind, layout and byte order default to a bare
 * little-endian dump, unless `detectLayout` asks for them to be detected too. A source that is
 * open already is returned unchanged.
 *
 * In a trace, it opens the stream of the kind.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` if no kind is given and none is recognized;
 *   `AIOSCOPE_OPTION` for a trace without a kind; `AIOSCOPE_READ` if the source cannot be opened.
 *   The source is closed then.
 */
export async function openSource(
  source: Source | Opened,
  options: OpenSourceOptions = {},
  host: Host = currentHost(),
): Promise<Opened> {
  checkOptions('openSource', options, NAMES);
  checkOptions('whereEmpty', options.whereEmpty, FORMAT_NAMES);
  if (source instanceof Opened) return source;
  const bytes = toBytes(source, options, host);
  try {
    options.signal?.throwIfAborted();
    if (bytes.streams !== undefined) return (await bytes.streams()).openKind(options);
    const { source: whole, schema, found, unpack } = await resolve(bytes, options, host);
    const reopen = (): Opened | undefined => {
      const raw = bytes.reopen?.();
      if (raw === undefined) return undefined;
      return new Opened(unpack(raw), schema, found, reopen);
    };
    return new Opened(whole, schema, found, reopen);
  } catch (error) {
    await closeQuietly(bytes, options.signal);
    throw error;
  }
}
