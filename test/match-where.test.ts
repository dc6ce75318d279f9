// Does a match of the pairs that meet conditions equal counting all pairs, filtered afterwards?

import { expect, test } from 'vitest';
import { matchPairs } from '../src/analysis/match/pairs.ts';
import { encode, type MatchJson, type MatchOptions, match } from '../src/node.ts';
import { groupBy } from './naive/groups.ts';
import { naiveEnds, naiveIo, naiveProcesses } from './naive/io.ts';
import type { NaiveResult } from './naive/match.ts';
import { naiveErrors, naiveGroup, naiveLatency, naiveShort } from './naive/pair-figures.ts';
import { bytesOf } from './support/captures.ts';
import { random } from './support/random.ts';
import { matchable, shortOnes } from './support/report-pairs.ts';

type Pair = Readonly<Record<string, bigint>>;
type Done = NaiveResult['done'];
type Sides = readonly [submissions: Uint8Array, completions: Uint8Array];

const traced = { layout: 'traced', endian: 'little' } as const;
const FORMATS = { submissions: traced, completions: traced } as const;

async function allPairs([submissions, completions]: Sides, options: MatchOptions = FORMATS) {
  const pairs: Pair[] = [];
  for await (const batch of matchPairs(submissions, completions, options))
    for (const pair of batch)
      pairs.push(
        Object.fromEntries(
          Object.entries(pair).map(([name, value]) => [name, BigInt(value as bigint)]),
        ),
      );
  return pairs;
}

/** A pair as the naive statistics take it. */
const doneOf = (pair: Pair): Done[number] =>
  ({
    latency: pair.completionTs - pair.ts,
    open: {
      pid: Number(pair.pid ?? 0n),
      aio_fildes: Number(BigInt.asIntN(32, pair.aio_fildes)),
      aio_lio_opcode: Number(pair.aio_lio_opcode),
      aio_rw_flags: Number(pair.aio_rw_flags),
      aio_nbytes: BigInt.asUintN(64, pair.aio_nbytes),
    },
    event: { res: pair.res },
  }) as Done[number];

/** The groups of pairs by a key, in ascending order. */
function groups(done: Done, keyOf: (each: Done[number]) => readonly number[]) {
  const rows = groupBy(done, (each) => keyOf(each).join());
  const keys = [...rows.keys()].sort((a, b) => {
    const [[a0, a1 = 0], [b0, b1 = 0]] = [a, b].map((key) => key.split(',').map(Number));
    return a0 - b0 || (a1 >>> 0) - (b1 >>> 0);
  });
  return keys.map((key) => ({ key, ...naiveGroup(rows.get(key) ?? []) }));
}

/** Expects what is of pairs to be that of the selected ones, and all else that of the whole. */
function expectSelected(json: MatchJson, whole: MatchJson, all: Pair[], wanted: Pair[]): void {
  const { counted: doubts } = whole.quality;
  // Otherwise the latencies of some pairs would be left out.
  expect(doubts.silences).toBe(true);
  const counts = ({ doubt }: Pair) => doubt !== 1n || doubts.secondPairs;
  const counted = wanted.filter(counts);
  const done = counted.map(doneOf);
  expect(json.selected).toMatchObject({ pairs: done.length, of: all.filter(counts).length });
  expect(json).toMatchObject({
    matched: done.length,
    negativeLatency: done.filter(({ latency }) => latency < 0n).length,
    latencyNs: naiveLatency(done.map(({ latency }) => latency)),
    short: naiveShort(done),
  });
  expect(json.errors.map(({ name: _, ...error }) => error)).toEqual(naiveErrors(done));
  const byOpcode = json.byOpcode.map(({ opcode, name: _, ...group }) => ({
    ...{ key: `${opcode}`, ...group },
  }));
  const ofOpcode = (key: string) => done.filter(({ open }) => `${open.aio_lio_opcode}` === key);
  expect(byOpcode).toEqual(
    groups(done, ({ open }) => [open.aio_lio_opcode]).map((group) => ({
      ...{ ...group, ...naiveEnds(ofOpcode(group.key)) },
    })),
  );
  expect(json.io).toEqual({
    ...naiveIo(done),
    depth: whole.io.depth,
    latencies: json.io.latencies,
  });
  const lasted = BigInt(whole.time?.to ?? 0) - BigInt(whole.time?.from ?? 0);
  expect(json.byProcess).toEqual(naiveProcesses(done, done, lasted));
  const byFd = json.byFd.flatMap(({ pid, fd, fsync: _, paths: __, ...group }) =>
    group.matched === 0 ? [] : { key: `${pid},${fd}`, ...group },
  );
  expect(byFd).toEqual(groups(done, ({ open }) => [open.pid, open.aio_fildes]));
  const flushes = ({ byFd: rows }: MatchJson) => rows.filter(({ fsync }) => fsync.count > 0);
  expect(flushes(json).map(({ fd, fsync }) => ({ fd, fsync }))).toEqual(
    flushes(whole).map(({ fd, fsync }) => ({ fd, fsync })),
  );
  const names = ['depth', 'order', 'fsync', 'littlesLaw', 'reuse', 'quality', 'time'] as const;
  for (const name of names) expect(json[name]).toEqual(whole[name]);
  expect(json.unmatchedSubmissions).toBe(whole.unmatchedSubmissions);
  const slowest = counted
    .map((pair) => ({ index: pair.submissionIndex, latency: pair.completionTs - pair.ts }))
    .sort((a, b) => Number(b.latency - a.latency) || Number(a.index - b.index));
  expect(json.slowest?.map(({ latencyNs }) => latencyNs)).toEqual(
    slowest.slice(0, 5).map(({ latency }) => `${latency}`),
  );
  expect(json.slowest?.map(({ submissionIndex }) => submissionIndex)).toEqual(
    slowest.slice(0, 5).map(({ index }) => Number(index)),
  );
}

