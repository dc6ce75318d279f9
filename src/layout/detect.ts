import { AIO_RING_MAGIC, AIORingSize, RECORDS } from '../abi/record.ts';
import { type Score, scoreOf } from './plausible.ts';
import { PRESETS } from './preset.ts';
import { ENDIANS, type Endian, type FormatOptions, KINDS, type Kind, resolveSchema } from './schema.ts';

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
  /** The best guess; null where the bytes are not recognised. */
  readonly guess: Guess | null;
  /** What speaks for the guess, or why there is none. */
  readonly evidence: readonly string[];
  /** What else they could be. */
  readonly alternatives: readonly Guess[];
}

/** How many bytes at the beginning of a source detection wants to see. */
export const SAMPLE_BYTES = 2 ** 20;
const RECORDS_MAX = 512;
/** Of fewer records every one has to keep every rule. */
const RECORDS_FEW = 8;
/** Below this the best guess is none. */
const CONFIDENCE_MIN = 0.6;
/** From this on a guess is not doubtful. */
export const CONFIDENCE_SURE = 0.9;

const percent = (part: number): string => `${Math.floor(part * 100)} %`;
const roundedTo2 = (value: number): number => Math.round(value * 100) / 100;

function ringDetection(sample: Uint8Array, given: PartialFormat): Detection | undefined {
  if (sample.byteLength < AIORingSize || (given.kind ?? 'aio_ring') !== 'aio_ring') return undefined;
  const view = new DataView(sample.buffer, sample.byteOffset);
  const endian = ENDIANS.find((order) => view.getUint32(16, order === 'little') === AIO_RING_MAGIC);
  if (endian === undefined || (given.endian ?? endian) !== endian) return undefined;
  const nr = view.getUint32(4, endian === 'little');
  const paged = ((nr + 1) * 32) % 4096 === 0;
  const evidence = [
    'magic 0xa10a10a1 stands at byte 16',
    `nr ${nr} ${paged ? 'fills whole pages' : 'fills no whole pages, as a ring of the kernel does'}`,
  ];
  return { guess: { kind: 'aio_ring', endian, layout: 'record', confidence: paged ? 1 : CONFIDENCE_SURE }, evidence, alternatives: [] };
}

/** Every way to read packed records that the given options leave open. */
function scores(sample: Uint8Array, given: PartialFormat): Score[] {
  const kinds = KINDS.filter((kind) => kind !== 'aio_ring' && (given.kind ?? kind) === kind);
  const endians = ENDIANS.filter((endian) => (given.endian ?? endian) === endian);
  const layouts = given.layout === undefined ? Object.values(PRESETS) : [given.layout];
  const trials = kinds.flatMap((kind) =>
    endians.flatMap((endian) => layouts.map((layout) => scoreOf(resolveSchema({ kind, endian, layout }), sample, RECORDS_MAX))),
  );
  return trials.filter(({ sampled }) => sampled >= 2).sort((a, b) => b.score - a.score);
}

const guessOf = ({ schema }: Score, confidence: number): Guess => ({
  kind: schema.kind,
  endian: schema.endian,
  layout: schema.layout.text,
  confidence: roundedTo2(confidence),
});

function evidenceOf(best: Score, second: Score | undefined, bytes: number | undefined): string[] {
  const { schema, plausible, sampled, rules } = best;
  const evidence = [`${plausible} of ${sampled} records looked at keep every rule: ${rules.map(({ what }) => what).join(', ')}`];
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

/** Why bytes are not recognised, and what was tried. */
function unrecognised(sample: Uint8Array, best: Score | undefined): Detection {
  const tried = `tried ${Object.keys(RECORDS).join(' and ')} in both byte orders and the layouts ${Object.keys(PRESETS).join(', ')}, and aio_ring`;
  const why = (reason: string): Detection => ({ guess: null, evidence: [reason, tried], alternatives: [] });
  if (sample.byteLength === 0) return why('there are no bytes');
  if (sample.every((byte) => byte === 0)) return why('every byte is 0: gVisor shows such a page in place of a ring');
  if (best === undefined) return why('there are fewer than two records: too few to guess from');
  const { kind, endian, layout } = best.schema;
  return why(`the nearest, ${kind}, ${endian}-endian, ${layout.text}, is likely by ${percent(best.score)} only`);
}

/**
 * Guess what the bytes at the beginning of a source are. Options that are given are obeyed, and the rest is chosen among
 * the kinds, byte orders and layout presets by rules that genuine records keep. `bytes` is the size of the whole.
 * Cost: up to 512 records, 24 times.
 */
export function detectFormat(sample: Uint8Array, bytes: number | undefined, given: PartialFormat = {}): Detection {
  const ring = ringDetection(sample, given);
  if (ring !== undefined) return ring;
  const ranked = scores(sample, given);
  const [best, second] = ranked;
  // A guess is as good as its rules are kept, and no better than its lead over the next.
  const confidenceOf = (score: Score, next: Score | undefined) => Math.min(score.score, 0.5 + score.score - (next?.score ?? 0));
  const zeros = sample.every((byte) => byte === 0);
  if (
    best === undefined ||
    zeros ||
    best.plausible < best.sampled * (best.sampled < RECORDS_FEW ? 1 : 0.5) ||
    confidenceOf(best, second) < CONFIDENCE_MIN
  )
    return unrecognised(sample, best);
  const confidence = confidenceOf(best, second);
  const alternatives = ranked.slice(1).filter((score) => score.plausible > 0 && score.score >= 0.5);
  return {
    guess: guessOf(best, confidence),
    evidence: evidenceOf(best, second, bytes),
    alternatives: alternatives
      .map((score) => guessOf(score, Math.min(score.score, 1 - confidence)))
      .filter((guess) => guess.confidence > 0),
  };
}
