// Are times of another clock or unit converted before anything is made of them?
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  encode,
  type MatchJson,
  type MatchOptions,
  match,
  openPairs,
  report,
} from '../src/node.ts';
import { findings } from '../src/words/match-findings.ts';
import { CAPTURES, FORMAT, type Sides, STRIDES, sidesOf, timed } from './support/captured-sides.ts';
import { aioscope, fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';
import { screenOf } from './support/first-screen.ts';

const REALTIME = 1_790_000_000n * 10n ** 9n;

/** Both sides without a share of their records. */
const thinned = (sides: Sides, share: number): Sides =>
  sides.map((side, s) => {
    const random = randomBytes(side.length / STRIDES[s], 5 + s);
    const kept = [...random.keys()].filter((i) => random[i] / 256 >= share);
    return Buffer.concat(kept.map((i) => side.subarray(i * STRIDES[s], (i + 1) * STRIDES[s])));
  }) as Sides;

const matched = async (sides: Sides, options: MatchOptions = {}): Promise<MatchJson> =>
  (await match(...sides, { ...FORMAT, ...options })).toJSON();

async function pairsOf(sides: Sides, options: MatchOptions = {}): Promise<string[]> {
  const pairs: string[] = [];
  for await (const { columns, length } of await openPairs(...sides, { ...FORMAT, ...options }))
    for (let i = 0; i < length; i++)
      pairs.push(`${columns.submissionIndex[i]} ${columns.completionIndex[i]}`);
  return pairs.sort();
}

/** What is the same whatever the clock is. */
const figures = ({ inputs: _, time: __, by: ___, mismatches: ____, ...rest }: MatchJson) => rest;

describe.each(CAPTURES)('%s', (name) => {
  test.each([0, 0.05])('clocks are bridged with %d of the records lost', async (share) => {
    const sides = thinned(sidesOf(name), share);
    const planted: Sides = [timed(sides[0], 88, (ts) => ts + REALTIME), sides[1]];
    const { by, mismatches } = await matched(planted, { clockOffset: 'auto' });
    expect(mismatches).toBe(undefined);
    const off = Number(BigInt(by.clockOffsetNs ?? 0) - REALTIME);
    // The true offset is in the range, but for the jitter of threads.
    expect(Math.abs(off)).toBeLessThanOrEqual(Number(by.clockSpreadNs) / 2 + 20_000);
    const right = await pairsOf(sides);
    const found = new Set(await pairsOf(planted, { clockOffset: 'auto' }));
    expect(right.filter((pair) => found.has(pair)).length).toBeGreaterThan(0.99 * right.length);
  });

  test('the exact offset gives the same figures', async () => {
    const [submissions, completions] = sidesOf(name);
    const planted: Sides = [submissions, timed(completions, 56, (ts) => ts + REALTIME)];
    const json = await matched(planted, { clockOffset: -REALTIME });
    expect(json.by.clockOffsetNs).toBe(`${-REALTIME}`);
    expect(figures(json)).toEqual(figures(await matched([submissions, completions])));
  });

  test('microseconds give the figures of times cut to microseconds', async () => {
    const cut = sidesOf(name).map((side, s) =>
      timed(side, STRIDES[s], (ts) => ts / 1000n),
    ) as Sides;
    const whole = cut.map((side, s) => timed(side, STRIDES[s], (ts) => ts * 1000n)) as Sides;
    const json = await matched(cut, { tsUnit: 'us' });
    const { time } = await matched(whole);
    expect(json).toMatchObject({ time, by: { tsUnit: 'us' } });
    expect(figures(json)).toEqual(figures(await matched(whole)));
  });
});

test('unit and offset are applied in that order, to ranges of time and to reports too', async () => {
  const sides = sidesOf('case_sync');
  const { time } = await matched(sides);
  const middle = (BigInt(time?.from ?? 0) + BigInt(time?.to ?? 0)) / 2n;
  const cut = sides.map((side, s) => timed(side, STRIDES[s], (ts) => ts / 1000n)) as Sides;
  const planted: Sides = [cut[0], timed(cut[1], 56, (ts) => ts + 7_000_000n)];
  const options = { tsUnit: 'us', clockOffset: '-7s', to: middle } as const;
  const half = await matched(planted, options);
  expect(half.matched).toBe((await matched(cut, { tsUnit: 'us', to: middle })).matched);
  expect(half.matched).toBeGreaterThan(200);
  const { matched: inReport, completions } = (
    await report(...planted, { ...FORMAT, ...options })
  ).toJSON();
  expect(inReport?.figures.matched).toBe(half.matched);
  expect(completions?.records).toBeLessThan(300);
});

test('a report estimates the offset as a match does', async () => {
  const [submissions, completions] = sidesOf('fio_nowait');
  const planted: Sides = [timed(submissions, 88, (ts) => ts + REALTIME), completions];
  const options = { clockOffset: 'auto', from: '+0s' } as const;
  const json = (await report(...planted, { ...FORMAT, ...options })).toJSON();
  const { by, latencyNs } = await matched(planted, options);
  expect(json.matched?.figures).toMatchObject({ by, latencyNs });
  expect(json.completions?.records).toBe(4096);
  expect(screenOf(json)).toMatch(/ns were added to the times of completions, an estimate: any /);
});

describe('cases', () => {
  const caseOf = (name: string) =>
    ['sub.iocb88.gz', 'com.ioev56.gz'].map((file) =>
      gunzipSync(readFileSync(fixture(`../${name}/${file}`))),
    ) as Sides;

  test('two clocks', async () => {
    const json = await matched(caseOf('two-clocks'), { clockOffset: 'auto' });
    expect(json.matched).toBeGreaterThanOrEqual(1992);
    expect(json.mismatches).toBe(undefined);
  });

  test('microseconds', async () => {
    const json = await matched(caseOf('microseconds'), { tsUnit: 'us' });
    expect(json).toMatchObject({ matched: 2000, latencyNs: { p50: '700000', max: '700000' } });
    expect(findings(json)[0].text).toBe('times were converted from microseconds');
  });
});

const at = (ts: bigint, addr = 64n) => ({ ts, addr, aio_nbytes: 1n });
const done = (ts: bigint, obj = 64n) => ({ ts, obj, res: 1n });
const LAYOUTS = {
  submissions: { layout: 'ts-addr', endian: 'little' },
  completions: { layout: 'ts', endian: 'little' },
} as const;
const few = (ts: bigint, options: MatchOptions) =>
  match(
    encode([at(1n)], { kind: 'iocb', layout: 'ts-addr' }),
    encode([done(ts)], { kind: 'io_event', layout: 'ts' }),
    { ...LAYOUTS, ...options },
  );

test('offsets are exact at the ends of 64 bits', async () => {
  const most = 2n ** 64n - 1n;
  for (const [ts, clockOffset, latency] of [
    [most, -(most - 2n), '1'],
    [3n, most - 3n, `${most - 1n}`],
    [2n ** 32n + 1n, -(2n ** 32n - 1n), '1'],
  ] as const) {
    const json = (await few(ts, { clockOffset })).toJSON();
    expect(json.latencyNs?.max).toBe(latency);
  }
});

test.each([
  ['an offset below 0', 5n, { clockOffset: -6 }, /^with clockOffset -6, a ts of 5 becomes -1 ns/],
  ['an offset above 64 bits', 5n, { clockOffset: 2n ** 64n - 3n }, /a ts of 5 becomes 184/],
  [
    'a unit above 64 bits',
    2n ** 60n,
    { tsUnit: 'ms' },
    /^with tsUnit ms, a ts of 1152921504606846/,
  ],
  ['a text', 5n, { clockOffset: 'soon' }, /^clockOffset is 'soon'; expected auto, or what to add/],
  ['a unit of its own', 5n, { clockOffset: '-1.5h' }, /^clockOffset is '-1.5h'; expected auto/],
  ['half a number', 5n, { clockOffset: 0.5 }, /^clockOffset is '0.5'; expected auto/],
  ['a wide offset', 5n, { clockOffset: 2n ** 64n }, /less than 2\^64 ns/],
  ['an unknown unit', 5n, { tsUnit: 's' as 'us' }, /^tsUnit is 's'; it must be one of ns, us, ms/],
  ['counting', 5n, { order: 'counting', tsUnit: 'us' }, /clockOffset and tsUnit cannot be used/],
  ['too few records', 5n, { clockOffset: 'auto' }, /cannot be estimated: the first records have/],
] as const)('%s is refused', async (_, ts, options, message) => {
  await expect(few(ts, options)).rejects.toThrow(message);
});

test('no offset is estimated of streams of two runs, and a report says why', async () => {
  const [submissions] = sidesOf('fio_nowait');
  const other = sidesOf('fio_nowait')[1];
  const random = randomBytes(other.length / 56, 9);
  const shuffled = timed(other, 56, (ts) => ts);
  for (let i = 0; i < random.length; i++)
    shuffled.writeBigUInt64LE(BigInt(Math.floor(i * 1e5 + random[i] * 4e6)), 56 * i);
  const options = { ...FORMAT, clockOffset: 'auto' } as const;
  const why = /at no offset do more than \d+ of the first \d+ completions follow their submission/;
  await expect(match(submissions, shuffled, options)).rejects.toMatchObject({
    code: 'AIOSCOPE_UNMATCHABLE',
    message: expect.stringMatching(why),
  });
  const { matched, matchFailed } = (await report(submissions, shuffled, options)).toJSON();
  expect(matched).toBe(undefined);
  expect(matchFailed?.text).toMatch(why);
});

test('a ts that is too narrow is refused', async () => {
  const layout = 'ts:u32,addr:u64,record';
  const narrow = encode([at(1n)], { kind: 'iocb', layout });
  await expect(
    match(narrow, encode([done(2n)], { kind: 'io_event', layout: 'ts' }), {
      submissions: { layout, endian: 'little' },
      completions: LAYOUTS.completions,
      tsUnit: 'us',
    }),
  ).rejects.toThrow(/ts of type u32, which is too narrow/);
});

test('the command line takes them, for pairs too', () => {
  const files = ['iocb88', 'ioev56'].map((end) => fixture(`case_sync.${end}`));
  const { stdout } = aioscope([
    'match',
    '--json',
    '--clock-offset',
    '-0s',
    '--ts-unit',
    'ns',
    ...files,
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ matched: 480, by: { clockOffsetNs: '0' } });
  const shifted = aioscope(['match', '--pairs', '--ndjson', '--clock-offset', '1s', ...files]);
  expect(Number(JSON.parse(shifted.stdout.split('\n')[0]).latencyNs)).toBeGreaterThan(1e9);
  expect(aioscope(['report', '--clock-offset', 'auto', files[0]])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--clock-offset takes files of submissions and of'),
  });
});
