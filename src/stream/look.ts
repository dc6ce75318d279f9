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
import type { OpenSourceOptions } from './open-source.ts';
import type { ByteSource } from './source.ts';
import { type Unpacked, unpacked } from './unpack.ts';

/** The first bytes of a source, decompressed, and what they could be. */
export interface Look extends Unpacked {
  readonly detection: Detection;
}

/** Looks at the beginning of a source, through its compression, and detects what is not given. */
export async function look(
  bytes: ByteSource,
  options: OpenSourceOptions,
  host: Host,
): Promise<Look> {
  possibleSchemas(options);
  const seen = await unpacked(bytes, SAMPLE_BYTES, options, host);
  return { ...seen, detection: detectFormat(seen.head.sample, options) };
}

const describe = ({ kind, endian, layout }: Guess): string =>
  `${kind}, ${endian}-endian, ${layout}`;

/** Given options without those that are undefined, which would override a default. */
const defined = (given: PartialFormat): PartialFormat =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/**
 * The format of a source that was looked at, and why it may be wrong.
 *
 * @throws AioscopeError `AIOSCOPE_UNKNOWN` if no kind is given and none is recognized;
 *   `AIOSCOPE_READ` if reading failed before it could be
 */
export function formatOf(
  bytes: ByteSource,
  { head: { sample, fault }, detection }: Look,
  options: OpenSourceOptions,
) {
  const { name, byteOffset = 0 } = bytes;
  const { kind, layout, endian, whereEmpty } = options;
  const { guess, evidence, alternatives } = detection;
  if (guess === null) {
    const assumed = sample.byteLength === 0 ? whereEmpty : undefined;
    const format = { ...assumed, ...defined({ kind, layout, endian }) };
    if (format.kind !== undefined) return { format: { ...format, kind: format.kind }, doubt: null };
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
    doubt: isDoubtful
      ? `${name}: the detected format is doubtful: ${describe(guess)}${others}`
      : null,
  };
}
