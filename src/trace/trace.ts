import { AioscopeError } from '../errors.ts';
import type { Kind } from '../layout/schema.ts';
import { resolveSchema } from '../layout/schema.ts';
import { Opened } from '../stream/open-source.ts';
import type { ByteSource } from '../stream/source.ts';
import type { TraceManifest } from './manifest.ts';
import { PARTS, type PartName } from './part.ts';

/** Where the files of a trace are: a folder or a pack. */
export interface TraceFiles {
  /** What messages call it. */
  readonly name: string;
  /** A file from its beginning, not opened yet; undefined if the trace does not have it. */
  source(file: string): ByteSource | undefined;
}

/** The parts that `open` finds by kind. */
const BY_KIND: Readonly<Partial<Record<Kind, PartName>>> = {
  iocb: 'submissions',
  io_event: 'completions',
};

/** A trace: what was captured or imported of one run, in several parts. */
export class Trace {
  /** What messages call it: its path. */
  readonly name: string;
  readonly manifest: TraceManifest;
  readonly #files: TraceFiles;

  constructor(files: TraceFiles, manifest: TraceManifest) {
    this.name = files.name;
    this.manifest = manifest;
    this.#files = files;
  }

  /** The names of the parts that it has. */
  get parts(): readonly PartName[] {
    return Object.keys(this.manifest.parts) as PartName[];
  }

  /**
   * The bytes of a part from its beginning; undefined if the trace does not have it. Each call
   * opens it anew, once it is read.
   */
  bytes(part: PartName): ByteSource | undefined {
    return this.manifest.parts[part] === undefined
      ? undefined
      : this.#files.source(PARTS[part].file);
  }

  /**
   * A part of records, to be read once; undefined if the trace does not have it. Calls are read by
   * `decodeCalls`.
   */
  open(part: Exclude<PartName, 'calls'>): Opened | undefined {
    const bytes = this.bytes(part);
    if (bytes === undefined) return undefined;
    const { kind, layout } = PARTS[part];
    if (kind === null) return undefined;
    const schema = resolveSchema({ kind, layout, endian: this.manifest.endian });
    return new Opened(bytes, schema, undefined, () => this.open(part));
  }

  /**
   * The part of a kind, for readers of one stream.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` without a kind, or for one that the trace does not have
   */
  openKind(kind: Kind | undefined): Opened {
    const part = kind === undefined ? undefined : BY_KIND[kind];
    const opened = part === undefined || part === 'calls' ? undefined : this.open(part);
    if (opened !== undefined) return opened;
    const has = Object.entries(BY_KIND)
      .filter(([, name]) => this.parts.includes(name))
      .map(([each, name]) => `${each} (its ${name})`);
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${this.name} is a trace with several streams; choose one with ${option('kind')}: ` +
        has.join(' or '),
    );
  }
}
