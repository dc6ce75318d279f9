// Does matching agree with a naive search through arrays, on random and hostile records?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchWithin } from '../src/analysis/match/match.ts';
import { matchPairsWithin } from '../src/analysis/match/pairs.ts';
import { encode } from '../src/node.ts';
import { naiveEnds, naiveIo, naiveIoMax, naiveIoMean, naiveProcesses } from './naive/io.ts';
import {
  type NaiveCompletion,
  type NaiveOptions,
  type NaivePair,
  type NaiveSubmission,
  naiveMatch,
} from './naive/match.ts';
import { naiveErrors, naiveGroup, naiveLatency, naiveShort } from './naive/pair-figures.ts';
import { runs } from './support/runs.ts';

const SUBMISSIONS = 'ts:u64,addr:u64,pid:u32,ctx:u64,ret:i32,record';
const COMPLETIONS = 'ts:u64,pid:u32,ctx:u64,record';
const PLAIN = 'ts:u64,addr:u64,pid:u32,record';

/** Encodes the records, and returns them with options for `match`. */
function sides(
  submissions: readonly NaiveSubmission[],
  completions: readonly NaiveCompletion[],
  options: NaiveOptions,
) {
  const layout = options.withRet || options.withContext ? SUBMISSIONS : PLAIN;
  const ofCompletions = options.withContext ? COMPLETIONS : 'ts:u64,pid:u32,record';
  const withRet = submissions.map((each) => (options.withRet ? each : { ...each, ret: 0 }));
  const plain = (each: NaiveSubmission) => {
    const { ctx: _, ret: __, ...rest } = each;
    return rest;
  };
  const event = ({ ctx, ...rest }: NaiveCompletion) =>
    options.withContext ? { ctx, ...rest } : rest;
  return {
    bytes: [
      encode(layout === PLAIN ? withRet.map(plain) : withRet.map((each) => ({ ...each })), {
        kind: 'iocb',
        layout,
      }),
      encode(completions.map(event), { kind: 'io_event', layout: ofCompletions }),
    ] as const,
    options: {
      submissions: { layout, endian: 'little' as const },
      completions: { layout: ofCompletions, endian: 'little' as const },
      // Alternate engines.
      engine: submissions.length % 2 === 0 ? ('js' as const) : ('wasm-simd' as const),
      ...options,
    },
  };
}

async function pairsOf(source: ReturnType<typeof sides>) {
  const pairs: (NaivePair & { readonly depth: number })[] = [];
  for await (const batch of matchPairsWithin(
    ...source.bytes,
    source.options,
    source.options.openMax,
  )) {
    for (const pair of batch) {
      const [submission, completion] = [
        Number(pair['submissionIndex']),
        Number(pair['completionIndex']),
      ];
      pairs.push({
        submission,
        completion,
        latency: pair['latencyNs'] as bigint,
        span: Number(pair['span']),
        overtook: Number(pair['overtook']),
        doubt: Number(pair['doubt']),
        depth: Number(pair['depth']),
      });
    }
  }
  return pairs;
}