const CONDITIONS: readonly (readonly [where: string | string[], (pair: Pair) => boolean])[] = [
  ['latency>1ms', (p) => p.latencyNs > 1_000_000n],
  [
    'latency>=0.25ms and latency<1.5s',
    (p) => p.latencyNs >= 250_000n && p.latencyNs < 1_500_000_000n,
  ],
  ['latencyNs<300us', (p) => p.latencyNs < 300_000n],
  ['latency=500k or latency>=1M', (p) => p.latencyNs === 500_000n || p.latencyNs >= 1_000_000n],
  ['depth>=3', (p) => p.depth >= 3n],
  ['depth=1 or overtook>0', (p) => p.depth === 1n || p.overtook > 0n],
  [['res<0', 'latency>20us'], (p) => p.res < 0n && p.latencyNs > 20_000n],
  [
    '(res=EAGAIN or res>=4K) and depth<9',
    (p) => (p.res === -11n || p.res >= 4096n) && p.depth < 9n,
  ],
  ['fd=4', (p) => BigInt.asIntN(32, p.aio_fildes) === 4n],
  ['fd!=4, aio_lio_opcode=PREAD', (p) => p.aio_fildes !== 4n && p.aio_lio_opcode === 0n],
  ['doubt=1', (p) => p.doubt === 1n],
  [
    'doubt=0 and (span>1 or completionTid=0)',
    (p) => p.doubt === 0n && (p.span > 1n || p.completionTid === 0n),
  ],
  ['submissionIndex<100', (p) => p.submissionIndex < 100n],
  ['latency<-5us', (p) => p.latencyNs < -5000n],
  ['latency<0', (p) => p.latencyNs < 0n],
];

/** Of the conditions, those that `isAsked` selects by their number. Returns how many were partial. */
async function expectAll(
  sides: Sides,
  options: MatchOptions = FORMATS,
  isAsked: (i: number) => boolean = () => true,
): Promise<number> {
  const given = { ...options, slowest: 5 };
  const whole = (await match(...sides, given)).toJSON();
  expect(whole.selected).toBeUndefined();
  const all = await allPairs(sides, options);
  let partial = 0;
  for (const [i, [where, holds]] of CONDITIONS.entries()) {
    if (!isAsked(i)) continue;
    const engine = i % 2 === 0 ? 'js' : 'wasm-simd';
    const json = (await match(...sides, { ...given, where, engine })).toJSON();
    const wanted = all.filter(holds);
    expect(json.selected?.where).toEqual([where].flat());
    expectSelected(json, whole, all, wanted);
    if (wanted.length > 0 && wanted.length < all.length) partial += 1;
  }
  return partial;
}

