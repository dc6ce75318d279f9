// Does a report equal a naive implementation, for any records, cut anywhere and merged?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BatchJson,
  encode,
  type Kind,
  type Report,
  type ReportJson,
  report,
} from '../../src/index.ts';
import { naiveBatch } from '../naive/batches.ts';
import { naiveCompletionCharts, naiveSubmissionCharts } from '../naive/charts.ts';
import { kindOf, lengthOf } from '../naive/records.ts';
import {
  naiveAlignment,
  naiveDistinct,
  naiveOctaves,
  naiveOpcodes,
  naivePercentile,
  naivePolls,
  naiveVectors,
} from '../naive/report.ts';
import { naiveFlushes, naivePatterns } from '../naive/streams.ts';
import type { Plain } from '../naive/summary.ts';
import { random } from '../support/random.ts';
import { runs } from '../support/runs.ts';

const LAYOUTS = ['record', 'traced'] as const;
type LayoutName = (typeof LAYOUTS)[number];

const bits = (n: bigint) => fc.bigInt({ min: 0n, max: 2n ** n - 1n });
/** Few offsets, so that submissions relate to one another in every way; and the extremes. */
const offset = fc.oneof(
  { weight: 8, arbitrary: bits(4n).map((block) => block * 4096n) },
  bits(24n),
  fc.constantFrom(
    -1n,
    -4096n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    2n ** 46n - 1n,
    2n ** 46n,
    2n ** 53n - 2n ** 32n,
    2n ** 53n,
    2n ** 50n,
  ),
);
const nbytes = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(4096n, 8192n, 512n) },
  bits(20n),
  fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 63n - 1n, 2n ** 64n - 1n, 0x7ffff000n, 0x7ffff001n),
);
const ts = fc.oneof(
  bits(10n).map((step) => 2_000_000_000_000n + step * 1000n),
  fc.constantFrom(0n, 5n, 2n ** 40n, 2n ** 64n - 1n),
);
const envelope = {
  ts,
  addr: bits(5n),
  pid: fc.constantFrom(0n, 7n, 2n ** 32n - 1n),
  tid: fc.constantFrom(7n, 8n),
};
const submission = fc.record({
  ...envelope,
  aio_lio_opcode: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0n, 1n) },
    fc.constantFrom(2n, 2n, 3n, 5n, 7n, 8n, 9n, 65535n),
  ),
  aio_fildes: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(3n, 4n) },
    fc.constantFrom(2n ** 32n - 1n, 5000n),
  ),
  aio_rw_flags: fc.oneof({ weight: 8, arbitrary: fc.constant(0n) }, fc.constantFrom(16n, 8n)),
  aio_buf: fc.oneof(
    bits(8n).map((page) => page << 9n),
    bits(64n),
    fc.constant(0n),
  ),
  aio_nbytes: nbytes,
  aio_offset: offset,
  aio_flags: fc.constantFrom(0n, 0n, 1n, 3n),
  aio_resfd: bits(2n),
});
const completion = fc.record({
  ...envelope,
  data: fc.constant(0n),
  obj: bits(6n),
  res: fc.oneof(
    fc.constantFrom(
      0n,
      512n,
      4096n,
      -5n,
      -5n,
      -11n,
      -4095n,
      -4096n,
      -(2n ** 63n),
      2n ** 63n - 1n,
      0x7ffff000n,
      0x7ffff001n,
    ),
    bits(20n),
  ),
  res2: fc.constant(0n),
});
/** Submissions that continue where the last ended, with a gap or not, in one of a few streams. */
const walk = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 0, max: 60 }),
    fc.constantFrom(0n, 512n, -8192n),
    fc.nat(),
  )
  .map(([streams, length, gap, seed]) => {
    const { below } = random(seed);
    const ends = Array.from({ length: streams }, (_, i) => BigInt(i) << 24n);
    return Array.from({ length }, (): Plain => {
      const at = below(streams);
      const aio_offset = ends[at] + gap < 0n ? 0n : ends[at] + gap;
      ends[at] = aio_offset + 4096n;
      const place = {
        aio_lio_opcode: 0n,
        aio_fildes: 3n,
        aio_rw_flags: 0n,
        aio_flags: 0n,
        aio_resfd: 0n,
        aio_buf: 0n,
      };
      return {
        ...place,
        aio_offset,
        aio_nbytes: 4096n,
        ts: 2n ** 41n + BigInt(below(50)),
        addr: 0n,
        pid: 7n,
        tid: 7n,
      };
    });
  });
