import type { RecordKind } from '../abi/record.ts';
import { AioscopeError } from '../errors.ts';
import type { AbsentField } from '../layout/absent.ts';
import { type Kind, schemaOf } from '../layout/schema.ts';
import { Opened } from '../stream/open-source.ts';
import type { ByteSource } from '../stream/source.ts';
import type { TraceManifest } from './manifest.ts';
import { PART_NAMES, PARTS, type PartName } from './part.ts';

/** Where the files of a trace are: a folder or a pack. */
export interface TraceFiles {
  /** What messages call it. */
  readonly name: string;
  /** A file from its beginning, not opened yet; undefined if the trace does not have it. */
  source(file: string): ByteSource | undefined;
}

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
    return PART_NAMES.filter((part) => this.bytes(part) !== undefined);
  }

  /** The parts that its description names and that are not there. */
  get missing(): readonly PartName[] {
    return PART_NAMES.filter(
      (part) => this.manifest.parts[part] !== undefined && this.bytes(part) === undefined,
    );
  }

  /**
   * The bytes of a part from its beginning; undefined if the trace does not have it. They are not
   * opened before they are read.
   */
  bytes(part: PartName): ByteSource | undefined {
    return this.#files.source(PARTS[part].file);
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
    const { endian } = this.manifest;
    const schema = schemaOf({ kind, layout, endian, absent: this.absent(kind) });
    return new Opened(bytes, schema, undefined, () => this.open(part));
  }

  /** What records of a kind lack, for the option `absent` of readers. */
  absent(kind: RecordKind): readonly AbsentField[] {
    return this.manifest.absent.filter((each) => each.kind === kind);
  }

  /**
   * The part that holds the records of a kind, for readers of one stream.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` without a kind, or for one that the trace does not have
   */
  partOf(kind: Kind | undefined): 'submissions' | 'completions' {
    const part = kind === 'iocb' ? 'submissions' : kind === 'io_event' ? 'completions' : undefined;
    if (part !== undefined && this.bytes(part) !== undefined) return part;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${this.name} is a trace, which holds several streams; choose one with ` +
        `${option('kind')}: iocb for its submissions, io_event for its completions`,
    );
  }
}
