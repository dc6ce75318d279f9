import {
  AIO_RING_MAGIC,
  AIORingSize,
  RECORDS,
  RING_HEADER_BYTES_MAX,
  RING_SLOTS_MAX,
} from '../abi/record.ts';
import { type Score, scoreAbove, scoreOf } from './heuristics.ts';
import { parseLayout } from './layout.ts';
import { PRESETS } from './preset.ts';
import {
  ENDIANS,
  type Endian,
  type FormatOptions,
  KINDS,
  type Kind,
  type Schema,
  schemaOf,
} from './schema.ts';

/** The known part of a format; what is missing is detected. */
export interface PartialFormat extends Omit<FormatOptions, 'kind'> {
  readonly kind?: Kind | undefined;
}

/** One way to read the bytes. */
export interface Guess {
  readonly kind: Kind;
  readonly endian: Endian;
  /** The field list. */
  readonly layout: string;
  /** From 0, no evidence, to 1, certain. */
  readonly confidence: number;
}

/** What the bytes at the beginning of a source seem to be. */
export interface Detection {
  /** The best guess, or null if the bytes are not recognized. */
  readonly guess: Guess | null;
  /** The evidence for the guess, or why the bytes are not recognized and what was tried. */
  readonly evidence: readonly string[];
  /** Less likely ways to read the bytes, the best first. */
  readonly alternatives: readonly Guess[];
}

/** Bytes at the beginning of a source that detection looks at. */
export const SAMPLE_BYTES = 2 ** 20;
const RECORDS_FIRST = 16;
const FINALISTS = 4;
const RECORDS_MAX = 512;
/** With fewer records, every one has to show every sign. */
const RECORDS_FEW = 8;
/**
 * Uncertainty from a single record, divided by the number of records: two make a doubtful guess.
 */
const FEW_DOUBT = 0.3;
/** Smaller differences between scores are not significant. */
const NEARLY = 0.05;
/**
 * The least score of an alternative. A rival with less does not lower the confidence in a guess.
 */
const ALTERNATIVE = 0.5;
/** No preset has longer records, envelope included. */
const ONE_RECORD_MAX = 256;
/** Less confident guesses are dropped. */
const CONFIDENCE_MIN = 0.6;
/** Less confident guesses are doubtful. */
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
  const magic = 'magic 0xa10a10a1 at byte 16';
  if (
    nr === 0 ||
    nr > RING_SLOTS_MAX ||
    headerLength < AIORingSize ||
    headerLength > RING_HEADER_BYTES_MAX
  ) {
    return unknown(
      `${magic}, but nr ${nr} and header_length ${headerLength} are not those of a ring`,
    );
  }
  const paged = ((nr + 1) * 32) % 4096 === 0;
  const evidence = paged
    ? `${magic}, and nr ${nr} fills whole pages`
    : `${magic}, but nr ${nr} does not fill whole pages as the kernel's rings do`;
  return {
    guess: { kind: 'aio_ring', endian, layout: 'record', confidence: paged ? 1 : CONFIDENCE_SURE },
    evidence: [evidence],
    alternatives: [],
  };
}

/**
 * Returns every way to read packed records that the options leave open.
 *
 * @throws AioscopeError if the options leave none
 */
export function possibleSchemas(given: PartialFormat): Schema[] {
  const kinds = KINDS.filter((kind) => given.kind === undefined || kind === given.kind);
  const endians = ENDIANS.filter((endian) => given.endian === undefined || endian === given.endian);
  const layouts = given.layout === undefined ? Object.values(PRESETS) : [given.layout];
  const schemas: Schema[] = [];
  let refusal: unknown;
  for (const kind of kinds.length > 0 ? kinds : [given.kind as Kind]) {
    // Rings are recognized by their magic; here they only count where nothing else is possible.
    if (kind === 'aio_ring' && schemas.length > 0) continue;
    for (const endian of endians.length > 0 ? endians : [given.endian as Endian]) {
      for (const layout of layouts) {
        try {
          schemas.push(schemaOf({ kind, endian, layout }));
        } catch (error) {
          refusal ??= error;
        }
      }
    }
  }
  if (schemas.length === 0) throw refusal;
  return schemas.filter(({ kind }) => kind !== 'aio_ring');
}

/** The best first. One record says nothing. */
const inOrder = (scores: readonly Score[]): Score[] =>
  scores.filter(({ sampled }) => sampled >= 2).sort((a, b) => b.score - a.score);

/**
 * Ranks those ways by score: all of them on a few records, then the best on many. Once one has a
 * clear lead, others are dropped as soon as they cannot be alternatives.
 */
