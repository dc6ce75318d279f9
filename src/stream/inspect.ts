import type { Guess, PartialFormat } from '../layout/detect.ts';
import { checkOptions } from '../layout/option-names.ts';
import { FORMAT_NAMES, type Kind, type Schema, schemaOf } from '../layout/schema.ts';
import { readFault } from './fault.ts';
import { currentHost, type Host } from './host.ts';
import { look } from './look.ts';
import type { Compression } from './magic.ts';
import { type Opened, toBytes } from './open-source.ts';
import type { ByteOptions } from './options.ts';
import { readRing } from './read-ring.ts';
import type { ByteSource, Source } from './source.ts';

/** What a source appears to hold, and the evidence. */
export interface Inspection {
  file: string;
  /** Decompressed size in bytes. */
  bytes: number;
  compression: Compression | null;
  /** null if the source is not recognized; so are endian, layout, records and tornBytes then. */
  kind: Kind | null;
  endian: Guess['endian'] | null;
  /** The field list. */
  layout: string | null;
  /** Whole records; of a ring, its live events. */
  records: number | null;
  tornBytes: number | null;
  /** From 0 to 1; below 0.9 the guess is doubtful. */
  confidence: number;
  evidence: readonly string[];
  alternatives: readonly Guess[];
}

/** How a source is inspected: options override what would be detected. */
export interface InspectOptions extends PartialFormat, Pick<ByteOptions, 'compression'> {}

/** Reads a source to its end and returns its size. */
async function countBytes(source: ByteSource): Promise<number> {
  const scratch = new Uint8Array(2 ** 20);
  let bytes = 0;
  try {
    for (let read = await source.read(scratch); read > 0; read = await source.read(scratch))
      bytes += read;
  } catch (error) {
    throw readFault(source.name, (source.byteOffset ?? 0) + bytes, error);
  }
  return bytes;
}

/** Counts the whole records of a source, and the bytes that are left over. */
async function countRecords(source: ByteSource, schema: Schema) {
  if (schema.kind === 'aio_ring') {
    const { bytes, liveEvents, tornBytes } = await readRing(source, schema.endian);
    return { bytes, records: liveEvents, tornBytes };
  }
  // If the size is not known in advance the source is read to its end, which also finds faults.
  const bytes = source.byteLength ?? (await countBytes(source));
  return { bytes, records: Math.floor(bytes / schema.stride), tornBytes: bytes % schema.stride };
}

const GIVEN = { evidence: ['kind, layout and byte order are given'], alternatives: [] } as const;

/** The format that options give; undefined if any part of it is to be detected. */
function givenFormat({ kind, layout, endian }: InspectOptions): Guess | undefined {
  if (kind === undefined || layout === undefined || endian === undefined) return undefined;
  const { layout: parsed } = schemaOf({ kind, layout, endian });
  return { kind, layout: parsed.text, endian, confidence: 1 };
}

/** What a part of a trace holds: its description says it. */
export async function inspectPart(
  { bytes, schema }: Opened,
  host: Host = currentHost(),
): Promise<Inspection> {
  const { kind, endian, layout } = schema;
  const found = await inspect(bytes, { kind, endian, layout: layout.text }, host);
  return { ...found, evidence: ['it is a part of a trace'] };
}

/**
 * Detects what a source holds and reports the evidence. Cost: 1 MiB is read; a source whose size is
 * not known in advance (a pipe, a compressed file) is read to its end. In a trace, the part of the
 * kind is inspected.
 *
 * @throws AioscopeError `AIOSCOPE_READ` if the source cannot be opened, or fails in what is read of
 *   it
 */
export async function inspect(
  source: Source,
  options: InspectOptions = {},
  host: Host = currentHost(),
): Promise<Inspection> {
  checkOptions('inspect', options, [FORMAT_NAMES, 'compression']);
  const bytes = toBytes(source, options, host);
  if (bytes.streams !== undefined) {
    return inspectPart((await bytes.streams()).openKind(options), host);
  }
  try {
    const { head, compression, detection } = await look(bytes, options, host);
    const whole = head.source;
    const given = givenFormat(options);
    const { guess, evidence, alternatives } =
      given === undefined ? detection : { guess: given, ...GIVEN };
    const file = bytes.name;
    if (head.fault !== undefined)
      throw readFault(file, (bytes.byteOffset ?? 0) + head.sample.byteLength, head.fault);
    if (guess === null) {
      const size = whole.byteLength ?? (await countBytes(whole));
      const unknown = { kind: null, endian: null, layout: null, records: null, tornBytes: null };
      const found = { confidence: 0, evidence, alternatives };
      return { file, bytes: size, compression, ...unknown, ...found };
    }
    const { kind, endian, layout, confidence } = guess;
    const counts = await countRecords(whole, schemaOf(guess));
    const { bytes: size, records, tornBytes } = counts;
    return {
      ...{ file, bytes: size, compression, kind, endian, layout, records, tornBytes },
      ...{ confidence, evidence, alternatives },
    };
  } finally {
    await bytes.close();
  }
}
