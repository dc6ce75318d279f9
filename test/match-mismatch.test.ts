// Is it found, and said, that the envelopes of two streams do not fit together, and never otherwise?
import { expect, test } from 'vitest';
import { type MatchJson, match, report } from '../src/node.ts';
import { matchSections } from '../src/words/match.ts';
import { findings } from '../src/words/match-findings.ts';
import { latencySection } from '../src/words/report-time.ts';
import { CAPTURES, FORMAT, type Sides, STRIDES, sidesOf, timed } from './support/captured-sides.ts';
import { randomBytes } from './support/events.ts';
import { screenOf } from './support/first-screen.ts';

const PID = 16;
const TRACED = 'ts:u64,addr:u64,pid:u32,tid:u32,record';

/** Captures that use addresses again. */
const BUSY = ['fio_nowait', 'sysbench_fileio', 'case_sync', 'case_vec'];

const matched = async (sides: Sides): Promise<MatchJson> =>
  (await match(...sides, FORMAT)).toJSON();

/** What the terminal prints of durations. */
const durationsOf = async (sides: Sides): Promise<string[]> =>
  JSON.stringify(matchSections(await matched(sides))).match(/[\d.,]+ (?:s|ms|µs|ns)\b/g) ?? [];

/** What the terminal and the first paragraph of a report say. */
async function saidOf(sides: Sides): Promise<{ texts: string; lead: string }> {
  const texts = findings(await matched(sides)).map(({ name, text }) => `${name}: ${text}`);
  const lead = screenOf((await report(...sides, FORMAT)).toJSON());
  return { texts: texts.join('\n'), lead };
}

const REALTIME = 1_790_000_000n * 10n ** 9n;

test.each(BUSY)('%s: two clocks', async (name) => {
  const [submissions, completions] = sidesOf(name);
  const realtime = (bytes: Buffer, stride: number) => timed(bytes, stride, (ts) => ts + REALTIME);
  for (const [side, sides] of [
    ['earlier', [realtime(submissions, 88), completions]],
    ['later', [submissions, realtime(completions, 56)]],
  ] as const) {
    const { mismatches } = await matched([...sides]);
    expect(mismatches?.map(({ id }) => id)).toContain('two-clocks');
    // The offset of the clocks is the only duration, and nothing is said of pairs.
    expect(await durationsOf([...sides])).toHaveLength(1);
    const { matched: pairs } = (await report(sides[0], sides[1], FORMAT)).toJSON();
    const parts = [
      matchSections(await matched([...sides])),
      pairs === undefined ? [] : latencySection(pairs),
    ].flatMap((sections) => sections.flatMap((section) => section.parts));
    const sentences = parts.flatMap((part) =>
      part.kind === 'text' ? part.text : part.kind === 'list' ? part.items.map((i) => i.text) : [],
    );
    expect(sentences.length).toBeGreaterThan(3);
    for (const sentence of sentences)
      expect(sentence).not.toMatch(
        /refused|lost|without a (submission|completion)|every submission|candidate|in flight/,
      );
    const { texts, lead } = await saidOf([...sides]);
    for (const text of [texts, lead.toLowerCase()]) {
      expect(text).toMatch(new RegExp(`timed by two clocks: the completions begin .* ${side}`));
      expect(text).not.toMatch(/requests\/s|p50 [\d,.]|queue depth|same run/);
    }
  }
});

test.each([
  ['us', 'microseconds', 1000n],
  ['ms', 'milliseconds', 1_000_000n],
] as const)('times in %s', async (unit, words, divisor) => {
  for (const name of BUSY) {
    const scaled = (ts: bigint) => (REALTIME + ts) / divisor;
    const sides = sidesOf(name).map((side, i) => timed(side, STRIDES[i], scaled)) as Sides;
    const { mismatches } = await matched(sides);
    expect(mismatches).toMatchObject([{ id: 'time-unit', unit }]);
    expect(await durationsOf(sides)).toEqual([]);
    const { texts, lead } = await saidOf(sides);
    for (const text of [texts, lead.toLowerCase()]) {
      expect(text).toMatch(new RegExp(`probably in ${words}`));
      expect(text).not.toMatch(/requests\/s|p50 [\d,.]/);
    }
  }
});

test('times in an unknown unit since the boot', async () => {
  const sides = sidesOf('fio_nowait').map((side, i) =>
    timed(side, STRIDES[i], (ts) => ts / 100_000n),
  ) as Sides;
  expect((await matched(sides)).mismatches).toMatchObject([{ id: 'time-unit', unit: null }]);
});

test.each([0.2, 0.6, 1])('processes of %d of the completions are others', async (share) => {
  for (const name of BUSY) {
    const sides = sidesOf(name);
    const before = await matched(sides);
    const random = randomBytes(sides[1].length / 56, 7);
    for (let i = 0; i < sides[1].length / 56; i++)
      if (random[i] / 256 < share) sides[1].writeUInt32LE(1_000_000 + random[i], i * 56 + PID);
    const { mismatches, ...after } = await matched(sides);
    expect(mismatches?.map(({ id }) => id)).toEqual(['pids-differ']);
    expect(after.matched).toBe(before.matched);
    expect(after.latencyNs).toEqual(before.latencyNs);
    expect((await saidOf(sides)).texts).toContain('matched by address alone');
  }
});

test('completions of the idle task, whose process ID is 0, are recognized and matched', async () => {
  for (const name of BUSY) {
    const [submissions, completions] = sidesOf(name);
    for (let at = 0, i = 0; at < completions.length; at += 56, i++)
      if (i % 3 > 0) completions.fill(0, at + PID, at + PID + 8);
    const { inputs, mismatches, ...after } = (await match(submissions, completions)).toJSON();
    expect(inputs.map(({ layout }) => layout)).toEqual(Array(2).fill(TRACED));
    expect(mismatches?.map(({ id }) => id)).toEqual(['pids-differ']);
    expect(after.matched).toBe((await matched(sidesOf(name))).matched);
  }
});

test.each(CAPTURES)('%s: nothing is said to differ, whatever is lost', async (name) => {
  for (const share of [0, 0.05, 0.2]) {
    const sides = sidesOf(name).map((side, s) => {
      const random = randomBytes(side.length / STRIDES[s], 5 + s);
      const kept = [...random.keys()].filter((i) => random[i] / 256 >= share);
      return Buffer.concat(kept.map((i) => side.subarray(i * STRIDES[s], (i + 1) * STRIDES[s])));
    }) as Sides;
    expect((await matched(sides)).mismatches).toBe(undefined);
  }
});
