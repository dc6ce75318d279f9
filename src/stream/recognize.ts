import { AioscopeError } from '../errors.ts';
import {
  CONFIDENCE_SURE,
  detectFormat,
  type Guess,
  type PartialFormat,
  possibleSchemas,
  SAMPLE_BYTES,
} from '../layout/detect.ts';
import { type FormatOptions, type Kind, resolveSchema, type Schema } from '../layout/schema.ts';
import type { Compression, CompressionOption } from './compression.ts';
import { peek } from './peek.ts';
import { toSource } from './reader.ts';
import { readRing } from './ring.ts';
import type { ByteSource, Source } from './source.ts';
import { readFault } from './source-buffer.ts';

/** What a source seems to be, and what speaks for that. */
export interface Inspection {
  file: string;
  /** Bytes of the source, decompressed. */
  bytes: number;
  compression: Compression | null;
  /** null where the source is not recognized; so are the three after it. */
  kind: Kind | null;
  endian: Guess['endian'] | null;
  /** The field list. */
  layout: string | null;
  /** Whole records; of a ring its live events. */
  records: number | null;
  tornBytes: number | null;
  /** 0 … 1: below 0.9 the guess is doubtful. */
  confidence: number;
  evidence: readonly string[];
  alternatives: readonly Guess[];
}

/** A source whose format is known, to be read from its beginning. */
export interface Recognized {
  readonly source: ByteSource;
  readonly format: FormatOptions;
  /** What to tell a person who did not say the format: that it was a doubtful guess, and between what. */
  readonly doubt: string | null;
}

const told = ({ kind, endian, layout }: Guess): string => `${kind}, ${endian}-endian, ${layout}`;

/** What is known of a source's format, and what one without bytes is to be taken for: nothing in it says. */
export interface RecognizeOptions extends PartialFormat {
  readonly whereEmpty?: FormatOptions | undefined;
}

/** Look at a source's beginning, and guess what `given` leaves open. */
async function look(source: ByteSource, given: PartialFormat, signal?: AbortSignal) {
  possibleSchemas(given);
  const { sample, source: whole, fault } = await peek(source, SAMPLE_BYTES, signal);
  return {
    whole,
    fault,
    isEmpty: sample.byteLength === 0,
    detection: detectFormat(sample, given),
  };
}

/** The same; a source that fails at once, or is asked for in vain, is let go of. */
async function lookOrClose(source: ByteSource, given: PartialFormat, signal?: AbortSignal) {
  try {
    return await look(source, given, signal);
  } catch (error) {
    await closeQuietly(source, signal);
    throw error;
  }
}

/** What is said of a format: what is not said leaves room for something else. */
const defined = (given: PartialFormat): PartialFormat =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

async function closeQuietly(source: ByteSource, signal: AbortSignal | undefined): Promise<void> {
  const closing = Promise.resolve(source.close()).catch(() => {});
  // An iterator closes only when its pending step has ended, which after an abort may be never.
  if (!signal?.aborted) await closing;
}

/**
 * Find out how a source is to be read. What is given is obeyed; of what is not, a kind has to be recognized, and layout
 * and byte order are a bare dump's and little-endian where they cannot be.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` where no kind is given and none is recognized; `AIOSCOPE_READ` where the source
 *   cannot be opened
 */
export async function recognize(
  source: ByteSource,
  options: RecognizeOptions,
  signal?: AbortSignal,
): Promise<Recognized> {
  const { whereEmpty, ...given } = options;
  const { whole, fault, isEmpty, detection } = await lookOrClose(source, given, signal);
  const { guess, evidence, alternatives } = detection;
  if (guess === null) {
    const { kind, layout, endian } = { ...(isEmpty && whereEmpty), ...defined(given) };
    if (kind !== undefined) return { source: whole, format: { kind, layout, endian }, doubt: null };
    await source.close();
    if (fault !== undefined) throw fault;
    throw new AioscopeError(
      'AIOSCOPE_UNKNOWN',
      `${source.name}: not recognized: ${evidence.join('; ')}; say what it is with --kind, --layout and --endian`,
    );
  }
  const others = alternatives.length === 0 ? '' : `, or ${alternatives.map(told).join(', or ')}`;
  const isSaid =
    given.kind !== undefined && given.layout !== undefined && given.endian !== undefined;
  const doubt =
    !isSaid && guess.confidence < CONFIDENCE_SURE
      ? `${source.name}: a doubtful guess: ${told(guess)}${others}`
      : null;
  return {
    source: whole,
    format: { kind: guess.kind, layout: given.layout ?? guess.layout, endian: guess.endian },
    doubt,
  };
}

