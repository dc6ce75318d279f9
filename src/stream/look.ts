// Detection: loaded when a source is opened whose format is not given.
import { AioscopeError } from '../errors.ts';
import {
  CONFIDENCE_SURE,
  type Detection,
  detectFormat,
  type Guess,
  type PartialFormat,
  possibleSchemas,
  SAMPLE_BYTES,
} from '../layout/detect.ts';
import { readFault } from './fault.ts';
import type { Host } from './host.ts';
import { type LogSign, signOf } from './log-signs.ts';
import type { OpenSourceOptions } from './open-source.ts';
import type { ByteSource } from './source.ts';
import { type Unpacked, unpacked } from './unpack.ts';

/** The first bytes of a source, decompressed, and what they could be. */
export interface Look extends Unpacked {
  readonly detection: Detection;
  /** Whether it is the text of a log: what to do about it. */
  readonly isLog: boolean;
}

/** Looks at the beginning of a source, through its compression, and detects what is not given. */
export async function look(
  bytes: ByteSource,
  options: OpenSourceOptions,
  host: Host,
): Promise<Look> {
  possibleSchemas(options);
  const seen = await unpacked(bytes, SAMPLE_BYTES, options, host);
  const log = logOf(seen.head.sample);
  if (log === undefined)
    return { ...seen, detection: detectFormat(seen.head.sample, options), isLog: false };
  const evidence = `this is ${log.title}, not a dump of records; ${importHint(bytes.name)}`;
  return {
    ...seen,
    detection: { guess: null, evidence: [evidence], alternatives: [] },
    isLog: true,
  };
}

/** Bytes of a text that are looked at. */
const TEXT_BYTES = 2 ** 16;
/** Control characters that no text has. */
const isBinary = (byte: number): boolean =>
  byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b;

/** The log that the bytes are the text of; undefined if they are something else. */
function logOf(sample: Uint8Array): LogSign | undefined {
  const bytes = sample.subarray(0, TEXT_BYTES);
  if (bytes.some(isBinary)) return undefined;
  return signOf(new TextDecoder().decode(bytes).split(/\r?\n/));
}

const importHint = (name: string): string =>
  `make a trace of it with importLog of aioscope/import, or: aioscope import ` +
  `${/\s/.test(name) ? 'LOG' : name} -o run.trace`;

const describe = ({ kind, endian, layout }: Guess): string =>
  `${kind}, ${endian}-endian, ${layout}`;

/** Given options without those that are undefined, which would override a default. */
const defined = (given: PartialFormat): PartialFormat =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/**
 * The format of a source that was looked at, and why it may be wrong.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` if no kind is given and none is recognized, and for the
 *   text of a log; `AIOSCOPE_READ` if reading failed before it could be
 */
export function formatOf(
  bytes: ByteSource,
  { head: { sample, fault }, detection, isLog }: Look,
  options: OpenSourceOptions,
) {
  const { name, byteOffset = 0 } = bytes;
  const { kind, layout, endian, whereEmpty } = options;
  const { guess, evidence, alternatives } = detection;
  if (isLog) throw new AioscopeError('AIOSCOPE_UNKNOWN', `${name}: ${evidence[0]}`);
  if (guess === null) {
    const assumed = sample.byteLength === 0 ? whereEmpty : undefined;
    const format = { ...assumed, ...defined({ kind, layout, endian }) };
    if (format.kind !== undefined)
      return {
        format: { ...format, kind: format.kind },
        doubt: null,
        isEmpty: assumed !== undefined && kind === undefined,
      };
    if (fault !== undefined) throw readFault(name, byteOffset + sample.byteLength, fault);
    throw new AioscopeError(
      'AIOSCOPE_UNKNOWN',
      (option) =>
        `${name}: not recognized: ${evidence.join('; ')}; ` +
        `say what it is with ${option('kind')}, ${option('layout')} and ${option('endian')}`,
    );
  }
  const isGiven = kind !== undefined && layout !== undefined && endian !== undefined;
  const others = alternatives.map((other) => `, or ${describe(other)}`).join('');
  const isDoubtful = !isGiven && guess.confidence < CONFIDENCE_SURE;
  return {
    format: { kind: guess.kind, layout: layout ?? guess.layout, endian: guess.endian },
    isEmpty: false,
    doubt: isDoubtful
      ? `${name}: the detected format is doubtful: ${describe(guess)}${others}`
      : null,
  };
}
