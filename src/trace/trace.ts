import type { RecordKind } from '../abi/record.ts';
import type { AbsentField } from '../layout/absent.ts';
import { schemaOf } from '../layout/schema.ts';
import { Opened } from '../stream/open-source.ts';
import type { ByteSource } from '../stream/source.ts';
import { StreamSet } from '../stream/stream-set.ts';
import { MANIFEST_OF_CUT, parseManifest, type TraceManifest } from './manifest.ts';
import { MANIFEST_FILE, PART_NAMES, PARTS, type PartName } from './part.ts';

/** Where the files of a trace are: a folder or a pack. */
export interface TraceFiles {
  /** What messages call it. */
  readonly name: string;
  /** A file from its beginning, not opened yet; undefined if the trace does not have it. */
  source(file: string): ByteSource | undefined;
}

/** A trace: what was captured or imported of one run, in several parts. */
export class Trace extends StreamSet {
  /** What messages call it: its path. */
  readonly name: string;
  /** What its capture.json says; of a trace without a whole one, that nothing is known. */
  readonly manifest: TraceManifest;
  /** Whether it has a whole capture.json. A capture that was killed has none. */
  readonly isDescribed: boolean;
  readonly #files: TraceFiles;

  /**
   * A trace of files, with the text of its capture.json if there is one.
   *
   * @throws AioscopeError `AIOSCOPE_SOURCE` if that describes something else
   */
  constructor(files: TraceFiles, text: string | undefined) {
    super();
    const manifest =
      text === undefined ? undefined : parseManifest(text, `${files.name}/${MANIFEST_FILE}`);
    this.name = files.name;
    this.manifest = manifest ?? MANIFEST_OF_CUT;
    this.isDescribed = manifest !== undefined;
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
    const { endian, processes, descriptors } = this.manifest;
    const names = { processes, descriptors };
    const schema = schemaOf({ kind, layout, endian, absent: this.absent(kind), names });
    const found = { compression: null, evidence: [], doubt: null };
    const again = (): Opened | undefined => {
      const reopened = bytes.reopen?.();
      return reopened && new Opened(reopened, schema, found, again);
    };
    return new Opened(bytes, schema, found, again);
  }

  /** Its files, as they are, the description first. */
  files(): readonly { readonly name: string; readonly bytes: ByteSource }[] {
    return [MANIFEST_FILE, ...PART_NAMES.map((part) => PARTS[part].file)].flatMap((name) => {
      const bytes = this.#files.source(name);
      return bytes === undefined ? [] : [{ name, bytes }];
    });
  }

  /** What records of a kind lack, for the option `absent` of readers. */
  absent(kind: RecordKind): readonly AbsentField[] {
    return this.manifest.absent.filter((each) => each.kind === kind);
  }
}