const submissions = fc
  .array(fc.oneof({ weight: 2, arbitrary: walk }, fc.array(submission, { maxLength: 40 })), {
    maxLength: 3,
  })
  .map((parts) => parts.flat());
const completions = fc.array(completion, { maxLength: 60 });

/** Records without the fields that the layout lacks. */
const bare = (records: Plain[], layout: LayoutName): Plain[] =>
  layout === 'traced'
    ? records
    : records.map(({ ts: _, addr: _a, pid: _p, tid: _t, ...record }) => record as Plain);
const reported = (
  records: Plain[],
  kind: Kind,
  layout: LayoutName,
  firstIndex = 0,
): Promise<Report> => report(encode(records, { kind, layout }), { kind, layout, firstIndex });

function expectSubmissions(
  { submissions, batches }: ReportJson,
  records: Plain[],
  layout: LayoutName,
): void {
  if (submissions === undefined) throw new Error('no submissions');
  const { patterns, alignment, charts, distinct, sizes, flushes, opcodes, poll } = submissions;
  const naive = naivePatterns(records, layout === 'traced');
  const streams = patterns.streams.map(({ pattern: _, program: _p, ...stream }) => stream);
  expect(streams).toEqual(records.length === 0 ? [] : naive.streams);
  expect(patterns.left).toEqual({ ...naive.left, other: { requests: 0, bytes: '0' } });
  expect(alignment).toEqual(naiveAlignment(records));
  expect(charts).toEqual(naiveSubmissionCharts(records));
  expect(flushes.map(({ program: _, ...descriptor }) => descriptor)).toEqual(
    naiveFlushes(records, layout === 'traced'),
  );
  expect(opcodes.map(({ opcode, requests }) => [opcode, requests])).toEqual(naiveOpcodes(records));
  expect([sizes.readVectors, sizes.writeVectors]).toEqual([
    naiveVectors(records, 2),
    naiveVectors(records, 3),
  ]);
  const polled = records.filter(({ aio_lio_opcode }) => aio_lio_opcode === 5n);
  const masks = polled.map(({ aio_buf }) => aio_buf & 0xffffn);
  expect(poll?.asked.map(({ count }) => count) ?? []).toEqual(naivePolls(masks, []).asked);
  expect(poll?.descriptors.count ?? 0).toBe(naiveDistinct(polled).fds);
  const { fds, blocks, left } = naiveDistinct(records);
  expect([distinct.fds.count, distinct.blocks.count]).toEqual([fds, blocks]);
  expect(distinct.blocks.left).toEqual(left);
  for (const [name, kind] of [
    ['reads', 0],
    ['writes', 1],
  ] as const) {
    expectSizes(sizes[name], records.filter((record) => kindOf(record) === kind).map(lengthOf));
  }
  expectProcesses(sizes, records, layout);
  expectBatch(batches?.submitted, layout === 'traced' ? records : []);
}

function expectSizes(
  sizes: NonNullable<ReportJson['submissions']>['sizes']['reads'],
  lengths: bigint[],
): void {
  if (lengths.length === 0) {
    expect(sizes).toBeUndefined();
    return;
  }
  expect(sizes?.requests).toBe(lengths.length);
  expect(sizes?.octaves).toEqual(naiveOctaves(lengths));
  expect(sizes?.bytes).toBe(`${lengths.reduce((a, b) => a + b, 0n)}`);
  for (const { size, count } of sizes?.common ?? [])
    expect(count).toBe(lengths.filter((length) => length === BigInt(size)).length);
  for (const [name, perMille] of [
    ['p50', 500],
    ['p90', 900],
    ['p99', 990],
    ['p999', 999],
  ] as const) {
    const exact = Number(naivePercentile(lengths, perMille));
    const found = sizes?.percentiles[name] ?? Number.NaN;
    expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * (sizes?.percentiles.errorMax ?? 0));
    expect(found).toBeGreaterThanOrEqual(sizes?.min ?? Number.NaN);
    expect(found).toBeLessThanOrEqual(sizes?.max ?? Number.NaN);
  }
}

/** Expects the sizes by process to be those of the records of each. */
function expectProcesses(
  { byProcess, otherProcesses }: NonNullable<ReportJson['submissions']>['sizes'],
  records: Plain[],
  layout: LayoutName,
): void {
  const moving = records.filter((record) => kindOf(record) < 2);
  const pids = layout === 'traced' ? moving.map(({ pid }) => Number(pid)) : moving.map(() => null);
  const sorted = [...new Set(pids)].sort((a, b) => Number(a) - Number(b));
  expect(byProcess.map(({ pid }) => pid)).toEqual(sorted);
  expect(otherProcesses).toBeUndefined();
  for (const { pid, reads, writes } of byProcess) {
    for (const [kind, found] of [reads, writes].entries()) {
      const own = moving.filter((record, i) => pids[i] === pid && kindOf(record) === kind);
      const lengths = own.map(lengthOf);
      expect(found?.requests ?? 0).toBe(own.length);
      if (found === undefined) continue;
      expect(found.bytes).toBe(`${lengths.reduce((a, b) => a + b, 0n)}`);
      expect(found.max).toBe(Math.max(...lengths.map(Number)));
    }
  }
}

