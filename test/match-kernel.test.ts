// Does the kernel, which takes simple records, match as JavaScript does, which takes every record?
import { afterEach, expect, test, vi } from 'vitest';
import {
  EVENT,
  EVENT_FLAGS,
  EVENT_KIND,
  EVENT_SHIFT,
  EVENTS,
} from '../src/analysis/match/event-layout.ts';
import { EventLog } from '../src/analysis/match/event-log.ts';
import type { InputStream } from '../src/analysis/match/input-stream.ts';
import { matchWithin } from '../src/analysis/match/match.ts';
import { MatchKernel } from '../src/analysis/match/merge.ts';
import type { MatchOptions } from '../src/analysis/match/options.ts';
import type { MatchEvents, PairObserver } from '../src/analysis/match/pair-sink.ts';
import { encode } from '../src/node.ts';
import { random } from './support/random.ts';
import { expectSame } from './support/same.ts';

type Row = Record<string, bigint | number>;
type Sides = readonly [readonly Row[], readonly Row[]];

const REQUEST = 'ts:u64,addr:u64,pid:u32,record';
const RESULT = 'ts:u64,pid:u32,record';

afterEach(() => vi.restoreAllMocks());

/** Keeps every event as a line, with what the row of a completion has. Counts those that left. */
function recorder() {
  const events: string[] = [];
  let left = 0;
  const create = (streams: readonly [InputStream, InputStream]): PairObserver => ({
    logOf(...[state]) {
      return new EventLog(state, streams, this);
    },
    observe({ words, count, completions }: MatchEvents) {
      const { ts, res } = completions;
      for (let at = 0; at < count << EVENT_SHIFT; at += 1 << EVENT_SHIFT) {
        const what = words[at + EVENT.what];
        const row = words[at + EVENT.row];
        const isReaped = (what & EVENT_FLAGS.completion) !== 0;
        if ((what & EVENT_KIND) === EVENTS.left) left += 1;
        const ends = isReaped ? [ts[2 * row], ts[2 * row + 1], res[2 * row], res[2 * row + 1]] : [];
        const { first } = isReaped ? completions : streams[0];
        const times = [words[at + EVENT.tsLow], words[at + EVENT.tsHigh]];
        events.push([what, first, row, ...times, ...ends].join(' '));
      }
    },
    take: () => {},
  });
  return { events, create, left: () => left };
}

/** Checks that both engines match alike, observed or not. Returns the result, and how often the kernel stopped. */
async function agree(
  [submissions, completions]: Sides,
  layouts = [REQUEST, RESULT],
  openMax?: number,
  more: MatchOptions = {},
) {
  const step = vi.spyOn(MatchKernel.prototype, 'step').mockClear();
  const bytes = [
    encode(submissions, { kind: 'iocb', layout: layouts[0] }),
    encode(completions, { kind: 'io_event', layout: layouts[1] }),
  ] as const;
  const [submissionLayout, completionLayout] = layouts.map((layout) => ({
    layout,
    endian: 'little' as const,
  }));
  let full = false;
  const results = [];
  const observed = [];
  for (const engine of ['js', 'wasm-simd'] as const) {
    const options = {
      ...more,
      engine,
      submissions: submissionLayout,
      completions: completionLayout,
    };
    const { events, create, left } = recorder();
    const match = await matchWithin(...bytes, options, openMax, create);
    observed.push({ events, left: left() });
    const isFull = step.mock.results.some(({ value }) => value === 3);
    step.mockClear();
    const { engine: used, ...json } = (await matchWithin(...bytes, options, openMax)).toJSON();
    expect(used).toBe(engine);
    results.push(json, match.toJSON());
    full = isFull;
  }
  for (const json of results) expectSame({ ...json, engine: '' }, { ...results[0], engine: '' });
  expectSame(observed[1], observed[0]);
  const stops = step.mock.results.map(({ value }) => value);
  return {
    json: results[2],
    left: observed[1].left,
    /** Whether the kernel has stopped because the events had to be read first. */
    full,
    steps: stops.length,
    back: stops.filter((next) => next !== 0).length,
  };
}

/** How a program behaves: chances per thousand. */
interface Habits {
  readonly refused?: number;
  readonly lost?: number;
  readonly early?: number;
  readonly jitter?: number;
  readonly odd?: number;
  readonly addresses?: number;
  readonly tags?: number;
}