/** Returns the number of silences in which records were lost. */
async function agree(
  submissions: readonly NaiveSubmission[],
  completions: readonly NaiveCompletion[],
  options: NaiveOptions = {},
) {
  const naive = naiveMatch(submissions, completions, options);
  const source = sides(submissions, completions, options);
  const json = (await matchWithin(...source.bytes, source.options, options.openMax)).toJSON();
  const { done } = naive;
  const byKey = <K extends string>(key: (pair: (typeof done)[number]) => K) =>
    [...new Set(done.map(key))].map((each) => done.filter((pair) => key(pair) === each));
  const negative = naive.measured.filter(({ latency }) => latency < 0n).length;
  expect(json).toMatchObject({
    matched: done.length,
    unmatchedCompletions: naive.unmatchedCompletions,
    unmatchedSubmissions: naive.submissions - done.length,
    unmatched: naive.unmatched,
    dataMismatch: naive.dataMismatch,
    ambiguous: naive.ambiguous,
    negativeLatency: negative,
    evicted: naive.evicted,
    refused: naive.refused,
    latencyNs: naiveLatency(naive.measured.map(({ latency }) => latency)),
    order: {
      inOrder: naive.ordered.filter(({ span }) => span === 0).length,
      overtaken: naive.ordered.filter(({ span }) => span > 0).length,
      spanMax: Math.max(0, ...naive.ordered.map(({ span }) => span)),
    },
    short: naiveShort(done),
    fsync: naive.fsync,
  });
  expect(json.errors.map(({ name: _, ...error }) => error)).toEqual(naiveErrors(done));
  const completed = json.byOpcode.filter(({ matched }) => matched > 0);
  expect(completed.map(({ name: _, opcode: __, ...group }) => group)).toEqual(
    byKey(({ open }) => `${open.aio_lio_opcode}`)
      .sort((a, b) => a[0].open.aio_lio_opcode - b[0].open.aio_lio_opcode)
      .map((pairs) => ({ ...naiveGroup(pairs), ...naiveEnds(pairs, naive.measured) })),
  );
  expect(json.io).toMatchObject({
    ...naiveIo(done, naive.measured),
    depth: {
      max: naiveIoMax(naive.opcodesInFlight),
      mean: naiveIoMean(naive.measured, naive.lasted),
    },
  });
  expect(json.byProcess).toEqual(naiveProcesses(done, naive.measured, naive.lasted));
  expect(
    json.byFd
      .filter(({ matched }) => matched > 0)
      .map(({ pid: _, fd: __, fsync: ___, ...group }) => group),
  ).toEqual(
    byKey(({ open }) => `${open.pid}/${open.aio_fildes}`)
      .sort(
        ([{ open: a }], [{ open: b }]) =>
          a.pid - b.pid || (a.aio_fildes >>> 0) - (b.aio_fildes >>> 0),
      )
      .map(naiveGroup),
  );
  expect(json.depth?.max).toBe(Math.max(0, ...naive.depths));
  expect(
    json.depth?.histogram.flatMap(({ from, count }) => Array.from({ length: count }, () => from)),
  ).toEqual([...naive.depths].sort((a, b) => a - b));
  expect(json.depth?.mean).toBe(
    naive.lasted === 0n ? null : Number(naive.stayed) / Number(naive.lasted),
  );
  if (options.openMax === undefined) {
    expect(json).toMatchObject({
      begunBefore: naive.begunBefore,
      reuse: {
        concurrent: naive.concurrent,
        addresses: new Set(naive.seen.map(({ key }) => key)).size,
        approximate: false,
      },
    });
  }
  expect(json.quality.silences).toEqual(
    naive.silences
      .filter((silence) => silence.open > 0)
      .map(({ from, to, position: _, ...silence }) => ({
        at: `${from}`,
        lengthNs: `${to - from}`,
        ...silence,
      })),
  );
  expect(json.quality).toMatchObject({
    orphans: naive.orphans,
    secondPairs: naive.secondPairs,
    superseded: naive.superseded,
    counted: { secondPairs: naive.secondPairs > 4 * naive.orphans },
    repeated: { submissions: 0, completions: naive.repeated },
  });
  const plain = naive.emitted.map(({ submission, completion, latency, span, overtook, doubt }) => ({
    submission,
    completion,
    latency,
    span,
    overtook,
    doubt,
    depth: naive.depths[naive.seen.findIndex(({ index }) => index === submission)],
  }));
  const cut = (latency: bigint) =>
    latency > 2n ** 63n - 1n
      ? 2n ** 63n - 1n
      : latency < -(2n ** 63n) + 1n
        ? -(2n ** 63n) + 1n
        : latency;
  expect(await pairsOf(source)).toEqual(
    plain.map((pair) => ({ ...pair, latency: cut(pair.latency) })),
  );
  return naive.silences.filter(({ lost }) => lost).length;
}