/** Expects batches as they are defined, and percentiles only where sizes are known. */
function expectBatch(batch: BatchJson | undefined, records: Plain[]): void {
  const { percentiles, ...found } = batch ?? {};
  expect(batch && found).toEqual(naiveBatch(records));
  expect(percentiles !== undefined).toBe(batch?.from === 'stamps');
  for (const percentile of ['p50', 'p90', 'p99', 'p999'] as const)
    expect(percentiles?.[percentile] ?? 0).toBeLessThanOrEqual(batch?.max ?? 0);
}

/** The report of the parts of some records, merged in order, from the beginning or from the end. */
async function merged(
  records: Plain[],
  kind: Kind,
  layout: LayoutName,
  cuts: number[],
  fromTheEnd: boolean,
): Promise<Report> {
  const ends = [
    ...cuts.map((place) => place % (records.length + 1)).sort((a, b) => a - b),
    records.length,
  ];
  const parts = await Promise.all(
    ends.map((end, i) =>
      reported(records.slice(ends[i - 1] ?? 0, end), kind, layout, ends[i - 1] ?? 0),
    ),
  );
  while (parts.length > 1) {
    // Neighbors at either end: the order of merges must not matter.
    const at = fromTheEnd ? parts.length - 2 : 0;
    parts[at].merge(parts[at + 1]);
    parts.splice(at + 1, 1);
  }
  return parts[0];
}

describe.each(LAYOUTS)('in the layout %s', (layout) => {
  test('submissions equal a naive count', async () => {
    const property = fc.asyncProperty(submissions, async (all) => {
      const records = bare(all, layout);
      expectSubmissions((await reported(records, 'iocb', layout)).toJSON(), records, layout);
    });
    await fc.assert(property, { seed: 61, numRuns: runs(60) });
  });

  test('parts of submissions, cut anywhere and merged in order, equal the whole', async () => {
    const property = fc.asyncProperty(
      submissions,
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.boolean(),
      async (all, cuts, fromTheEnd) => {
        const records = bare(all, layout);
        const parts = (await merged(records, 'iocb', layout, cuts, fromTheEnd)).toJSON();
        const whole = (await reported(records, 'iocb', layout)).toJSON();
        expect(parts.submissions).toEqual(whole.submissions);
        expect(parts.batches).toEqual(whole.batches);
      },
    );
    await fc.assert(property, { seed: 62, numRuns: runs(80) });
  });

  test('completions equal a naive count, in parts too', async () => {
    const property = fc.asyncProperty(
      completions,
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.boolean(),
      async (all, cuts, fromTheEnd) => {
        const records = bare(all, layout);
        const { completions, batches } = (
          await merged(records, 'io_event', layout, cuts, fromTheEnd)
        ).toJSON();
        const known = records.map(({ res }) => res);
        expect(completions?.charts).toEqual(naiveCompletionCharts(records));
        expect(completions?.failed).toBe(known.filter((res) => res < 0n).length);
        expect(completions?.impossible).toBe(
          known.filter((res) => res < -4095n || res > 0x7ffff000n).length,
        );
        expect(
          completions?.errors.map(({ errno, count, firstIndex, lastIndex }) => [
            errno,
            count,
            firstIndex,
            lastIndex,
          ]),
        ).toEqual(
          [5n, 11n, 4095n]
            .filter((errno) => known.includes(-errno))
            .map((errno) => [
              Number(errno),
              known.filter((res) => res === -errno).length,
              known.indexOf(-errno),
              known.lastIndexOf(-errno),
            ]),
        );
        expectSizes(
          completions?.sizes,
          known.filter((res) => res >= 0n && res <= 0x7ffff000n),
        );
        expect(completions?.distinct.addresses.count).toBe(
          new Set(records.map(({ pid, obj }) => `${pid} ${obj}`)).size,
        );
        expectBatch(batches?.reaped, layout === 'traced' ? records : []);
      },
    );
    await fc.assert(property, { seed: 63, numRuns: runs(60) });
  });
});