/** Records of a program with a few hundred slots: some refused, some lost, some out of order. */
function program(seed: number, count: number, habits: Habits): Sides {
  const { below } = random(seed);
  const {
    refused = 0,
    lost = 0,
    early = 0,
    jitter = 0,
    odd = 0,
    addresses = 300,
    tags = 3,
  } = habits;
  const chance = (ofThousand: number) => below(1000) < ofThousand;
  const submissions: Row[] = [];
  const completions: Row[] = [];
  let now = 10_000_000_000n;
  for (let i = 0; i < count; i++) {
    now += BigInt(below(2000));
    const ts = chance(jitter) ? now - BigInt(below(400_000)) : now;
    const addr = 0x5500_0000_0000n + 64n * BigInt(below(addresses));
    const aio_data = BigInt(below(tags));
    const pid = 100 + below(3);
    const opcode = chance(odd) ? [9, 4, 300, 6][below(4)] : [0, 0, 1, 1, 2, 3, 5, 7, 8][below(9)];
    const plain = [2, 3, 5].includes(opcode) ? 0n : opcode >= 7 ? 4n : 4096n;
    const aio_nbytes = chance(odd) ? [0n, 2n ** 31n, 2n ** 40n, 2n ** 63n][below(4)] : plain;
    const aio_rw_flags = opcode === 0 && chance(200) ? 8 : 0;
    submissions.push({
      ts,
      addr,
      pid,
      aio_data,
      aio_lio_opcode: opcode,
      aio_fildes: 3 + below(20),
      aio_nbytes,
      aio_rw_flags,
    });
    if (chance(refused) || chance(lost)) continue;
    const wait = chance(early) ? -BigInt(below(12_000_000)) : BigInt(below(300) ** 2 * 9);
    const res = chance(odd)
      ? [-4095n, -4096n, 2n ** 31n, 2n ** 62n, -(2n ** 63n)][below(5)]
      : [4096n, 4096n, 4096n, 0n, 512n, -11n, -5n][below(7)];
    completions.push({ ts: ts + wait, pid, data: chance(odd) ? 77n : aio_data, obj: addr, res });
  }
  const late = (row: Row) => Number(row['ts']) + (chance(jitter) ? below(400_000) : 0);
  return [
    submissions,
    completions
      .map((row) => [late(row), row] as const)
      .sort(([a], [b]) => a - b)
      .map(([, row]) => row),
  ];
}

test('the kernel stops only at new addresses and descriptors if all records are simple', async () => {
  const sides = program(71, 8000, { addresses: 40, tags: 1_000_000 });
  const { json, steps, back } = await agree(sides);
  expect(json.matched).toBeGreaterThan(7900);
  expect(steps).toBeGreaterThan(10);
  // Each of 60 descriptors has nine opcodes, requests of which may succeed or fail.
  expect(back).toBeLessThan(120 + 60 * 9 * 2);
});

test.each([
  ['refused ones', { refused: 200 }],
  ['lost ones', { lost: 200 }],
  ['completions before their submissions', { early: 60 }],
  ['time that steps back', { jitter: 100, early: 10 }],
  ['odd records', { odd: 60 }],
  ['all of these', { refused: 50, lost: 30, early: 30, jitter: 50, odd: 30 }],
  [
    'all of these at few addresses',
    { refused: 50, lost: 30, early: 30, jitter: 50, odd: 30, addresses: 6, tags: 2 },
  ],
] as const)('simple records among %s', async (_, habits) => {
  const { json, back } = await agree(program(72, 5000, habits));
  expect(json.matched).toBeGreaterThan(2000);
  expect(back).toBeGreaterThan(0);
});

test('with few entries the oldest are evicted and addresses are forgotten', async () => {
  for (const openMax of [1, 7, 60]) {
    const { json } = await agree(
      program(73, 4000, { lost: 300, early: 20, odd: 10 }),
      undefined,
      openMax,
    );
    expect(json.evicted).toBeGreaterThan(0);
    expect(json.reuse.approximate).toBe(true);
  }
});

test('ret in each width, and ctx; the kernel takes no narrow columns', async () => {
  const [submissions, completions] = program(74, 3000, { refused: 100, early: 5 });
  const { below } = random(75);
  const withRet = submissions.map((row) => ({
    ...row,
    ret: below(6) === 0 ? -11 : 1,
    ctx: BigInt(below(2)),
  }));
  for (const ret of ['i32', 'i64', 'i16']) {
    const { json, steps } = await agree(
      [withRet, completions],
      [`ts:u64,addr:u64,ret:${ret},ctx:u64,pid:u32,record`, RESULT],
    );
    expect(json.refused).toBeGreaterThan(300);
    expect(steps > 0).toBe(ret !== 'i16');
  }
  const unsigned = submissions.map((row) => ({ ...row, ret: 2 ** 32 - 11 }));
  const { json } = await agree(
    [unsigned, completions],
    ['ts:u64,addr:u64,ret:u32,pid:u32,record', RESULT],
  );
  expect(json.refused).toBe(0);
  const inContext = completions.map((row) => ({ ...row, ctx: BigInt(below(2)) }));
  const layouts = [
    'ts:u64,addr:u64,ret:i32,ctx:u64,pid:u32,record',
    'ts:u64,ctx:u64,pid:u32,record',
  ];
  expect((await agree([withRet, inContext], layouts)).back).toBeGreaterThan(0);
  expect(
    (await agree([submissions, completions], ['ts:u64,addr:u64,pid:u16,record', RESULT])).steps,
  ).toBe(0);
});