/** Equal times, times just within and just beyond the wait of early completions, 64-bit limits. */
const ts = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1000n, max: 1060n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: 20_990n, max: 21_070n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  },
);
const pid = fc.constantFrom(7, 7, 8, 2 ** 32 - 1);
const address = fc.constantFrom(0x1000n, 0x1000n, 0x1040n, 2n ** 64n - 1n);
const data = fc.constantFrom(0n, 0n, 1n, 2n ** 32n);
const ctx = fc.constantFrom(1n, 2n ** 40n);
const submission: fc.Arbitrary<NaiveSubmission> = fc.record({
  ...{ ts, addr: address, pid, ctx, aio_data: data },
  ret: fc.constantFrom(1, 1, 0, -11),
  aio_lio_opcode: fc.constantFrom(0, 1, 1, 2, 3, 5, 7, 8, 9, 4),
  aio_rw_flags: fc.constantFrom(0, 8),
  aio_fildes: fc.constantFrom(3, 3, 4, -1),
  aio_nbytes: fc.constantFrom(0n, 1n, 4096n, 0x7ffff000n, 2n ** 40n),
});
const res = fc.constantFrom(
  0n,
  1n,
  4096n,
  0x7ffff000n,
  -11n,
  -5n,
  -4095n,
  -4096n,
  2n ** 60n,
  -(2n ** 63n),
);
const completion: fc.Arbitrary<NaiveCompletion> = fc.record({
  ts,
  pid,
  ctx,
  data,
  obj: address,
  res,
});
const options: fc.Arbitrary<NaiveOptions> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.record({ refused: fc.array(fc.nat(30), { maxLength: 8 }) }),
  fc.constant({ withRet: true }),
  fc.constant({ withRet: true, withContext: true }),
  fc.record({ from: fc.constantFrom(1010n, 1030n), to: fc.constantFrom(1040n, 21_000n) }),
);

describe('any records', () => {
  test('agree with a naive match', async () => {
    const check = fc.asyncProperty(
      fc.array(submission, { maxLength: 40 }),
      fc.array(completion, { maxLength: 40 }),
      options,
      async (...records) => void (await agree(...records)),
    );
    await fc.assert(check, { seed: 51, numRuns: runs(60) });
  });

  test('agree with few entries', async () => {
    const check = fc.asyncProperty(
      fc.array(submission, { maxLength: 60 }),
      fc.array(completion, { maxLength: 12 }),
      fc.integer({ min: 16, max: 24 }),
      async (a, b, openMax) => void (await agree(a, b.slice(0, 2), { openMax })),
    );
    await fc.assert(check, { seed: 52, numRuns: runs(30) });
  });
});

/** A program with a few slots, each submitted again when done, some refused, in any order. */
const work = fc.record({
  steps: fc.array(
    fc.record({
      slot: fc.nat(5),
      wait: fc.nat(300),
      refused: fc.nat(9),
      late: fc.integer({ min: -20, max: 20 }),
    }),
    {
      maxLength: 120,
    },
  ),
  lost: fc.array(fc.nat(200), { maxLength: 4 }),
  tagged: fc.boolean(),
});

test('programs at work agree with a naive match', async () => {
  const check = fc.asyncProperty(work, async ({ steps, lost, tagged }) => {
    const submissions: NaiveSubmission[] = [];
    const completions: NaiveCompletion[] = [];
    const free = new Map<number, bigint>();
    let now = 1_000_000n;
    for (const [i, { slot, wait, refused, late }] of steps.entries()) {
      const freed = free.get(slot) ?? 0n;
      now = freed > now ? freed + 1n : now + 7n;
      const common = { pid: 7, ctx: 1n };
      const addr = 0x1000n + 64n * BigInt(slot);
      const tag = tagged ? BigInt(i) : 0n;
      const rest = {
        ret: 1,
        aio_lio_opcode: [0, 1, 1, 2][i % 4],
        aio_rw_flags: 0,
        aio_fildes: 3,
        aio_nbytes: 4096n,
      };
      submissions.push({ ...common, ...rest, ts: now + BigInt(late), addr, aio_data: tag });
      if (refused === 0) continue;
      const done = now + BigInt(wait);
      free.set(slot, done);
      completions.push({
        ...common,
        ts: done,
        data: tag,
        obj: addr,
        res: i % 4 === 3 ? 0n : 4096n,
      });
    }
    const kept = completions
      .filter((_, i) => !lost.includes(i))
      .sort((a, b) => Number(a.ts - b.ts));
    await agree(submissions, kept);
  });
  await fc.assert(check, { seed: 53, numRuns: runs(24) });
});

