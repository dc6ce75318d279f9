// Do the offset maps show the busiest descriptors, exactly, and not be flattened by an outlier?
import { expect, test } from 'vitest';
import { encode, type Report, report } from '../src/index.ts';
import { reportSections } from '../src/words/report.ts';
import { naiveOffsets } from './naive/charts.ts';
import type { Plain } from './naive/summary.ts';
import { random } from './support/random.ts';

const layout = 'ts:u64,addr:u64,pid:u32,tid:u32,record';

const reported = (records: readonly Plain[], firstIndex = 0): Promise<Report> =>
  report(encode(records, { kind: 'iocb', layout }), { kind: 'iocb', layout, firstIndex });

const request = (i: number, fields: Record<string, bigint>): Plain => ({
  ts: BigInt(i) * 10_000n,
  addr: 64n,
  pid: 1n,
  tid: 1n,
  aio_lio_opcode: 0n,
  aio_nbytes: 4096n,
  aio_rw_flags: 0n,
  ...fields,
});

/** Requests of `fds` descriptors in two processes, at offsets up to `2 ** bits`. */
function requestsOf(seed: number, fds: number, bits: number): Plain[] {
  const { below } = random(seed);
  return Array.from({ length: 400 }, (_, i) =>
    request(i, {
      pid: BigInt(1 + below(2)),
      // Some descriptors are busier than others.
      aio_fildes: BigInt(below(1 + below(fds))),
      aio_offset: BigInt(Math.floor(2 ** (below(bits * 10) / 10))),
    }),
  );
}

/** The records in bins of a chart. */
const binned = (records: readonly Plain[], axis: { from: string; step: string; bins: number }) =>
  Array.from({ length: axis.bins }, (_, x) =>
    records.filter(({ ts }) => (ts - BigInt(axis.from)) / BigInt(axis.step) === BigInt(x)),
  );

test.each([
  [3, 20],
  [16, 45],
  [60, 52],
])('maps of %i descriptors equal a naive count, in parts too', async (fds, bits) => {
  for (let seed = 0; seed < 12; seed++) {
    const records = requestsOf(seed, fds, bits);
    const cut = 100 + 17 * seed;
    const [first, second] = [
      await reported(records.slice(0, cut)),
      await reported(records.slice(cut), cut),
    ];
    const chart = (await reported(records)).toJSON().submissions?.charts.time;
    if (chart === undefined) throw new Error('no chart');
    expect(chart.offsets).toEqual(naiveOffsets(binned(records, chart.axis)));
    expect(chart.descriptors).toHaveLength(4);
    const places = [...new Set(records.map(({ pid, aio_fildes }) => pid * 1000n + aio_fildes))];
    const kept = places.sort((a, b) => Number(a - b)).slice(0, 16);
    for (const { pid, fd, offsets } of chart.descriptors) {
      const place = BigInt(pid ?? 0) * 1000n + BigInt(fd);
      const own = records.filter((each) => each.pid * 1000n + each.aio_fildes === place);
      expect(offsets).toEqual(
        kept.includes(place) ? naiveOffsets(binned(own, chart.axis)) : undefined,
      );
    }
    expect(first.merge(second).toJSON().submissions?.charts.time).toEqual(chart);
  }
});

const wordsOf = async (records: readonly Plain[]): Promise<string> => {
  const json = (await reported(records)).toJSON();
  return JSON.stringify(reportSections(json, false).offsets);
};

test('one request far away does not set the axis, and is said to be left out', async () => {
  const near = Array.from({ length: 500 }, (_, i) =>
    request(i, { aio_fildes: 3n, aio_offset: BigInt(i) * 4096n }),
  );
  const far = request(500, { aio_fildes: 3n, aio_offset: 2n ** 52n });
  const json = (await reported([...near, far])).toJSON();
  expect(json.submissions?.charts.time?.offsets).toMatchObject({
    rows: { step: '65536' },
    clipped: 1,
    clippedRange: { from: `${2n ** 52n}`, to: `${2n ** 52n}` },
  });
  expect(await wordsOf([...near, far])).toContain(
    '1 request far above the others left out, at 4 PiB',
  );
  // Two of so few are no outliers.
  expect(await wordsOf([...near, far, far])).not.toContain('left out');
});

test('one descriptor is all of them; several have maps, unless a busy one has none', async () => {
  const on = (fds: readonly number[]) =>
    Array.from({ length: 10 * fds.length }, (_, i) =>
      request(i, { aio_fildes: BigInt(fds[i % fds.length]), aio_offset: BigInt(i) * 4096n }),
    );
  expect(await wordsOf(on([3]))).toMatch(/offsets over time, all descriptors.*"isWhole":true/);
  expect(await wordsOf(on([3, 4]))).toMatch(/^\[\{"title":"offsets over time",.*fd 3.*fd 4/);
  expect(await wordsOf(on([1, 2, 3, 4, 5]))).toMatch(/offsets over time, the busiest descriptors/);
  const many = Array.from({ length: 20 }, (_, fd) => fd);
  expect(await wordsOf([...on(many), ...on([19, 19])])).toMatch(
    /offsets over time, all descriptors.*fd 0/,
  );
});
