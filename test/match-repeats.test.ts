// Are records that a capture has twice told apart from those whose counterpart is missing?
import { expect, test } from 'vitest';
import { encode, type MatchJson, type MatchOptions, match, openPairs } from '../src/node.ts';
import { matchSections } from '../src/words/match.ts';
import { findings } from '../src/words/match-findings.ts';
import { CAPTURES, FORMAT, type Sides, STRIDES, sidesOf } from './support/captured-sides.ts';
import { randomBytes } from './support/events.ts';

const matched = async (sides: Sides, options: MatchOptions = {}): Promise<MatchJson> =>
  (await match(...sides, { ...FORMAT, ...options })).toJSON();
const textsOf = (json: MatchJson): string =>
  findings(json)
    .map(({ name, text }) => `${name}: ${text}`)
    .join('\n');

/** Both sides with some records twice, the second time up to 2 µs later, and others lost. */
const repeated = (sides: Sides, isTwice: (i: number) => boolean, lost = 0): Sides =>
  sides.map((side, s) => {
    const stride = STRIDES[s];
    const later = randomBytes(side.length / stride, 3 + s);
    const records = [...later.keys()].flatMap((i) => {
      const record = side.subarray(i * stride, (i + 1) * stride);
      const copy = Buffer.from(record);
      copy.writeBigUInt64LE(copy.readBigUInt64LE() + 7n * BigInt(later[i]));
      return isTwice(i) ? [record, copy] : [record];
    });
    const random = randomBytes(records.length, 11 + s);
    return Buffer.concat(records.filter((_, i) => random[i] / 256 >= lost));
  }) as Sides;

/** What does not depend on the number and the times of records that were dropped. */
const figures = ({
  inputs: _,
  by: __,
  quality,
  mismatches: ___,
  time: ____,
  ...rest
}: MatchJson) => {
  // Repeated records make the mean interval shorter, and so perhaps a silence of a gap.
  const { records: _r, repeated: _d, tornBytes: _t, silences: _s, ...more } = quality;
  // The last record that repeats another comes after the last of the others: ages count to it.
  const { depth: _m, littlesLaw: _l, open, reuse, io, ...others } = rest;
  const byProcess = others.byProcess.map((row) => ({ ...row, meanDepth: null }));
  const { depth: _i, ...ofIo } = io;
  return {
    ...others,
    byProcess,
    io: ofIo,
    open: open.count,
    reuse: { ...reuse, intervals: [] },
    more,
  };
};

test.each(CAPTURES)(
  '%s: everything twice is found, and dedupe gives the figures of once',
  async (name) => {
    const sides = sidesOf(name);
    const once = await matched(sides);
    expect(once.quality.repeated).toEqual({ submissions: 0, completions: 0 });
    for (const lost of [0, 0.05]) {
      const { mismatches } = await matched(repeated(sides, () => true, lost));
      expect(mismatches).toMatchObject([{ id: 'duplicates' }]);
    }
    const json = await matched(
      repeated(sides, () => true),
      { dedupe: true },
    );
    expect(json.mismatches).toBe(undefined);
    expect(json.by.dedupe).toBe(true);
    expect(json.quality.repeated).toEqual({
      submissions: sides[0].length / 88,
      completions: sides[1].length / 56,
    });
    expect(figures(json)).toEqual(figures(once));
  },
);

test('of what is there twice nothing is printed that counts over time', async () => {
  const json = await matched(repeated(sidesOf('fio_nowait'), () => true));
  expect(textsOf(json)).toMatch(
    /everything was probably recorded twice: [\d.]+ % of .* option dedupe/,
  );
  expect(JSON.stringify(matchSections(json))).not.toMatch(/requests\/s|[\d.,]+ (?:s|ms|µs|ns)\b/);
});

test('dedupe changes nothing where nothing is there twice', async () => {
  for (const name of CAPTURES) {
    const sides = sidesOf(name);
    const json = await matched(sides, { dedupe: true });
    expect(json.quality.repeated).toEqual({ submissions: 0, completions: 0 });
    expect(figures(json)).toEqual(figures(await matched(sides)));
  }
});