/** A program with a number of slots, of whose capture all records in a range of time are missing. */
const burst = fc.record({
  slots: fc.integer({ min: 1, max: 8 }),
  waits: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 7, maxLength: 7 }),
  missing: fc.integer({ min: 0, max: 60 }),
  isStall: fc.boolean(),
});

test('captures with stalls and bursts of lost records agree with a naive match', async () => {
  let lost = 0;
  const check = fc.asyncProperty(burst, async ({ slots, waits, missing, isStall }) => {
    const submissions: NaiveSubmission[] = [];
    const completions: NaiveCompletion[] = [];
    let now = 1_000_000n;
    for (let i = 0; i < 240; i++) {
      const slot = i % slots;
      now += BigInt(waits[i % 7]);
      if (i === 160) now += 50_000n;
      const isMissing = !isStall && i >= 160 - missing && i < 160;
      const request = { aio_lio_opcode: i % 2, aio_nbytes: 512n * BigInt(i), aio_data: 0n };
      const rest = { ret: 1, aio_rw_flags: 0, aio_fildes: 3, pid: 7, ctx: 1n };
      const addr = 0x1000n + 64n * BigInt(slot);
      const last = completions.findLast(({ obj }) => obj === addr);
      if (last !== undefined && last.ts >= now) now = last.ts + 1n;
      if (!isMissing) submissions.push({ ts: now, addr, ...request, ...rest });
      const done = now + BigInt(waits[(i * 3) % 7] * slots);
      if (!isMissing || i + slots >= 160)
        completions.push({ pid: 7, ctx: 1n, ts: done, data: 0n, obj: addr, res: 512n });
    }
    completions.sort((a, b) => Number(a.ts - b.ts));
    lost += await agree(submissions, completions);
  });
  await fc.assert(check, { seed: 54, numRuns: runs(20) });
  expect(lost).toBeGreaterThan(3);
});

test.each([1n, 2n ** 62n])('a gap at the limit of a silence, from %d', async (begin) => {
  // After 100 records a silence is longer than a fifth of their time: a double cannot tell.
  const fifth = 2n ** 60n + 1n;
  const end = begin + 5n * fifth;
  const submission = (ts: bigint, addr: bigint): NaiveSubmission => ({
    ...{ ts, addr, pid: 7, ctx: 1n, ret: 1, aio_data: 0n, aio_nbytes: 4096n },
    ...{ aio_lio_opcode: 0, aio_rw_flags: 0, aio_fildes: 3 },
  });
  const completion = (ts: bigint, obj: bigint): NaiveCompletion => ({
    ...{ ts, obj, pid: 7, ctx: 1n, data: 0n, res: 4096n },
  });
  // Their number decides which engine it is.
  for (const [longer, more] of [
    [0n, 0],
    [0n, 1],
    [1n, 0],
    [1n, 1],
  ] as const) {
    const submissions = [submission(begin, 0n), submission(end, 1n)];
    const completions = [completion(end + fifth + longer, 1n)];
    for (let i = 1n; i < 99n; i += 2n) {
      completions.push(completion(end - 99n + i, 0n));
      submissions.push(submission(end - 98n + i, 0n));
    }
    if (more === 1) submissions.push(submission(end + fifth + longer + 1n, 2n));
    const byTime = <T extends { ts: bigint }>(records: T[]) =>
      records.sort((a, b) => (a.ts < b.ts ? -1 : 1));
    expect(naiveMatch(byTime(submissions), byTime(completions)).silences).toHaveLength(
      Number(longer),
    );
    await agree(submissions, completions);
  }
});
