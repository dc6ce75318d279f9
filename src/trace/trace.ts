import type { RecordKind } from '../abi/record.ts';
import type { AbsentField } from '../layout/absent.ts';
import type { RunNames } from '../layout/run-names.ts';
import { schemaOf } from '../layout/schema.ts';
import { Opened } from '../stream/open-source.ts';
import type { ByteSource } from '../stream/source.ts';
import { type CallBytes, StreamSet, type StreamTrust } from '../stream/stream-set.ts';
import { MANIFEST_OF_CUT, parseManifest, type TraceManifest } from './manifest.ts';
import { MANIFEST_FILE, PART_NAMES, PARTS, type PartName } from './part.ts';

/** Methods that do their work between the beginning and the end of a call. */
const WORKS_IN_CALLS = ['strace', 'bpftrace'];

/** Where the files of a trace are: a folder or a pack. */
export interface TraceFiles {
  /** What messages call it. */
  readonly name: string;
  /** A file from its beginning, not opened yet; undefined if the trace does not have it. */
  source(file: string): ByteSource | undefined;
  /** The size of a file, and how many zeros it ends in; undefined if that is not known. */
  sizeOf?(file: string): { readonly bytes: number; readonly zeros: number } | undefined;
}

/** How a part differs from what its description says, or from what a capture writes. */
export interface TraceFault {
  readonly part: PartName;
  /**
   * `missing`: the part is described, and not there. `zeros`: its file ends in zeros, as after a
   * power cut; whole records of them are left out. `length`: it has more or fewer records than are
   * described, as of a capture that goes on or was killed.
   */
  readonly what: 'missing' | 'zeros' | 'length';
  /** The records that are described; null if it is not known. */
  readonly described: number | null;
  /** The records that are there. */
  readonly found: number;
}

/** A trace: what was captured or imported of one run, in several parts. */
export class Trace extends StreamSet {
  /** What messages call it: its path. */
  readonly name: string;
  /** What its capture.json says; without a whole one, that nothing is known. */
  readonly manifest: TraceManifest;
  /** Whether it has a whole capture.json. A capture that was killed has none. */
  readonly isDescribed: boolean;
  /** The names of processes and files that its capture.json has. */
  readonly names: RunNames;
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
    const { processes, descriptors } = this.manifest;
    const { realtimeOffsetNs } = this.manifest.clock;
    this.names = {
      ...{ processes, descriptors },
      ...(realtimeOffsetNs !== null && { realtimeOffsetNs }),
    };
    this.#files = files;
  }

  get refusalsKnown(): boolean {
    return this.manifest.refusalsKnown;
  }

  override get trust(): StreamTrust {
    const { method, ended, complete, losses } = this.manifest;
    return { name: this.name, method, ended, complete, losses };
  }

  /** The names of the parts that it has. */
  get parts(): readonly PartName[] {
    return PART_NAMES.filter((part) => this.bytes(part) !== undefined);
  }

  /** What is not as its description says. The lengths in a packed trace are not known. */
  get faults(): readonly TraceFault[] {
    return PART_NAMES.flatMap((part) => this.#faultOf(part) ?? []);
  }

  /**
   * The bytes of a part from its beginning; undefined if the trace does not have it. They are not
   * opened before they are read. Zeros that a power cut left at the end are not among them.
   */
  bytes(part: PartName): ByteSource | undefined {
    const { file } = PARTS[part];
    const source = this.#files.source(file);
    const { bytes = 0, zeros = 0 } = this.#files.sizeOf?.(file) ?? {};
    const left = zerosLeft(bytes, zeros, PARTS[part].stride);
    return source !== undefined && left > 0 ? limited(source, bytes - left) : source;
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
    const schema = schemaOf({ kind, layout, endian, absent: this.absent(kind), names: this.names });
    const found = { compression: null, evidence: [], doubt: null };
    const again = (): Opened | undefined => {
      const reopened = bytes.reopen?.();
      return reopened && new Opened(reopened, schema, found, again);
    };
    return new Opened(bytes, schema, found, again);
  }

  calls(): CallBytes | undefined {
    const bytes = this.bytes('calls');
    const { endian, method } = this.manifest;
    return bytes && { bytes, endian, withTracer: WORKS_IN_CALLS.includes(method) };
  }

  #faultOf(part: PartName): TraceFault | undefined {
    const { file, stride } = PARTS[part];
    // Until a capture has ended, its description has no counts.
    const { parts, ended } = this.manifest;
    const described = (ended ? parts[part]?.records : undefined) ?? null;
    if (this.#files.source(file) === undefined)
      return described === null ? undefined : { part, what: 'missing', described, found: 0 };
    const { bytes, zeros } = this.#files.sizeOf?.(file) ?? {};
    if (bytes === undefined || zeros === undefined) return undefined;
    const left = zerosLeft(bytes, zeros, stride);
    const found = Math.floor((bytes - left) / stride);
    if (left > 0) return { part, what: 'zeros', described, found };
    return described === null || described === found
      ? undefined
      : { part, what: 'length', described, found };
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

/** The bytes at the end of a file that are records of zeros: a genuine record has a time. */
function zerosLeft(bytes: number, zeros: number, stride: number): number {
  const end = Math.ceil((bytes - zeros) / stride) * stride;
  return bytes - end < stride ? 0 : bytes - end;
}

/** The first bytes of a source. */
function limited(source: ByteSource, byteLength: number): ByteSource {
  let left = byteLength;
  return {
    name: source.name,
    byteLength,
    async read(target) {
      const read = await source.read(target.subarray(0, left));
      left -= read;
      return read;
    },
    reopen() {
      const again = source.reopen?.();
      return again && limited(again, byteLength);
    },
    close: () => source.close(),
  };
}
