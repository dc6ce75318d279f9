// Detection that scores the best four ways on all records, and drops none.
import { type Guess, possibleSchemas } from '../../src/layout/detect.ts';
import { type Score, scoreOf } from '../../src/layout/heuristics.ts';

const inOrder = (scores: readonly Score[]): Score[] =>
  scores.filter(({ sampled }) => sampled >= 2).sort((a, b) => b.score - a.score);

const roundedTo2 = (value: number): number => Math.round(value * 100) / 100;

/** The guess and its alternatives, from all scores; undefined if nothing is sure enough. */
export function naiveGuesses(sample: Uint8Array): Guess[] | undefined {
  const first = inOrder(possibleSchemas({}).map((schema) => scoreOf(schema, sample, 16)));
  const all = inOrder(first.slice(0, 4).map(({ schema }) => scoreOf(schema, sample, 512)));
  const near = all.filter(({ score }) => score >= all[0].score - 0.05);
  const [best] = near.sort((a, b) => b.weight - a.weight);
  if (best === undefined) return undefined;
  const rivals = all.filter((score) => score !== best);
  const rival = rivals.find(
    ({ score, weight }) => weight >= best.weight || score > best.score + 0.05,
  );
  const lead = 0.5 + best.score - (rival?.score ?? 0);
  const confidence = Math.min(best.score, lead, 1 - 0.3 / best.sampled);
  const enough = best.plausible >= best.sampled * (best.sampled < 8 ? 1 : 0.5);
  if (!enough || confidence < 0.6) return undefined;
  const guessOf = ({ schema }: Score, sure: number): Guess => ({
    kind: schema.kind,
    endian: schema.endian,
    layout: schema.layout.text,
    confidence: roundedTo2(sure),
  });
  const others = rivals.filter(({ score, plausible }) => plausible > 0 && score >= 0.5);
  return [
    guessOf(best, confidence),
    ...others
      .map((score) => guessOf(score, Math.min(score.score, 1 - confidence)))
      .filter((guess) => guess.confidence > 0),
  ];
}