test('some completions twice are counted apart, and the rest stays as it is', async () => {
  for (const name of CAPTURES) {
    const sides = sidesOf(name);
    const some = repeated(sides, (i) => i % 50 === 20);
    const twice: Sides = [sides[0], some[1]];
    const once = await matched(sides);
    const json = await matched(twice);
    const count = (twice[1].length - sides[1].length) / 56;
    expect(json.quality.repeated.completions).toBe(count);
    expect(figures(json)).toEqual(figures(once));
    expect(textsOf(json)).toContain('that repeat the one before at their address, not matched');
  }
});

test('a completion at the beginning of a block repeats one in the block before', async () => {
  const submissions = Array.from({ length: 1500 }, (_, i) => ({
    ...at(BigInt(100_000 * i)),
    addr: BigInt(64 * (i + 1)),
  }));
  const completions = submissions.map(({ ts, addr }) => ({ ...done(ts + 50_000n), obj: addr }));
  for (const last of [1022, 1023, 1024]) {
    const twice = completions.toSpliced(last + 1, 0, completions[last]);
    const { quality, unmatchedCompletions } = await run(submissions, twice);
    expect([quality.repeated.completions, unmatchedCompletions]).toEqual([1, 0]);
  }
});

test('pairs are those of once', async () => {
  const sides = sidesOf('case_sync');
  const latencies = async (both: Sides, options: MatchOptions) => {
    const all: bigint[] = [];
    for await (const { columns } of await openPairs(...both, { ...FORMAT, ...options }))
      all.push(...columns.latencyNs);
    return all;
  };
  const twice = repeated(sides, () => true);
  expect(await latencies(twice, { dedupe: true })).toEqual(await latencies(sides, {}));
});

const at = (ts: bigint, aio_data = 0n, tid = 1) => ({ ts, addr: 64n, tid, aio_data });
const done = (ts: bigint, res = 1n, data = 0n) => ({ ts, obj: 64n, res, data });
async function run(submissions: object[], completions: object[], dedupe = false) {
  const [layout, other] = ['ts:u64,addr:u64,tid:u32,record', 'ts'];
  return (
    await match(
      encode(submissions as never, { kind: 'iocb', layout }),
      encode(completions as never, { kind: 'io_event', layout: other }),
      {
        submissions: { layout, endian: 'little' },
        completions: { layout: other, endian: 'little' },
        dedupe,
      },
    )
  ).toJSON();
}

test('a completion repeats another if it is equal and at most 2 µs later', async () => {
  const of = async (...completions: object[]) => {
    const { quality, unmatchedCompletions } = await run([at(1000n)], completions);
    return [quality.repeated.completions, quality.orphans, unmatchedCompletions];
  };
  expect(await of(done(9000n), done(11_000n))).toEqual([1, 0, 0]);
  expect(await of(done(9000n), done(11_001n))).toEqual([0, 1, 1]);
  expect(await of(done(9000n), done(9000n, 2n))).toEqual([0, 1, 1]);
  expect(await of(done(9000n), done(9000n), done(9001n))).toEqual([2, 0, 0]);
});

test('a repeat is dropped if it is equal and soon, of the same thread, with nothing in between', async () => {
  const of = async (submissions: object[], completions: object[]) => {
    const { quality, matched: pairs } = await run(submissions, completions, true);
    return [quality.repeated.submissions, quality.repeated.completions, pairs];
  };
  expect(await of([at(1000n), at(21_000n)], [done(30_000n)])).toEqual([1, 0, 1]);
  expect(await of([at(1000n), at(21_001n)], [done(30_000n)])).toEqual([0, 0, 1]);
  expect(await of([at(1000n), at(1000n, 0n, 2)], [done(30_000n)])).toEqual([0, 0, 1]);
  expect(await of([at(1000n), at(1001n, 1n)], [done(30_000n)])).toEqual([0, 0, 1]);
  expect(await of([at(1000n), at(3000n)], [done(2000n), done(4000n)])).toEqual([0, 0, 2]);
  expect(await of([at(1000n)], [done(9000n), done(14_000n)])).toEqual([0, 1, 1]);
  expect(await of([at(1000n)], [done(9000n), done(14_001n)])).toEqual([0, 0, 1]);
});
