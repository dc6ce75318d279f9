// What do the times of records say about batches: one per call, one per record, or too little?
import { expect, test } from 'vitest';
import { CallGaps } from '../src/analysis/report/call-gaps.ts';
import { type BatchJson, encode, type ReportJson, report } from '../src/index.ts';
import { batchItems } from '../src/words/report-batches.ts';

/** A call of a thread, with the times of its records. */
type Call = readonly [tid: number, times: readonly number[]];

const encoded = (calls: readonly Call[], kind: 'iocb' | 'io_event'): Uint8Array => {
  const records = calls.flatMap(([tid, times]) =>
    times.map((ts) => ({ ts: BigInt(ts), tid, pid: 7, addr: 64n, obj: 64n, aio_nbytes: 512n })),
  );
  return encode(
    records.map(({ obj, aio_nbytes, ...envelope }) =>
      kind === 'iocb' ? { ...envelope, aio_nbytes } : { ...envelope, obj },
    ),
    { kind, layout: 'traced' },
  );
};

const reported = (calls: readonly Call[], kind: 'iocb' | 'io_event') =>
  report(encoded(calls, kind), { kind, layout: 'traced' });

/** The batches of submissions. */
async function submitted(calls: readonly Call[]): Promise<BatchJson | undefined> {
  return (await reported(calls, 'iocb')).toJSON().batches?.submitted;
}

const wordsOf = (batches: ReportJson['batches']): string[] =>
  batchItems(batches ?? {}).map(({ name, text }) => `${name}: ${text}`);

const START = 5_000_000_123;

/** Calls of one thread, `pause` apart, whose records are `gap` apart. */
const calls = (sizes: readonly number[], gap: number, pause: number, tid = 9): Call[] => {
  let ts = START;
  return sizes.map((size) => {
    const times = Array.from({ length: size }, (_, i) => ts + i * gap);
    ts += (size - 1) * gap + pause;
    return [tid, times];
  });
};
const repeated = (sizes: readonly number[], times: number): number[] =>
  Array.from({ length: times }, () => sizes).flat();

test('one time per call: sizes are exact, also where the records of threads alternate', async () => {
  const sizes = repeated([4, 1, 7], 50);
  const batch = await submitted(calls(sizes, 0, 90_123));
  expect(batch).toMatchObject({ mean: 4, max: 7, known: true, low: 4, high: 4, from: 'stamps' });
  expect(batch?.percentiles).toMatchObject({ p50: 4, p90: 7, errorMax: 0 });
  expect(wordsOf({ ...(batch && { submitted: batch }) })).toEqual([
    'submitted: in batches of 4 on average (p50 4, up to 7)',
  ]);
  const [first, second] = [calls(sizes, 0, 90_123, 1), calls(sizes, 0, 90_123, 2)];
  const alternating = first.flatMap(([tid, times], i): Call[] =>
    times.flatMap((ts, at) => [
      [tid, [ts]],
      [second[i][0], [second[i][1][at]]],
    ]),
  );
  expect(await submitted(alternating)).toEqual(batch);
});

test('one time per record: the pauses between calls tell, whatever the tracer takes', async () => {
  for (const gap of [180, 900, 2500]) {
    const batch = await submitted(calls(repeated([4, 1, 7], 50), gap, 900_000));
    expect(batch).toMatchObject({ mean: 4, max: 7, known: true, from: 'gaps' });
    expect(batch?.percentiles).toBeUndefined();
  }
  const one = await submitted(calls(repeated([1], 50), 0, 90_123));
  expect(one).toMatchObject({ mean: 1, max: 1, known: true });
  expect(wordsOf({ ...(one && { submitted: one }) })).toEqual(['submitted: one at a time']);
});

test('"one at a time" is not said where a slow tracer may part what one call submitted', async () => {
  const slow = await submitted(calls(repeated([8], 50), 9000, 900_000));
  expect(slow).toEqual({
    ...{ mean: null, max: null, known: false, low: 1, high: 400, from: 'gaps' },
  });
  expect(wordsOf({ ...(slow && { submitted: slow }) })).toEqual([
    'submitted: how many at a time cannot be told (1 to 400 per call)',
  ]);
});

