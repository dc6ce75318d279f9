// Does detection, which drops ways that can no longer matter, say the same as if it scored them all?
import { expect, test } from 'vitest';
import { detectFormat, SAMPLE_BYTES } from '../src/layout/detect.ts';
import { scoreAbove, scoreOf } from '../src/layout/heuristics.ts';
import { schemaOf } from '../src/layout/schema.ts';
import { naiveGuesses } from './naive/detect.ts';
import { bytesOf, dumps } from './support/captures.ts';
import { random } from './support/random.ts';

const sampleOf = (path: string): Uint8Array =>
  new Uint8Array(bytesOf(path)).subarray(0, SAMPLE_BYTES);

/** The sample, with bytes that are not the records' own: in places, in a part, or as a gap. */
function spoiled(sample: Uint8Array, next: (below: number) => number, round: number): Uint8Array {
  const bytes = sample.slice(0, 60_000);
  const at = next(bytes.byteLength);
  if (round % 3 === 0)
    for (let i = 0; i < bytes.byteLength; i++) if (next(100) < 3) bytes[i] = next(256);
  if (round % 3 === 1) for (let i = at; i < bytes.byteLength; i++) bytes[i] = next(256);
  if (round % 3 === 2) bytes.copyWithin(at, next(bytes.byteLength));
  return bytes.subarray(round % 4 === 3 ? next(40) : 0);
}

function guessesOf(sample: Uint8Array) {
  const { guess, alternatives } = detectFormat(sample);
  return guess === null ? undefined : [guess, ...alternatives];
}

test('of captures, and of what is left of spoiled ones', () => {
  const { below: next } = random(7);
  let [guessed, doubtful] = [0, 0];
  for (const { path } of dumps) {
    const sample = sampleOf(path);
    const samples = [sample, ...Array.from({ length: 12 }, (_, i) => spoiled(sample, next, i))];
    for (const each of samples) {
      const expected = naiveGuesses(each);
      expect(guessesOf(each), path).toEqual(expected);
      if (expected !== undefined) guessed += 1;
      if (expected !== undefined && expected.length > 1) doubtful += 1;
    }
  }
  expect(guessed).toBeGreaterThan(20);
  expect(doubtful).toBeGreaterThan(0);
});

test('a score is given up only below its bound', () => {
  const [{ path }] = dumps;
  const sample = sampleOf(path);
  const scores = (['iocb', 'io_event'] as const).map((kind) => {
    const schema = schemaOf({ kind });
    const { score } = scoreOf(schema, sample, 512);
    expect(scoreAbove(score, schema, sample, 512)?.score).toBe(score);
    expect(scoreAbove(score + 0.01, schema, sample, 512)).toBeUndefined();
    return score;
  });
  expect(Math.min(...scores)).toBeLessThan(0.9);
});
