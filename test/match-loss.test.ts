// Are pairs still true, and is it said how many are false, where a capture lost records at random?
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { match, openPairs, report } from '../src/node.ts';
import { findings } from '../src/words/match-findings.ts';
import { reportLead } from '../src/words/report-lead.ts';
import { fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';

const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;
const STRIDES = [88, 56];

/** Both sides of a capture, with data 0: only addresses tell requests apart. */
const sidesOf = (name: string): Uint8Array[] =>
  ['iocb88', 'ioev56'].map((end, side) => {
    const bytes = new Uint8Array(readFileSync(fixture(`${name}.${end}`)));
    for (let at = 0; at < bytes.length; at += STRIDES[side]) bytes.fill(0, at + 24, at + 32);
    return bytes;
  });

/** A side without some of its records, and the index that each of the others had. */
function thinned(bytes: Uint8Array, stride: number, share: number, seed: number) {
  const random = new Uint32Array(randomBytes(4 * (bytes.length / stride), seed).buffer);
  const kept = [...random.keys()].filter((i) => random[i] / 2 ** 32 >= share);
  const left = kept.map((i) => bytes.subarray(i * stride, (i + 1) * stride));
  return { kept, left: new Uint8Array(Buffer.concat(left)) };
}

/** Pairs as indexes; second pairs only if the match counts them. */
async function pairsOf(sides: readonly Uint8Array[], counts = true) {
  const pairs: [number, number][] = [];
  for await (const { columns, length } of await openPairs(sides[0], sides[1], FORMAT))
    for (let i = 0; i < length; i++)
      if (counts || columns.doubt[i] === 0)
        pairs.push([Number(columns.submissionIndex[i]), Number(columns.completionIndex[i])]);
  return pairs;
}

/** Matches a capture without a share of its records, and compares with the pairs of the whole. */
async function lose(name: string, share: number, seeds: number) {
  const sides = sidesOf(name);
  const truth = new Map((await pairsOf(sides)).map(([submission, done]) => [done, submission]));
  const found = { pairs: 0, wrong: 0, expected: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const parts = sides.map((side, i) => thinned(side, STRIDES[i], share, 2 * seed + i));
    const rest = parts.map(({ left }) => left);
    const { quality } = (await match(rest[0], rest[1], FORMAT)).toJSON();
    found.expected += quality.expectedFalsePairs;
    for (const [submission, done] of await pairsOf(rest, quality.counted.secondPairs)) {
      found.pairs += 1;
      if (truth.get(parts[1].kept[done]) !== parts[0].kept[submission]) found.wrong += 1;
    }
  }
  return { ...found, wrongShare: found.wrong / found.pairs };
}

test.each(['fio_nowait', 'sysbench_fileio'])('%s: few pairs are false', async (name) => {
  expect((await lose(name, 0.001, 4)).wrongShare).toBeLessThan(0.00005);
  expect((await lose(name, 0.01, 4)).wrongShare).toBeLessThan(0.0005);
  const { wrong, wrongShare, expected } = await lose(name, 0.05, 6);
  expect(wrongShare).toBeLessThan(0.005);
  expect(expected).toBeGreaterThan(wrong / 2);
  expect(expected).toBeLessThan(2 * wrong + 10);
});

test('it is said in words how many pairs are false, and that the slowest may be', async () => {
  const [submissions, completions] = sidesOf('fio_nowait').map(
    (side, i) => thinned(side, STRIDES[i], 0.2, 3 + i).left,
  );
  const json = (await match(submissions, completions, FORMAT)).toJSON();
  const expected = Math.round(json.quality.expectedFalsePairs);
  const words = `about ${expected} of ${json.matched.toLocaleString('en')} pairs are false`;
  expect(findings(json).map(({ text }) => text)).toContainEqual(expect.stringContaining(words));
  const reported = (await report(submissions, completions, FORMAT)).toJSON();
  expect(reportLead(reported)).toContain(`Records were lost: ${words}`);
});

test('nothing is said to be false where nothing was lost', async () => {
  const { wrong, expected } = await lose('fio_nowait', 0, 1);
  expect([wrong, expected]).toEqual([0, 0]);
});
