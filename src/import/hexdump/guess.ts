import type { RecordKind } from '../../abi/record.ts';
import { CONFIDENCE_SURE, detectFormat, possibleSchemas } from '../../layout/detect.ts';
import { scoreOf } from '../../layout/heuristics.ts';
import type { FormatOptions } from '../../layout/schema.ts';

/** What bytes are taken for. */
export interface Guessed {
  readonly format: FormatOptions;
  /** How well the bytes fit, from 0 to 1. */
  readonly score: number;
  readonly isSure: boolean;
}

/** Records that are looked at. */
const RECORDS = 64;

/** What the bytes of a dump are: as for a file, or for fewer records what fits them best. */
export function guessOf(bytes: Uint8Array, kind: RecordKind | undefined): Guessed {
  const { guess } = detectFormat(bytes, { kind });
  if (guess !== null) {
    const { kind: found, layout, endian, confidence } = guess;
    const isSure = confidence >= CONFIDENCE_SURE;
    return { format: { kind: found, layout, endian }, score: confidence, isSure };
  }
  // Bytes that are left over tell against a layout.
  const [best] = possibleSchemas({ kind })
    .filter(({ stride }) => stride <= bytes.byteLength)
    .map((schema) => scoreOf(schema, bytes, RECORDS))
    .map(({ schema, score }) => ({
      schema,
      score: bytes.byteLength % schema.stride === 0 ? score : score / 2,
    }))
    .sort((a, b) => b.score - a.score || a.schema.stride - b.schema.stride);
  if (best === undefined) return { format: { kind: kind ?? 'iocb' }, score: 0, isSure: false };
  const { kind: found, layout, endian } = best.schema;
  return {
    format: { kind: found, layout: layout.text, endian },
    score: best.score,
    isSure: false,
  };
}
