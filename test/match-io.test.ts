// Does a match tell reads and writes that succeeded apart from failures, polls and flushes, in all and by process?
import { expect, test } from 'vitest';
import { encode, type MatchJson, type MatchOptions, match } from '../src/node.ts';
import { naiveEnds, naiveIo, naiveProcesses } from './naive/io.ts';
import type { NaiveResult } from './naive/match.ts';
import { bytesOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { printedHere } from './support/cli-here.ts';
import { random } from './support/random.ts';
import { matchable, type Pair, pairsOf } from './support/report-pairs.ts';

const traced = { layout: 'traced', endian: 'little' } as const;
const FORMATS = { submissions: traced, completions: traced } as const;
type Sides = readonly [submissions: Uint8Array, completions: Uint8Array];

const caseFile = (name: string): string => fixture(`../${name}`);
const POLLS = ['sub.iocb88.gz', 'com.ioev56.gz'].map((file) =>
  caseFile(`polls-beside-disk/${file}`),
);
const NOWAIT = ['sub.iocb88.gz', 'com.ioev56.gz'].map((file) =>
  caseFile(`nowait-all-eagain/${file}`),
);
const sidesOf = ([submissions, completions]: readonly string[]): Sides => [
  bytesOf(submissions),
  bytesOf(completions),
];

/** The results of both engines, which are the same. */
async function matched(sides: Sides, options: MatchOptions = {}): Promise<MatchJson> {
  const [js, wasm] = await Promise.all(
    (['js', 'wasm-simd'] as const).map(async (engine) => {
      const { engine: _, ...json } = (
        await match(...sides, { ...FORMATS, ...options, engine })
      ).toJSON();
      return json;
    }),
  );
  expect(wasm).toEqual(js);
  return { engine: 'js', ...wasm };
}

/** Every latency in a result, with percentiles or without. */
function latenciesIn(value: unknown): Record<string, string | null>[] {
  if (value === null || typeof value !== 'object') return [];
  const own = 'p50' in value ? [value as Record<string, string | null>] : [];
  return [...own, ...Object.values(value).flatMap(latenciesIn)];
}

/** Expects percentiles to ascend from the minimum to the maximum. */
function expectOrder(json: MatchJson): void {
  for (const latency of latenciesIn(json)) {
    const { min, p50, p90, p99, p999, p9999, max } = latency;
    const values = [min, p50, p90, p99, p999, p9999, max].filter((each) => each !== null);
    const ascending = values.map(BigInt).sort((a, b) => Number(a > b) - Number(a < b));
    expect(values).toEqual(ascending.map(String));
  }
}

const doneOf = (pair: Pair) =>
  ({
    latency: pair.completionTs - pair.ts,
    open: {
      pid: Number(pair.pid ?? 0n),
      aio_lio_opcode: Number(pair.aio_lio_opcode),
      aio_nbytes: BigInt.asUintN(64, pair.aio_nbytes),
    },
    event: { res: pair.res },
  }) as NaiveResult['done'][number];

function expectNaive(json: MatchJson, pairs: readonly Pair[]): void {
  const done = pairs.map(doneOf);
  const { depth: _, latencies, ...io } = json.io;
  expect(io).toEqual(naiveIo(done));
  expect(latencies.reduce((total, { count }) => total + count, 0)).toBe(
    done.filter(
      ({ open, event, latency }) =>
        [0, 1, 7, 8].includes(open.aio_lio_opcode) && event.res >= 0n && latency >= 0n,
    ).length,
  );
  for (const { opcode, succeeded, failed } of json.byOpcode)
    expect({ succeeded, failed }).toEqual(
      naiveEnds(done.filter(({ open }) => open.aio_lio_opcode === opcode)),
    );
  const lasted = BigInt(json.time?.to ?? 0) - BigInt(json.time?.from ?? 0);
  expect(json.byProcess).toEqual(naiveProcesses(done, done, lasted));
}

test.each(matchable)('$name agrees with a naive count of its pairs', async ({ iocb, ioev }) => {
  const sides = [bytesOf(iocb), bytesOf(ioev)] as const;
  const json = await matched(sides);
  expectOrder(json);
  expectNaive(json, await pairsOf(...sides));
});

test('polls that wait are not in the latency and the depth of the disk', async () => {
  const { io, latencyNs, depth } = await matched(sidesOf(POLLS));
  expect(io).toMatchObject({ count: 4000, latencyNs: { p50: '90000', p99: '90000' } });
  expect(io.depth).toEqual({ max: 1, mean: expect.closeTo(0.09, 2) });
  expect(Number(latencyNs?.p99)).toBeGreaterThan(1e9);
  expect(depth?.max).toBeGreaterThan(200);
  const text = await printedHere(['match', ...POLLS]);
  expect(text).toContain('depth    up to 1 read or write in flight, 0.1 on average\n');
  expect(text).toContain(
    'latency  of 4,000 reads and writes that succeeded, ' +
      'from the time of the submission to that of the completion\n' +
      '         p50 90 µs, p99 90 µs, p99.9 90 µs (±0.8 %), min 90 µs, max 90 µs\n' +
      '         left out: 440 polls that waited for events, p50 1.3 s\n',
  );
});

test('writes that fail at once do not make writes look fast', async () => {
  const { io, byProcess, errors } = await matched(sidesOf(NOWAIT));
  expect(io).toMatchObject({ count: 5000, latencyNs: { max: '892000' } });
  expect(byProcess).toMatchObject([
    { direction: 'read', matched: 4003, succeeded: 4000, errors: 3 },
    {
      ...{ direction: 'write', matched: 2000, succeeded: 1000, errors: 1000 },
      latencyNs: { min: '892000', p50: '892000', p99: '892000', max: '892000' },
    },
  ]);
  expect(errors).toMatchObject([
    { opcode: 0, name: 'EIO', count: 3, nowait: false },
    { opcode: 1, name: 'EAGAIN', count: 1000, nowait: true },
  ]);
  const text = await printedHere(['match', ...NOWAIT]);
  expect(text).toMatch(/errors +3 requests failed \(<0.1 %\): EIO\n +1,000 EAGAIN of RWF_NOWAIT/);
  expect(text).not.toMatch(/normal|expected/);
  const rows = /by opcode\n(.*\n)*?\n/.exec(text)?.[0].split('\n').slice(2, 6);
  expect(rows?.map((row) => row.trim().split(/ {2,}/).slice(0, 2))).toEqual([
    ['PREAD failed', '3'],
    ['PWRITE failed', '1,000'],
    ['PREAD', '4,000'],
    ['PWRITE', '1,000'],
  ]);
});

const opcodesOf = async (files: readonly string[], options: MatchOptions) => {
  const { slowest = [] } = await matched(sidesOf(files), { ...options, slowest: 6 });
  return slowest.map(({ submission }) => submission['aio_lio_opcode']);
};

test('the slowest are reads and writes that succeeded, unless there are conditions or none', async () => {
  const READ = 0;
  const POLL = 5;
  expect(await opcodesOf(POLLS, {})).toEqual(new Array(6).fill(READ));
  expect(await opcodesOf(POLLS, { where: 'latency>0' })).toEqual(new Array(6).fill(POLL));
  expect(await opcodesOf(NOWAIT, { where: 'res<0' })).toEqual([0, 0, 0, 1, 1, 1]);
  const sides = sidesOf(POLLS);
  const polls = sides[0].filter((_, at) => sides[0][at - (at % 88) + 24 + 16] === POLL);
  const json = await matched([polls, sides[1]], { slowest: 3 });
  expect(json.io).toMatchObject({ count: 0, depth: { max: 0, mean: 0 } });
  expect(json.slowest?.map(({ latencyNs }) => latencyNs)[0]).toBe(json.latencyNs?.max);
});

test('by counting there are counts, but no latencies and no depth', async () => {
  const { io, byProcess, byOpcode } = await matched(sidesOf(NOWAIT), { order: 'counting' });
  expect(io).toEqual({ count: 5000, latencyNs: null, depth: null, latencies: [] });
  expect(byProcess.every(({ latencyNs, meanDepth }) => latencyNs === null && meanDepth === null));
  expect(byOpcode.map(({ succeeded, failed }) => [succeeded.count, failed.count])).toEqual([
    [4000, 3],
    [1000, 1000],
  ]);
});

/** Requests of many processes, on many descriptors, some of which fail. */
function processes(count: number, descriptors: number, requests: number): Sides {
  const { below } = random(count);
  const rows = Array.from({ length: requests }, (_, i) => ({
    ts: 1_000_000n + 1000n * BigInt(i),
    pid: 5 + 3 * ((i * 7919) % count),
    opcode: [0, 1, 1, 3, 5, 7, 8][below(7)],
    fd: below(descriptors),
    latency: BigInt(100 + below(1e6)),
    res: [512n, 512n, 0n, -11n, -5n][below(5)],
  }));
  const at = (i: number) => 4096n + 64n * BigInt(i);
  const submissions = rows.map(({ ts, pid, opcode, fd }, i) => ({
    ...{ ts, pid, addr: at(i), tid: pid, aio_data: 1n, aio_nbytes: 512n },
    ...{ aio_lio_opcode: opcode, aio_fildes: fd },
  }));
  const completions = rows
    .map(({ ts, pid, latency, res }, i) => ({
      ...{ ts: ts + latency, addr: at(i), pid, tid: pid, data: 1n, obj: at(i), res },
    }))
    .sort((a, b) => Number(a.ts - b.ts));
  return [
    encode(submissions, { kind: 'iocb', layout: 'traced' }),
    encode(completions, { kind: 'io_event', layout: 'traced' }),
  ];
}

test.each([
  { count: 3, descriptors: 200, requests: 6000 },
  { count: 90, descriptors: 4, requests: 6000 },
  { count: 300, descriptors: 30, requests: 9000 },
])('$count processes with $descriptors descriptors', async ({ count, descriptors, requests }) => {
  const sides = processes(count, descriptors, requests);
  const json = await matched(sides);
  expectOrder(json);
  const pids = [...new Set(json.byProcess.map(({ pid }) => pid))];
  expect(pids).toHaveLength(count);
  for (const [row, { latencyNs, succeeded }] of json.byProcess.entries())
    expect(latencyNs?.p50 !== null).toBe(row < 3 * 64 && succeeded > 0);
  const first = new Set(pids.slice(0, 64));
  const done = (await pairsOf(...sides)).map(doneOf);
  const lasted = BigInt(json.time?.to ?? 0) - BigInt(json.time?.from ?? 0);
  const naive = naiveProcesses(done, done, lasted).filter(({ pid }) => first.has(pid));
  expect(json.byProcess.filter(({ pid }) => first.has(pid))).toEqual(naive);
});

test('processes beyond the cap are one row', async () => {
  const json = await matched(processes(2500, 2, 20_000));
  const { byProcess, otherProcesses } = json;
  expect(byProcess).toHaveLength(4096);
  const rows = [...byProcess, otherProcesses];
  expect(rows.reduce((total, row) => total + (row?.matched ?? 0), 0)).toBe(json.matched);
  expect(rows.reduce((total, row) => total + (row?.errors ?? 0), 0)).toBe(
    json.errors.reduce((total, { count }) => total + count, 0),
  );
  expect(otherProcesses?.latencyNs?.p50).toBe(null);
});