// Each condition is asked of every third capture, under one engine or the other.
test.each(shortOnes.map((each, turn) => ({ ...each, turn })))(
  '$name',
  async ({ iocb, ioev, turn }) => {
    const sides = [bytesOf(iocb), bytesOf(ioev)] as const;
    expect(await expectAll(sides, FORMATS, (i) => i % 3 === turn % 3)).toBeGreaterThan(0);
  },
);

test('a capture that lacks records has second pairs, which do not count', async () => {
  const { iocb, ioev } = matchable.find(({ name }) => name === 'sysbench_fileio') ?? matchable[0];
  const { below } = random(14);
  const lossy = (bytes: Uint8Array, stride: number): Uint8Array =>
    Uint8Array.from(
      Array.from({ length: bytes.length / stride }, (_, i) => i)
        .filter(() => below(12) > 0)
        .flatMap((i) => [...bytes.subarray(i * stride, (i + 1) * stride)]),
    );
  const sides = [lossy(bytesOf(iocb), 88), lossy(bytesOf(ioev), 56)] as const;
  const { quality } = (await match(...sides, FORMATS)).toJSON();
  expect([quality.secondPairs > 0, quality.counted.secondPairs]).toEqual([true, false]);
  await expectAll(sides, FORMATS, (i) => i % 4 < 2);
});

test('requests that are in flight twice have second pairs, which count', async () => {
  const layout = 'ts:u64,addr:u64,pid:u32,record';
  const numbers = Array.from({ length: 1200 }, (_, i) => i);
  const of = (i: number) => ({ aio_lio_opcode: i % 2, aio_fildes: 3 + (i % 5), aio_nbytes: 4096 });
  const requests = numbers.flatMap((i) =>
    [0, 700].map((later) => ({ ...of(i), ts: 9000 * i + later, addr: 64 * (1 + (i % 8)), pid: 7 })),
  );
  const events = numbers.flatMap((i) =>
    [2000, 2000 + (i % 6000)].map((later) => ({
      ...{ ts: 9000 * i + later, pid: 7, obj: 64 * (1 + (i % 8)), res: i % 7 === 0 ? -5 : 4096 },
    })),
  );
  const sides = [
    encode(requests, { kind: 'iocb', layout }),
    encode(
      events.sort((a, b) => a.ts - b.ts),
      { kind: 'io_event', layout: 'ts:u64,pid:u32,record' },
    ),
  ] as const;
  const options = {
    submissions: { layout, endian: 'little' },
    completions: { layout: 'ts:u64,pid:u32,record', endian: 'little' },
  } as const;
  const { quality } = (await match(...sides, options)).toJSON();
  expect([quality.secondPairs > 400, quality.counted.secondPairs]).toEqual([true, true]);
  await expectAll(sides, options, (i) => i % 4 > 1);
});

test('by counting, where no pair has a latency', async () => {
  const { iocb, ioev } = matchable.find(({ name }) => name === 'fio_nowait') ?? matchable[0];
  const sides = [bytesOf(iocb), bytesOf(ioev)] as const;
  const options = { ...FORMATS, order: 'counting', where: 'res<0' } as const;
  const json = (await match(...sides, options)).toJSON();
  const failed = (await allPairs(sides, { ...FORMATS, order: 'counting' })).filter(
    ({ res }) => res < 0n,
  );
  expect(failed.length).toBeGreaterThan(0);
  expect([json.matched, json.latencyNs, json.depth]).toEqual([failed.length, null, null]);
  expect(json.errors.reduce((sum, { count }) => sum + count, 0)).toBe(failed.length);
});

test.each([
  ['zip>1', "column 'zip' does not exist; the columns are aio_data,"],
  [
    'path=/a',
    'path is the file of a descriptor, and these records have no such names: only a trace',
  ],
  ['path=/a or comm=fio', 'path is the file of a descriptor'],
  ['latency>1x', "'1x' is not a value of latency; expected a whole number from"],
  ['latency>1.0001us', "'1.0001us' is not a value of latency"],
  ['depth>1ms', "'1ms' is not a value of depth"],
  ['latency', "'latency' is not a condition"],
])('%s is an error', async (where, message) => {
  const { iocb, ioev } = matchable[0];
  await expect(match(iocb, ioev, { ...FORMATS, where })).rejects.toThrow(message);
});