test('the kernel takes key data, but not counting, a cut, refused indexes or the slowest', async () => {
  const sides = program(76, 3000, { refused: 20, early: 5, tags: 40_000 });
  expect((await agree(sides, undefined, undefined, { key: 'data' })).steps).toBeGreaterThan(0);
  const options: MatchOptions[] = [
    { order: 'counting' },
    { from: 10_001_000_000n },
    { refused: [3, 4, 500] },
    { slowest: 5 },
  ];
  for (const more of options)
    expect((await agree(sides, undefined, undefined, more)).steps).toBe(0);
});

test('times at the ends of 64 bits', async () => {
  const [submissions, completions] = program(77, 1500, { early: 20 });
  const ends = [0n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
  const { below } = random(78);
  const far = (row: Row): Row => (below(50) === 0 ? { ...row, ts: ends[below(4)] } : row);
  const sides = [submissions.map(far), completions.map(far)] as const;
  const { json } = await agree(sides);
  expect(json.matched).toBeGreaterThan(500);
});

/** Moves times apart by up to centuries at a few moments, and begins anywhere in 64 bits. */
function overYears(seed: number, sides: Sides): Sides {
  const { below, pick } = random(seed);
  const timeOf = (row: Row) => BigInt(row['ts']);
  const last =
    sides
      .flat()
      .map(timeOf)
      .sort((a, b) => (a < b ? -1 : 1))
      .at(-1) ?? 0n;
  const moments = Array.from({ length: 1 + below(20) }, () => ({
    at: BigInt(below(Number(last))),
    jump: pick([2n ** 34n, 2n ** 50n, 2n ** 53n, 2n ** 56n, 2n ** 59n]) + BigInt(below(1000)),
  }));
  const length = moments.reduce((sum, { jump }) => sum + jump, last);
  const begin = pick([0n, 1n, 2n ** 53n, 2n ** 63n - length / 2n, 2n ** 64n - 1n - length]);
  const moved = (row: Row): Row => {
    const ts = timeOf(row);
    const jumps = moments.filter(({ at }) => at < ts).reduce((sum, { jump }) => sum + jump, 0n);
    const far = ts + jumps + (begin < 0n ? 0n : begin);
    return { ...row, ts: far < 2n ** 64n ? far : 2n ** 64n - 1n };
  };
  return [sides[0].map(moved), sides[1].map(moved)];
}

test('times spread over years, of streams that begin and end anywhere', async () => {
  const { below } = random(81);
  let silences = 0;
  for (let run = 0; run < 16; run++) {
    const habits = {
      refused: 20,
      lost: 20,
      early: 30,
      jitter: 30,
      odd: 10,
      addresses: 40,
      tags: 4,
    };
    const far = overYears(run, program(90 + run, 1200, habits));
    const [submissions, completions] = far.map((rows) => {
      const begin = below(3) === 0 ? below(rows.length) : 0;
      return rows.slice(begin, begin + (below(3) === 0 ? below(rows.length) : rows.length));
    });
    const { json } = await agree([submissions, completions]);
    silences += json.quality.silences.length;
  }
  expect(silences).toBeGreaterThan(4);
});

const ALL_HABITS = { refused: 60, lost: 30, early: 30, odd: 20, addresses: 40, tags: 4 };

test.each([
  ['all equal', () => 12_345n],
  ['all 0', () => 0n],
  ['all the latest', () => 2n ** 64n - 1n],
  ['0, until a clock begins', (ts: bigint) => (ts < 10_000_500_000n ? 0n : ts)],
  ['back to 0 at times', (ts: bigint) => (ts % 97n === 0n ? 0n : ts)],
  ['backwards', (ts: bigint) => 2n ** 40n - ts],
  ['backwards by years', (ts: bigint) => ts + 2n ** 55n * (9n - ((ts / 200_000n) % 10n))],
  ['backwards across 2^63', (ts: bigint) => ts + 2n ** 60n * (15n - ((ts / 200_000n) % 15n))],
] as const)('times that are %s', async (_, timeOf) => {
  const [submissions, completions] = program(82, 1500, ALL_HABITS).map((rows) =>
    rows.map((row) => ({ ...row, ts: timeOf(BigInt(row['ts'])) })),
  );
  const refused = submissions.map((row, i) => ({ ...row, ret: i % 9 === 0 ? -11 : 1 }));
  const { json } = await agree([submissions, completions]);
  expect(json.unmatchedSubmissions + json.matched).toBe(submissions.length);
  await agree([refused, completions], ['ts:u64,addr:u64,ret:i32,pid:u32,record', RESULT]);
});

test('the first record is a refused one at time 0, and silences are among the others', async () => {
  const [submissions, completions] = program(83, 1000, {});
  const later = (row: Row) => {
    const ts = BigInt(row['ts']);
    return { ...row, ts: ts > 10_000_500_000n ? ts + 100_000n : ts, ret: 1 };
  };
  const first = { ...submissions[0], ts: 0n, ret: -11 };
  const layouts = ['ts:u64,addr:u64,ret:i32,pid:u32,record', RESULT];
  const ended = completions.map((row) => {
    const { ret: _, ...rest } = later(row);
    return rest;
  });
  const without = await agree([submissions.map(later), ended], layouts);
  expect(without.json.quality.silences).not.toEqual([]);
  // Since the first record, the mean interval is much longer.
  const { json } = await agree([[first, ...submissions.map(later)], ended], layouts);
  expect(json.quality.silences).toEqual([]);
});

/** One request after another on `count` descriptors in turn, `times` each. */
function descriptors(count: number, times: number): Sides {
  const rows = Array.from({ length: count * times }, (_, i) => ({
    at: 1_000_000n + 100n * BigInt(i),
    fd: (count - 1 - i) % count,
  }));
  const of = { pid: 9, aio_data: 1n, aio_nbytes: 512n, addr: 4096n };
  return [
    rows.map(({ at, fd }, i) => ({
      ...of,
      ts: at,
      aio_lio_opcode: i % 2,
      aio_fildes: fd < 0 ? fd + count : fd,
    })),
    rows.map(({ at }) => ({ ts: at + 50n, pid: 9, data: 1n, obj: 4096n, res: 512n })),
  ];
}

test('more descriptors than histograms, than counters, and than a table keeps', async () => {
  for (const [count, times] of [
    [300, 5],
    [3000, 3],
    [66_000, 1],
  ]) {
    const { json } = await agree(descriptors(count, times));
    expect(json.matched).toBe(count * times);
    expect(json.byFd).toHaveLength(Math.min(count, 65_536));
  }
});

test('a request that 65,536 others overtake', async () => {
  const [submissions, completions] = descriptors(1, 66_000);
  const stuck = { ...submissions[0], ts: 1n, addr: 64n };
  const { json } = await agree([[stuck, ...submissions], completions]);
  expect(json.order?.beyondWindow).toBe(1);
});

test('events fill their memory: one completion sets aside 4,089 submissions', async () => {
  const [[submission], [completion]] = descriptors(1, 1);
  const submissions = Array.from({ length: 4090 }, (_, i) => ({
    ...submission,
    ts: BigInt(i + 1),
  }));
  const ends = Array.from({ length: 10 }, (_, i) => ({ ...completion, ts: BigInt(5000 + i) }));
  expect(await agree([submissions, ends])).toMatchObject({ left: 4089, full: true });
});

test('a result stays valid when another match reuses its memory', async () => {
  const bytesOf = ([submissions, completions]: Sides) =>
    [
      encode(submissions, { kind: 'iocb', layout: REQUEST }),
      encode(completions, { kind: 'io_event', layout: RESULT }),
    ] as const;
  const [one, other] = [bytesOf(program(79, 2000, { lost: 30 })), bytesOf(program(80, 40, {}))];
  for (const engine of ['js', 'wasm-simd'] as const) {
    const options = {
      engine,
      submissions: { layout: REQUEST, endian: 'little' },
      completions: { layout: RESULT, endian: 'little' },
    } as const;
    const expected = (await matchWithin(...one, options, undefined)).toJSON();
    const first = await matchWithin(...one, options, undefined);
    await matchWithin(...other, options, undefined);
    expect(first.toJSON()).toEqual(expected);
    const both = await Promise.all([
      matchWithin(...other, options, undefined),
      matchWithin(...one, options, undefined),
    ]);
    expect(both[1].toJSON()).toEqual(expected);
  }
});

test('the submissions are closed if the completions cannot be opened', async () => {
  let closed = 0;
  const source = {
    name: 'submissions',
    byteLength: undefined,
    read: () => 0,
    close: () => void (closed += 1),
  };
  const missing = {
    ...source,
    name: 'completions',
    close: () => {},
    read: () => Promise.reject(new Error('no such file')),
  };
  await expect(matchWithin(source, missing, {}, undefined)).rejects.toMatchObject({
    code: 'AIOSCOPE_READ',
  });
  expect(closed).toBe(1);
});
