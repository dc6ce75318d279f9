// Does matching find the pairs of each capture's ground truth, and those of records made by hand?
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matchPairs } from '../src/analysis/match/pairs.ts';
import { decode, encode, match } from '../src/node.ts';
import { bytesOf, captures, chunked, truthOf } from './support/captures.ts';

interface Truth {
  readonly match_by_time: Readonly<
    Record<
      'matched' | 'data_equal' | 'events_unmatched' | 'submits_unmatched' | 'submit_on_open_ptr',
      number
    >
  > &
    Readonly<Record<'latency_ns_min' | 'latency_ns_max' | 'latency_ns_sum', string>>;
}

interface Calls {
  readonly rejected_record_indexes: readonly number[];
  readonly match_kth_accepted_only: {
    readonly matched: number;
    readonly completions_overtaken: number;
  };
  readonly ts_goes_back: { readonly iocb88: number; readonly ioev56: number };
}

const found = (path: string): string | undefined =>
  [path, `${path}.gz`].find((candidate) => existsSync(candidate));
const pairs = captures.flatMap(({ folder, name }) => {
  const [submissions, completions] = [
    found(join(folder, `${name}.iocb88`)),
    found(join(folder, `${name}.ioev56`)),
  ];
  return submissions === undefined || completions === undefined
    ? []
    : [{ folder, name, submissions, completions }];
});

test('there are captures of both sides', () => {
  expect(pairs.length).toBeGreaterThanOrEqual(9);
});

describe.each(pairs)('$name', ({ folder, name, submissions, completions }) => {
  const { match_by_time: truth } = truthOf<Truth>(join(folder, `${name}.gt.json`));
  const calls = truthOf<Calls>(join(folder, `${name}.calls.json`));
  const refused = calls.rejected_record_indexes;

  // With half a million records, JavaScript or each pair would take ten seconds.
  const isLarge = truth.matched > 100_000;
  const engines = isLarge ? (['wasm-simd'] as const) : (['wasm-simd', 'js'] as const);
  test.each(engines)('%s agrees with the ground truth', async (engine) => {
    const json = (await match(submissions, completions, { engine })).toJSON();
    expect(json.engine).toBe(engine);
    if (truth.data_equal !== truth.matched)
      return expect(json.matched).toBe(calls.match_kth_accepted_only.matched);
    expect(json).toMatchObject({
      matched: truth.matched,
      unmatchedCompletions: truth.events_unmatched,
      unmatchedSubmissions: truth.submits_unmatched,
      latencyNs: {
        min: truth.latency_ns_min,
        max: truth.latency_ns_max,
        sum: truth.latency_ns_sum,
      },
      negativeLatency: 0,
      evicted: 0,
    });
    // The ground truth opens every record; what Linux refuses on sight is never open here.
    if (json.unmatched.refusedByRules === 0)
      expect(json.reuse.concurrent).toBe(truth.submit_on_open_ptr);
    else expect(json.reuse.concurrent).toBeLessThan(truth.submit_on_open_ptr);
  });

  test('is exact without refused submissions, with the overtaken of the ground truth', async () => {
    const json = (await match(submissions, completions, { refused })).toJSON();
    expect(json).toMatchObject({
      matched: calls.match_kth_accepted_only.matched,
      refused: refused.length,
    });
    // Where time steps back between threads, the order of time is not that of the file.
    if (calls.ts_goes_back.iocb88 + calls.ts_goes_back.ioev56 > 0) return;
    expect(json.order?.late).toBe(calls.match_kth_accepted_only.completions_overtaken);
  });

  if (isLarge) return;
  test('the records of a pair have the same process, address and data', async () => {
    const requests = decode(bytesOf(submissions), { kind: 'iocb', layout: 'traced' }).columns;
    const results = decode(bytesOf(completions), { kind: 'io_event', layout: 'traced' }).columns;
    let count = 0;
    let wrong = 0;
    for await (const { columns, length } of matchPairs(submissions, completions, { refused })) {
      for (let i = 0; i < length; i++) {
        const [a, b] = [
          Number(columns['submissionIndex'][i]),
          Number(columns['completionIndex'][i]),
        ];
        const isPair =
          requests['pid'][a] === results['pid'][b] &&
          requests['addr'][a] === results.obj[b] &&
          requests.aio_data[a] === results.data[b];
        const isTold =
          columns['res'][i] === results.res[b] &&
          columns['latencyNs'][i] === (results['ts'][b] as bigint) - (requests['ts'][a] as bigint);
        if (
          !isPair ||
          !isTold ||
          columns.aio_offset[i] !== requests.aio_offset[a] ||
          columns.ts?.[i] !== requests['ts'][a]
        )
          wrong += 1;
      }
      count += length;
    }
    expect({ count, wrong }).toEqual({ count: calls.match_kth_accepted_only.matched, wrong: 0 });
  });
});