function ranking(sample: Uint8Array, given: PartialFormat): Score[] {
  const first = possibleSchemas(given).map((schema) => scoreOf(schema, sample, RECORDS_FIRST));
  const found: Score[] = [];
  let lead = 0;
  for (const { schema } of inOrder(first).slice(0, FINALISTS)) {
    const least = lead >= ALTERNATIVE + NEARLY ? ALTERNATIVE : 0;
    const score = scoreAbove(least, schema, sample, RECORDS_MAX);
    if (score === undefined) continue;
    found.push(score);
    lead = Math.max(lead, score.score);
  }
  return inOrder(found);
}

const guessOf = ({ schema }: Score, confidence: number): Guess => ({
  kind: schema.kind,
  endian: schema.endian,
  layout: schema.layout.text,
  confidence: roundedTo2(confidence),
});

function evidenceOf({ plausible, sampled, signs }: Score): string {
  const shown = signs.map(({ what }) => what);
  const first = shown.slice(0, -1).join(', ');
  return `in ${plausible} of ${sampled} sampled records, ${first} and ${shown.at(-1)}`;
}

/** What was tried, for options that are not given. */
function triedOf({ kind, endian, layout }: PartialFormat): string {
  const kinds = kind ?? `${Object.keys(RECORDS).join(', ')} and aio_ring`;
  const order = endian === undefined ? 'both byte orders' : `${endian}-endian`;
  return `tried ${kinds}, ${order}, layout ${layout ?? Object.keys(PRESETS).join(', ')}`;
}

/** The least score of a match that is worth naming. */
const RELATED = 0.25;

function unrecognized(
  sample: Uint8Array,
  given: PartialFormat,
  best: Score | undefined,
): Detection {
  const why = (reason: string) => unknown(reason, triedOf(given));
  if (sample.byteLength === 0) return why('the source is empty');
  if (sample.every((byte) => byte === 0))
    return why('every byte is 0, as in the page that gVisor maps instead of a ring');
  if (best === undefined) return why('detection needs at least two records');
  if (best.score < RELATED) return why('it does not look like records of native AIO');
  const { kind, endian, layout } = best.schema;
  return why(
    `the closest match is ${kind}, ${endian}-endian, ${layout.text} (score ${percent(best.score)})`,
  );
}

/**
 * Whether the whole source could be one record of some layout. One record cannot be told from
 * several smaller ones.
 */
const couldBeOne = (sample: Uint8Array, given: PartialFormat): boolean =>
  sample.byteLength <= ONE_RECORD_MAX &&
  possibleSchemas(given).some(
    (schema) => schema.stride === sample.byteLength && scoreOf(schema, sample, 1).plausible === 1,
  );

/** Picks the best score. Among scores that are nearly equal, the one with the most signs wins. */
function placed(ranked: Score[]): { best: Score | undefined; rivals: Score[] } {
  const top = ranked[0]?.score ?? 0;
  const [best] = ranked
    .filter(({ score }) => score >= top - NEARLY)
    .sort((a, b) => b.weight - a.weight);
  const rivals = ranked.filter((score) => score !== best);
  return { best, rivals };
}

/**
 * Detects the format of a source from a sample of its beginning. Given options are obeyed; kind,
 * byte order and layout preset are otherwise chosen by how many records show the signs of genuine
 * ones.
 * Cost: 16 records in 24 ways, then 512 records in the best four.
 */
export function detectFormat(sample: Uint8Array, given: PartialFormat = {}): Detection {
  const ring = ringDetection(sample, given);
  if (ring !== undefined) return ring;
  const { best, rivals } = placed(ranking(sample, given));
  // A reading with fewer signs and no better score is not a rival: more signs are stronger
  // evidence.
  const rival = rivals.find(
    ({ score, weight }) =>
      best !== undefined && (weight >= best.weight || score > best.score + NEARLY),
  );
  if (best === undefined || sample.every((byte) => byte === 0) || couldBeOne(sample, given))
    return unrecognized(sample, given, best);
  // Confidence is limited by the score, by the lead over the rival, and by the number of records.
  const confidence = Math.min(
    best.score,
    ALTERNATIVE + best.score - (rival?.score ?? 0),
    1 - FEW_DOUBT / best.sampled,
  );
  const enough = best.plausible >= best.sampled * (best.sampled < RECORDS_FEW ? 1 : 0.5);
  if (!enough || confidence < CONFIDENCE_MIN) return unrecognized(sample, given, best);
  const alternatives = rivals.filter((score) => score.plausible > 0 && score.score >= ALTERNATIVE);
  return {
    guess: guessOf(best, confidence),
    evidence: [evidenceOf(best)],
    alternatives: alternatives
      .map((score) => guessOf(score, Math.min(score.score, 1 - confidence)))
      .filter((guess) => guess.confidence > 0),
  };
}