/** A source, and how its records are to be read. */
export type Identified = Pick<Recognized, 'source' | 'format'>;

/** Recognize a source whose kind is not said; one whose kind is said is what the options say. */
export async function identify(
  source: ByteSource,
  options: PartialFormat,
  signal?: AbortSignal,
): Promise<Identified> {
  const { kind, layout, endian } = options;
  return kind === undefined
    ? recognize(source, options, signal)
    : { source, format: { kind, layout, endian } };
}

/** The same, and the source has been opened: what can be known of it beforehand, its size and origin, is known. */
export async function identifyOpened(
  source: ByteSource,
  options: PartialFormat,
  signal?: AbortSignal,
): Promise<Identified> {
  const { source: whole, format } = await identify(source, options, signal);
  if (whole.byteLength !== undefined) return { source: whole, format };
  try {
    signal?.throwIfAborted();
    return { source: (await peek(whole, 1, signal)).source, format };
  } catch (error) {
    await closeQuietly(whole, signal);
    throw error;
  }
}

/** Read a source to its end without keeping it. */
async function countBytes(source: ByteSource): Promise<number> {
  const scratch = new Uint8Array(2 ** 20);
  let bytes = 0;
  try {
    for (let read = await source.read(scratch); read > 0; read = await source.read(scratch))
      bytes += read;
  } catch (error) {
    throw readFault(source.name, bytes, error);
  }
  return bytes;
}

/** How many records of a schema a source has, and what is left. */
async function count(source: ByteSource, schema: Schema) {
  if (schema.kind === 'aio_ring') {
    const { bytes, liveEvents, tornBytes } = await readRing(source, schema.endian);
    return { bytes, records: liveEvents, tornBytes };
  }
  // A size that is known beforehand need not be read; any other is, and with it a fault comes to light.
  const bytes = source.byteLength ?? (await countBytes(source));
  return { bytes, records: Math.floor(bytes / schema.stride), tornBytes: bytes % schema.stride };
}

/** Say what a source seems to be, with the evidence. A source whose size is not known beforehand is read to its end. */
export async function inspectSource(source: ByteSource, given: PartialFormat): Promise<Inspection> {
  try {
    const { whole, detection } = await look(source, given);
    const { guess, evidence, alternatives } = detection;
    const { compression = null, name: file } = source;
    if (guess === null) {
      const nothing = {
        kind: null,
        endian: null,
        layout: null,
        records: null,
        tornBytes: null,
        confidence: 0,
      };
      return {
        file,
        bytes: whole.byteLength ?? (await countBytes(whole)),
        compression,
        ...nothing,
        evidence,
        alternatives,
      };
    }
    const { kind, endian, layout, confidence } = guess;
    const { bytes: size, records, tornBytes } = await count(whole, resolveSchema(guess));
    return {
      file,
      bytes: size,
      compression,
      kind,
      endian,
      layout,
      records,
      tornBytes,
      confidence,
      evidence,
      alternatives,
    };
  } finally {
    await source.close();
  }
}

/** How a source is to be looked at: what is known of its format, and whether its compression is looked through. */
export interface InspectOptions extends PartialFormat {
  readonly compression?: CompressionOption | undefined;
}

/**
 * Say what a source seems to be, and what speaks for that. Cost: a megabyte is read; a source whose size is not known
 * beforehand (a pipe, a compressed file) is read to its end.
 *
 * @throws AioscopeError `AIOSCOPE_READ` where the source cannot be opened
 */
export function inspect(
  source: Source | ByteSource,
  options: InspectOptions = {},
): Promise<Inspection> {
  return inspectSource(toSource(source, options.compression), options);
}