const [capture] = pairs.filter(({ name }) => name === 'case_sync');

test('the result has the documented fields', async () => {
  const json = (await match(capture.submissions, capture.completions)).toJSON();
  const latency = ['max', 'min', 'p50', 'p90', 'p99', 'p999', 'p9999', 'sum'];
  const sorted = (value: object | null) => Object.keys(value ?? {}).sort();
  expect(sorted(json.latencyNs)).toEqual(latency);
  expect(sorted(json.byOpcode[0])).toEqual([
    ...['bytesMoved', 'errors', 'failed', 'latencyNs', 'matched', 'name', 'opcode', 'short'],
    'succeeded',
  ]);
  expect(sorted(json.io)).toEqual(['count', 'depth', 'latencies', 'latencyNs']);
  expect(sorted(json.open)).toEqual(['byFd', 'count', 'hung', 'oldestNs']);
  expect(sorted(json.byFd[0])).toEqual([
    'bytesMoved',
    'errors',
    'fd',
    'fsync',
    'latencyNs',
    'matched',
    'pid',
    'short',
  ]);
  expect(sorted(json.depth)).toEqual(['histogram', 'max', 'mean']);
  expect(sorted(json.quality)).toEqual(
    [
      'records',
      'tornBytes',
      'unmatchedCompletions',
      'unmatchedSubmissions',
      'orphans',
      'superseded',
      'secondPairs',
      'silences',
      'counted',
      'lostSubmissions',
      'lostCompletions',
      'expectedFalsePairs',
      'repeated',
      'negativeLatency',
      'ambiguous',
      'evicted',
    ].sort(),
  );
  expect(json.fsync).toEqual({ count: 241, overtaking: 240, writesInFlight: 240 });
});

test('the size of chunks does not matter', async () => {
  const whole = (await match(capture.submissions, capture.completions)).toJSON();
  const parts = (
    await match(chunked(bytesOf(capture.submissions)), chunked(bytesOf(capture.completions)))
  ).toJSON();
  expect({ ...parts, inputs: [] }).toEqual({ ...whole, inputs: [] });
});

test('adjacent ranges of time have every record once', async () => {
  const { time } = (await match(capture.submissions, capture.completions)).toJSON();
  const middle = (BigInt(time?.from ?? 0) + BigInt(time?.to ?? 0)) / 2n;
  const parts = [
    (await match(capture.submissions, capture.completions, { to: middle })).toJSON(),
    (await match(capture.submissions, capture.completions, { from: middle })).toJSON(),
  ];
  const seen = parts.reduce(
    (sum, { matched, unmatchedCompletions, unmatchedSubmissions }) =>
      sum + 2 * matched + unmatchedCompletions + unmatchedSubmissions,
    0,
  );
  expect(seen).toBe(486 + 480);
});

test('the slowest pairs come with both records, the slowest first', async () => {
  const slowest =
    (await match(capture.submissions, capture.completions, { slowest: 3 })).toJSON().slowest ?? [];
  const all: bigint[] = [];
  // Of reads and writes that succeeded.
  for await (const batch of matchPairs(capture.submissions, capture.completions))
    for (const { aio_lio_opcode: opcode, res, latencyNs } of batch)
      if ([0, 1, 7, 8].includes(Number(opcode)) && BigInt(res) >= 0n) all.push(BigInt(latencyNs));
  const expected = all.sort((a, b) => Number(b - a)).slice(0, 3);
  expect(slowest.map(({ latencyNs }) => BigInt(latencyNs))).toEqual(expected);
  const requests = decode(bytesOf(capture.submissions), { kind: 'iocb', layout: 'traced' });
  const [first] = slowest;
  expect(first.submission).toMatchObject({
    aio_offset: `${requests.at(first.submissionIndex)?.aio_offset}`,
    pid: requests.at(0)?.['pid'],
  });
  expect(BigInt(first.completion.ts) - BigInt(first.submission['ts'] ?? 0)).toBe(
    BigInt(first.latencyNs),
  );
});

const at = (ts: bigint, aio_data = 0n, addr = 64n) => ({ ts, addr, aio_data, aio_nbytes: 1n });
/** Each has another `res2`, so that none repeats the one before it. */
const done = (ts: bigint, data = 0n, obj = 64n) => ({ ts, data, obj, res: 1n, res2: ts });
const run = async (submissions: object[], completions: object[]) =>
  (
    await match(
      encode(submissions as never, { kind: 'iocb', layout: 'ts-addr' }),
      encode(completions as never, { kind: 'io_event', layout: 'ts' }),
      {
        submissions: { layout: 'ts-addr', endian: 'little' },
        completions: { layout: 'ts', endian: 'little' },
      },
    )
  ).toJSON();