test.each([
  ['a clock that steps every 4 ms', calls(repeated([8], 50), 0, 4_000_000)],
  ['a clock that never advances', calls([129], 0, 0)],
  ['microseconds', calls(repeated([8], 50), 1, 20)],
])('%s tells no calls apart', async (_, [first, ...others]) => {
  const rounded = [first, ...others].map(
    ([tid, times]): Call => [tid, times.map((ts) => ts - START)],
  );
  expect(await submitted(rounded)).toMatchObject({ mean: null, known: false, low: 1 });
});

test('records of no thread show no calls', async () => {
  expect(await submitted(calls([4, 4], 0, 90_123, 0))).toBeUndefined();
  const bare = await report(encode([{ aio_nbytes: 1n }], { kind: 'iocb' }), { kind: 'iocb' });
  expect(bare.toJSON().batches).toBeUndefined();
  const times = encode([{ ts: 5n, aio_nbytes: 1n }], { kind: 'iocb', layout: 'ts' });
  const alone = await report(times, { kind: 'iocb', layout: 'ts' });
  expect(alone.toJSON().batches).toBeUndefined();
});

test('a record of the other stream ends a call, however short the pause', async () => {
  const submissions = calls(repeated([3], 60), 200, 2_000);
  // Two completions of each, at once after it was submitted, by the same thread.
  const completions = submissions.map(
    ([tid, times]): Call => [tid, [times[2] + 300, times[2] + 500]],
  );
  const both = await report(encoded(submissions, 'iocb'), encoded(completions, 'io_event'), {
    submissions: { layout: 'traced', endian: 'little' },
    completions: { layout: 'traced', endian: 'little' },
  });
  const { batches } = both.toJSON();
  expect(batches?.submitted).toMatchObject({ mean: 3, max: 3, known: true, high: 3 });
  expect(batches?.reaped).toMatchObject({ mean: 2, max: 2, known: true, high: 2 });
  expect(wordsOf(batches)).toEqual(['submitted: in batches of 3', 'reaped: in batches of 2']);
});

test('large batches between which a pause was perhaps within a call are a range', async () => {
  // In 9 of 20 calls, pauses of all lengths from 0.5 to 512 µs: no threshold is a plateau.
  const pauses = Array.from({ length: 90 }, (_, i) => Math.round(500 * 2 ** ((i + 0.5) / 9)));
  let ts = START;
  const submissions: Call[] = [];
  const completions: Call[] = [];
  for (let call = 0; call < 200; call++) {
    const pause = pauses[call] ?? 250;
    submissions.push([9, Array.from({ length: 12 }, (_, i) => (ts += i === 6 ? pause : 250))]);
    ts += 400;
    completions.push([9, [ts]]);
  }
  const both = await report(encoded(submissions, 'iocb'), encoded(completions, 'io_event'), {
    submissions: { layout: 'traced', endian: 'little' },
    completions: { layout: 'traced', endian: 'little' },
  });
  const { submitted: batch } = both.toJSON().batches ?? {};
  expect(batch).toMatchObject({ mean: null, max: null, known: false, high: 12 });
  expect(batch?.low).toBeCloseTo(9, 0);
  expect(wordsOf({ ...(batch && { submitted: batch }) })).toEqual([
    'submitted: in batches of 9 to 12 on average',
  ]);
});

test('threads beyond the first 4,096 are left out, and the others are still exact', async () => {
  const many = Array.from({ length: 5000 }, (_, i): Call => [i + 1, [START, START]]);
  const again = many.map(([tid]): Call => [tid, [START + 77_777]]);
  expect(await submitted([...many, ...again])).toMatchObject({ mean: 1.5, max: 2, known: true });
});

test('a clock of 10 µs is coarse, however long the pauses: years are exact too', () => {
  for (const [pause, isFine] of [
    [10_000n, false],
    [10_000n * (2n ** 49n + 1n), false],
    [10_000n * 2n ** 49n + 10_001n, true],
  ] as const) {
    const [whole, part] = [new CallGaps(), new CallGaps()];
    for (const [gaps, times] of [
      [whole, [5n, 5n, 5n + pause]],
      [part, [5n + pause]],
    ] as const)
      for (const ts of times) gaps.add(9, Number(ts & 0xffffffffn), Number(ts >> 32n), false);
    expect(whole.isFine).toBe(isFine);
    const first = new CallGaps();
    first.add(9, 5, 0, false);
    first.merge(part);
    expect(first.isFine).toBe(isFine);
  }
});
