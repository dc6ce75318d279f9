// Are pairs still true where a capture lost records, and is it said how many are false?
import { expect, test } from 'vitest';
import { match, report } from '../src/node.ts';
import { findings } from '../src/words/match-findings.ts';
import { screenOf } from './support/first-screen.ts';
import { FORMAT, lose, lossy, sidesOf } from './support/lossy.ts';

const NAMES = ['fio_nowait', 'case_vec', 'qemu_bench_read'];

test.each(NAMES)('%s: few pairs are false where records are lost at random', async (name) => {
  expect((await lose(name, { share: 0.001 }, 4)).share).toBeLessThanOrEqual(0.00005);
  const some = await lose(name, { share: 0.005 }, 6);
  expect(some.share).toBeLessThanOrEqual(0.0002);
  expect(some.p50).toBeLessThan(0.01);
  expect(some.p99).toBeLessThan(0.01);
  expect((await lose(name, { share: 0.01 }, 4)).share).toBeLessThanOrEqual(0.0005);
  const { share, wrong, expected, p50, p99 } = await lose(name, { share: 0.05 }, 6);
  expect(share).toBeLessThanOrEqual(0.005);
  expect(p50).toBeLessThan(0.05);
  expect(p99).toBeLessThan(0.2);
  expect(expected).toBeGreaterThan(wrong / 2);
  expect(expected).toBeLessThan(2 * wrong + 10);
  expect((await lose(name, { share: 0.2 }, 4)).share).toBeLessThanOrEqual(0.05);
});

test.each(NAMES)('%s: also where io_submit refused some of them', async (name) => {
  const refused = 0.05;
  expect((await lose(name, { refused }, 2)).share).toBe(0);
  expect((await lose(name, { share: 0.001, refused }, 4)).share).toBeLessThanOrEqual(0.0005);
  expect((await lose(name, { share: 0.01, refused }, 4)).share).toBeLessThanOrEqual(0.004);
  expect((await lose(name, { share: 0.05, refused }, 4)).share).toBeLessThanOrEqual(0.02);
});

test('also where 1,000 are lost in a row', async () => {
  let share = 0;
  for (const name of NAMES) share += (await lose(name, { burst: 1000 }, 8)).share / NAMES.length;
  expect(share).toBeLessThanOrEqual(0.0005);
});

test('it is said in words how many pairs are false, and that the slowest may be', async () => {
  const [submissions, completions] = lossy(sidesOf('fio_nowait'), { share: 0.2 }, 3).map(
    ({ left }) => left,
  );
  const json = (await match(submissions, completions, FORMAT)).toJSON();
  const expected = Math.round(json.quality.expectedFalsePairs);
  const words = `about ${expected} of ${json.matched.toLocaleString('en')} pairs are probably false`;
  expect(findings(json).map(({ text }) => text)).toContainEqual(expect.stringContaining(words));
  const reported = (await report(submissions, completions, FORMAT)).toJSON();
  expect(screenOf(reported)).toMatch(
    new RegExp(
      `capture lacks records: .* about ${expected} of ${json.matched.toLocaleString('en')} pairs`,
    ),
  );
});

test('nobody is said to be refused where records are lost and none was', async () => {
  const [submissions, completions] = lossy(sidesOf('fio_nowait'), { share: 0.05 }, 5).map(
    ({ left }) => left,
  );
  const json = (await match(submissions, completions, FORMAT)).toJSON();
  expect(json.unmatched.completionLost).toBeGreaterThan(100);
  const words = findings(json).map(({ text }) => text);
  expect(words.filter((text) => /refused/.test(text) && !/refused or lost/.test(text))).toEqual([]);
});

test('latencies leave out pairs across a gap in which records were lost, and only those', async () => {
  const sides = sidesOf('fio_nowait');
  for (let seed = 1; seed <= 8; seed++) {
    const [submissions, completions] = lossy(sides, { burst: 2000 }, seed).map(({ left }) => left);
    for (const engine of ['js', 'auto'] as const) {
      const { quality, matched, byOpcode, depth } = (
        await match(submissions, completions, { ...FORMAT, engine })
      ).toJSON();
      const lost = quality.silences.filter((silence) => silence.lost);
      expect(quality.counted.silences).toBe(lost.length === 0);
      expect(byOpcode.reduce((sum, group) => sum + group.matched, 0)).toBe(matched);
      expect(depth?.max).toBeGreaterThan(0);
    }
  }
});