describe('by hand', () => {
  test('a completion before its submission has a negative latency', async () => {
    const json = await run([at(1000n)], [done(900n)]);
    expect(json).toMatchObject({
      matched: 1,
      negativeLatency: 1,
      unmatchedCompletions: 0,
      latencyNs: { min: '-100', max: '-100', sum: '-100' },
    });
  });

  test('a completion from before the capture does not take the next submission', async () => {
    const json = await run([at(1000n), at(3000n)], [done(900n), done(2000n), done(4000n)]);
    expect(json).toMatchObject({
      matched: 2,
      begunBefore: 1,
      unmatchedCompletions: 1,
      negativeLatency: 0,
      latencyNs: { sum: '2000' },
    });
  });

  test('a completion belongs to the second of two equal submissions: the first was refused', async () => {
    const json = await run([at(1000n), at(1100n)], [done(1200n)]);
    expect(json).toMatchObject({
      matched: 1,
      unmatched: { refusedRetried: 1 },
      ambiguous: 1,
      latencyNs: { sum: '100' },
      depth: { max: 2 },
    });
  });

  test('a submission that was set aside ends when its iocb is submitted again', async () => {
    const json = await run(
      [at(1000n), at(1100n), at(1300n)],
      [done(1200n), done(1400n), done(1500n)],
    );
    expect(json).toMatchObject({
      matched: 2,
      unmatched: { refusedOrLost: 1 },
      unmatchedCompletions: 1,
      latencyNs: { sum: '200' },
      quality: { secondPairs: 0, orphans: 1, lostSubmissions: 2 / 3 },
    });
  });

  test('requests that are in flight twice are second pairs', async () => {
    const json = await run([at(1000n), at(1100n)], [done(1200n), done(1300n)]);
    expect(json).toMatchObject({
      matched: 2,
      unmatchedCompletions: 0,
      latencyNs: { sum: '400' },
      quality: { secondPairs: 1, counted: { secondPairs: true } },
    });
  });

  test('second pairs are no pairs once many completions have no submission', async () => {
    const orphans = [done(2000n), done(2100n)];
    const json = await run([at(1000n), at(1100n)], [done(1200n), done(1300n), ...orphans]);
    expect(json).toMatchObject({
      matched: 1,
      unmatchedCompletions: 3,
      latencyNs: { sum: '100' },
      quality: { secondPairs: 1, orphans: 2, counted: { secondPairs: false } },
    });
  });

  test('a completion more than 20 µs before a submission is not its own, nor an untagged one after a loss', async () => {
    const far = await run([at(30_000n)], [done(9_999n)]);
    expect(far).toMatchObject({ matched: 0, begunBefore: 1 });
    const lost = [at(1000n), at(50_000n)];
    const json = await run(lost, [done(1100n), done(1200n), done(49_000n), done(51_000n)]);
    expect(json).toMatchObject({ matched: 2, negativeLatency: 0, unmatchedCompletions: 2 });
  });

  test('two submissions at one address are distinguished by their data', async () => {
    const json = await run(
      [at(1000n, 1n), at(1100n, 2n)],
      [done(1200n, 1n), done(1300n, 2n), done(1400n, 3n)],
    );
    expect(json).toMatchObject({
      matched: 2,
      unmatchedSubmissions: 0,
      ambiguous: 0,
      unmatchedCompletions: 1,
      dataMismatch: 0,
      depth: { max: 2 },
    });
  });

  test('the order of completion when a flush completes last', async () => {
    const submissions = Array.from({ length: 7 }, (_, i) =>
      at(BigInt(1000 + i), 0n, BigInt(64 * (i + 1))),
    );
    const completions = [0, 1, 3, 4, 5, 6, 2].map((i, turn) =>
      done(BigInt(2000 + turn), 0n, BigInt(64 * (i + 1))),
    );
    expect((await run(submissions, completions)).order).toMatchObject({
      inOrder: 3,
      overtaken: 4,
      spanMax: 4,
      late: 1,
    });
  });

  test('one address has up to 4,096 submissions in flight; beyond, the oldest are evicted', async () => {
    const submissions = Array.from({ length: 5000 }, (_, i) => at(BigInt(1000 + i), BigInt(i)));
    const json = await run(submissions, [done(9000n, 903n), done(9001n, 904n), done(9002n, 4999n)]);
    expect(json).toMatchObject({
      matched: 2,
      evicted: 904,
      unmatchedCompletions: 1,
      dataMismatch: 1,
    });
  });

  test('up to 131,072 submissions are in flight; beyond, the oldest are evicted', async () => {
    const submissions = Array.from({ length: 131_080 }, (_, i) =>
      at(BigInt(1000 + i), 0n, BigInt(64 * (i + 1))),
    );
    const json = await run(submissions, [
      done(10n ** 6n, 0n, 64n * 8n),
      done(10n ** 6n, 0n, 64n * 9n),
    ]);
    expect(json).toMatchObject({ matched: 1, evicted: 8, depth: { max: 131_072 } });
  });
});
