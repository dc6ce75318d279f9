import {
  AIO_RING_MAGIC,
  AIORingSize,
  RECORDS,
  RING_HEADER_BYTES_MAX,
  RING_SLOTS_MAX,
} from '../abi/record.ts';
import { type Score, scoreOf } from './heuristics.ts';
import { parseLayout } from './layout.ts';
import { PRESETS } from './preset.ts';
import {
  ENDIANS,
  type Endian,
  type FormatOptions,
  KINDS,
  type Kind,
  resolveSchema,
  type Schema,
} from './schema.ts';

/** What is known of how bytes are to be read, and what is not. */
export interface PartialFormat extends Omit<FormatOptions, 'kind'> {
  readonly kind?: Kind | undefined;
}

/** One way to read the bytes, and how well they take it. */
export interface Guess {
  readonly kind: Kind;
  readonly endian: Endian;
  /** The field list. */
  readonly layout: string;
  /** 0 … 1: from no sign of it to certain. */
  readonly confidence: number;
}

/** What bytes seem to be. */
export interface Detection {
  /** The best guess; null where the bytes are not recognized. */
  readonly guess: Guess | null;
  /** What speaks for the guess, or why there is none. */
  readonly evidence: readonly string[];
  /** What else they could be. */
  readonly alternatives: readonly Guess[];
}

/** How many bytes at the beginning of a source detection wants to see. */
export const SAMPLE_BYTES = 2 ** 20;
const RECORDS_FIRST = 16;
const FINALISTS = 4;
const RECORDS_MAX = 512;
/** Of fewer records every one has to keep every rule. */
const RECORDS_FEW = 8;
/** What is lacking to certainty where there was one record: two make a doubtful guess. */
const FEW_DOUBT = 0.3;
/** Scores that differ by less say nothing. */
const NEARLY = 0.05;
/** No preset makes a record longer. */
const ONE_RECORD_MAX = 256;
/** Below this the best guess is none. */
const CONFIDENCE_MIN = 0.6;
/** From this on a guess is not doubtful. */
export const CONFIDENCE_SURE = 0.9;

const percent = (part: number): string => `${Math.floor(part * 100)} %`;
const roundedTo2 = (value: number): number => Math.round(value * 100) / 100;

const unknown = (...evidence: string[]): Detection => ({ guess: null, evidence, alternatives: [] });

function ringDetection(sample: Uint8Array, given: PartialFormat): Detection | undefined {
  if (sample.byteLength < AIORingSize || (given.kind ?? 'aio_ring') !== 'aio_ring')
    return undefined;
  if (given.layout !== undefined && parseLayout(given.layout).envelopeBytes > 0) return undefined;
  const view = new DataView(sample.buffer, sample.byteOffset);
  const endian = ENDIANS.find((order) => view.getUint32(16, order === 'little') === AIO_RING_MAGIC);
  if (endian === undefined || (given.endian ?? endian) !== endian) return undefined;
  const [nr, headerLength] = [4, 28].map((offset) => view.getUint32(offset, endian === 'little'));
  const magic = 'magic 0xa10a10a1 stands at byte 16';
  if (
    nr === 0 ||
    nr > RING_SLOTS_MAX ||
    headerLength < AIORingSize ||
    headerLength > RING_HEADER_BYTES_MAX
  ) {
    return unknown(`${magic}, but nr ${nr} and header_length ${headerLength} are no ring's`);
  }
  const paged = ((nr + 1) * 32) % 4096 === 0;
  const evidence = [
    magic,
    `nr ${nr} ${paged ? 'fills whole pages' : 'fills no whole pages, as a ring of the kernel does'}`,
  ];
  return {
    guess: { kind: 'aio_ring', endian, layout: 'record', confidence: paged ? 1 : CONFIDENCE_SURE },
    evidence,
    alternatives: [],
  };
}

/**
 * Every way to read packed records that the given options leave open.
 *
 * @throws AioscopeError where they leave none
 */
export function possibleSchemas(given: PartialFormat): Schema[] {
  const kinds = KINDS.filter((kind) => given.kind === undefined || kind === given.kind);
  const endians = ENDIANS.filter((endian) => given.endian === undefined || endian === given.endian);
  const layouts = given.layout === undefined ? Object.values(PRESETS) : [given.layout];
  const schemas: Schema[] = [];
  let refusal: unknown;
  for (const kind of kinds.length > 0 ? kinds : [given.kind as Kind]) {
    for (const endian of endians.length > 0 ? endians : [given.endian as Endian]) {
      for (const layout of layouts) {
        try {
          schemas.push(resolveSchema({ kind, endian, layout }));
        } catch (error) {
          refusal ??= error;
        }
      }
    }
  }
  if (schemas.length === 0) throw refusal;
  return schemas.filter(({ kind }) => kind !== 'aio_ring');
}

/** Those ways by how well the sample takes them: all are held against a few records, and the best against many. */
function ranking(sample: Uint8Array, given: PartialFormat): Score[] {
  const ranked = (among: readonly Schema[], records: number) =>
    among
      .map((schema) => scoreOf(schema, sample, records))
      .filter(({ sampled }) => sampled >= 2)
      .sort((a, b) => b.score - a.score);
  const finalists = ranked(possibleSchemas(given), RECORDS_FIRST).slice(0, FINALISTS);
  return ranked(
    finalists.map(({ schema }) => schema),
    RECORDS_MAX,
  );
}

const guessOf = ({ schema }: Score, confidence: number): Guess => ({
  kind: schema.kind,
  endian: schema.endian,
  layout: schema.layout.text,
  confidence: roundedTo2(confidence),
});

function evidenceOf(best: Score, second: Score | undefined, bytes: number | undefined): string[] {
  const { schema, plausible, sampled, rules } = best;
  const evidence = [
    `${plausible} of ${sampled} records looked at keep every rule: ${rules.map(({ what }) => what).join(', ')}`,
  ];
  if (second !== undefined) {
    const { kind, endian, layout } = second.schema;
    evidence.push(
      `the next best, ${kind}, ${endian}-endian, ${layout.text}, is likely by ${percent(second.score)}, this by ${percent(best.score)}`,
    );
  }
  if (bytes !== undefined) {
    const rest = bytes % schema.stride;
    evidence.push(
      `${bytes} bytes are ${Math.floor(bytes / schema.stride)} records of ${schema.stride} bytes${rest > 0 ? ` and ${rest} more` : ', none left over'}`,
    );
  }
  return evidence;
}

/** What was tried, where options do not say it. */
function triedOf({ kind, endian, layout }: PartialFormat): string {
  const kinds = kind ?? `${Object.keys(RECORDS).join(', ')} and aio_ring`;
  return `tried ${kinds}, ${endian ?? 'in both byte orders'}, layout ${layout ?? Object.keys(PRESETS).join(', ')}`;
}

/** Why bytes are not recognized, and what was tried. */
function unrecognized(
  sample: Uint8Array,
  given: PartialFormat,
  best: Score | undefined,
  second: Score | undefined,
): Detection {
  const why = (reason: string) => unknown(reason, triedOf(given));
  if (sample.byteLength === 0) return why('there are no bytes');
  if (sample.every((byte) => byte === 0))
    return why('every byte is 0: gVisor shows such a page in place of a ring');
  if (best === undefined) return why('there are fewer than two records: too few to guess from');
  const told = ({ schema, score }: Score) =>
    `${schema.kind}, ${schema.endian}-endian, ${schema.layout.text} (likely by ${percent(score)})`;
  return why(
    `the nearest are ${[best, ...(second === undefined ? [] : [second])].map(told).join(' and ')}`,
  );
}

/** Whether the whole could be a single record of some layout: that is too little to tell it from several smaller ones. */
const couldBeOne = (sample: Uint8Array, given: PartialFormat): boolean =>
  sample.byteLength <= ONE_RECORD_MAX &&
  possibleSchemas(given).some(
    (schema) => schema.stride === sample.byteLength && scoreOf(schema, sample, 1).plausible === 1,
  );

/** Every way by how well the sample takes it; of those that it takes alike, the one that has the most rules to keep. */
function placed(ranked: Score[]): { best: Score | undefined; rivals: Score[] } {
  const top = ranked[0]?.score ?? 0;
  const [best] = ranked
    .filter(({ score }) => score >= top - NEARLY)
    .sort((a, b) => b.weight - a.weight);
  const rivals = ranked.filter((score) => score !== best);
  return { best, rivals };
}

/**
 * Guess what the bytes at the beginning of a source are. Options that are given are obeyed, and the rest is chosen among
 * the kinds, byte orders and layout presets by rules that genuine records keep. `bytes` is the size of the whole.
 * Cost: 16 records in 24 ways, 512 in the four best.
 */
export function detectFormat(
  sample: Uint8Array,
  bytes: number | undefined,
  given: PartialFormat = {},
): Detection {
  const ring = ringDetection(sample, given);
  if (ring !== undefined) return ring;
  const { best, rivals } = placed(ranking(sample, given));
  // What has fewer rules to keep and keeps them no better is no rival: bytes that keep more are the stronger sign.
  const rival = rivals.find(
    ({ score, weight }) =>
      best !== undefined && (weight >= best.weight || score > best.score + NEARLY),
  );
  if (best === undefined || sample.every((byte) => byte === 0) || couldBeOne(sample, given))
    return unrecognized(sample, given, best, rivals[0]);
  // A guess is as good as its rules are kept, and no better than its lead; and few records say little.
  const confidence = Math.min(
    best.score,
    0.5 + best.score - (rival?.score ?? 0),
    1 - FEW_DOUBT / best.sampled,
  );
  const enough = best.plausible >= best.sampled * (best.sampled < RECORDS_FEW ? 1 : 0.5);
  if (!enough || confidence < CONFIDENCE_MIN) return unrecognized(sample, given, best, rivals[0]);
  const alternatives = rivals.filter((score) => score.plausible > 0 && score.score >= 0.5);
  return {
    guess: guessOf(best, confidence),
    evidence: evidenceOf(best, rivals[0], bytes),
    alternatives: alternatives
      .map((score) => guessOf(score, Math.min(score.score, 1 - confidence)))
      .filter((guess) => guess.confidence > 0),
  };
}
