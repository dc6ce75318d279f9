// Are reports right where times are all equal, are 0, run backwards, or span centuries?
import { expect, test } from 'vitest';
import { encode, openSource, type ReportJson, report, survey } from '../src/node.ts';
import { random } from './support/random.ts';
import { expectPairs, formats, pairsOf } from './support/report-pairs.ts';

const RECORDS = 2500;
const ENGINES = ['js', 'wasm-simd'] as const;

type Fields = Record<string, number | bigint>;
type Sides = readonly [submissions: readonly Fields[], completions: readonly Fields[]];

/** Requests at a few addresses, of which some are refused, fail, or complete early. */
function program(seed: number, timeOf: (ts: bigint) => bigint): Sides {
  const { below, pick } = random(seed);
  const requests = Array.from({ length: RECORDS }, (_, i) => ({
    ts: 1_000_000n + 1000n * BigInt(i) + BigInt(below(1000)),
    wait: BigInt(below(40_000) - 4000),
    tag: i + 1,
    addr: 64 * (1 + below(60)),
    opcode: pick([0, 0, 1, 1, 2, 5, 7, 8]),
    tid: pick([7, 7, 8]),
  }));
  const ended = requests
    .filter(() => below(40) > 0)
    .map((request) => ({ ...request, ts: request.ts + request.wait }))
    .sort((a, b) => (a.ts < b.ts ? -1 : 1));
  return [
    requests.map(({ ts, tag, addr, opcode, tid }) => ({
      ...{ ts: timeOf(ts), pid: 7, tid, addr, aio_data: tag, aio_lio_opcode: opcode },
      ...{ aio_fildes: 3 + (tag % 3), aio_buf: 0x10000 * (1 + below(50)) },
      ...{ aio_nbytes: opcode === 2 ? 0 : 512 * below(9), aio_offset: 512 * below(4000) },
    })),
    ended.map(({ ts, tag, addr, tid }) => ({
      ...{ ts: timeOf(ts), pid: 7, tid, data: tag, obj: addr },
      res: pick([512, 4096, 4096, 0, -5, -22]),
    })),
  ];
}

const bytesOf = ([submissions, completions]: Sides) =>
  [
    encode(submissions, { kind: 'iocb', layout: 'traced' }),
    encode(completions, { kind: 'io_event', layout: 'traced' }),
  ] as const;

/** What differs by engine only in its name. */
const plain = (json: object): object => ({ ...json, engine: undefined });

/** What pairs show, but for how many records were read. */
const figuresOf = ({ matched }: ReportJson) =>
  matched && {
    ...matched,
    figures: { ...matched.figures, quality: { ...matched.figures.quality, records: 0 } },
  };

/** With the indexes of records that they have among all. */
const placed = (json: object | undefined, places: readonly number[]): unknown =>
  JSON.parse(JSON.stringify(json), (name, value) =>
    /^(first|last)Index$/.test(name) && typeof value === 'number' ? places[value] : value,
  );

test.each([
  ['all equal', () => 12_345n],
  ['all 0', () => 0n],
  ['all the latest', () => 2n ** 64n - 1n],
  ['0, until a clock begins', (ts: bigint) => (ts < 2_000_000n ? 0n : ts)],
  ['0 at times', (ts: bigint) => (ts % 97n === 0n ? 0n : ts)],
  ['backwards', (ts: bigint) => 2n ** 40n - ts],
  ['backwards by years', (ts: bigint) => ts + 2n ** 55n * (9n - ((ts / 300_000n) % 10n))],
  ['backwards across 2^63', (ts: bigint) => ts + 2n ** 60n * (15n - ((ts / 300_000n) % 15n))],
  ['spread over centuries', (ts: bigint) => ts + 2n ** 60n * (ts / 300_000n)],
  [
    'from the first to the last there is',
    (ts: bigint) => (ts < 1_002_000n ? ts % 9n : 2n ** 64n - ts),
  ],
] as const)('%s', async (_, timeOf) => {
  const sides = program(17, timeOf);
  const bytes = bytesOf(sides);
  const times = sides.flat().map(({ ts }) => BigInt(ts));
  const ascending = times.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  const [from, to] = [ascending[Math.floor(times.length / 4)], ascending[times.length - 200]];
  const inRange = ({ ts }: Fields) => BigInt(ts) >= from && BigInt(ts) < to;
  const kept = bytesOf([sides[0].filter(inRange), sides[1].filter(inRange)]);
  const isInOrder = sides.every((side) =>
    side.every(({ ts }, i) => i === 0 || BigInt(side[i - 1]['ts']) <= BigInt(ts)),
  );
  // The place of each record that is kept among all.
  const places = sides.map((side) => side.flatMap((row, i) => (inRange(row) ? [i] : [])));
  const results: object[] = [];
  for (const engine of ENGINES) {
    const json = (await report(...bytes, { ...formats, engine })).toJSON();
    expectPairs(json, await pairsOf(...bytes));
    expect(json.matched?.figures.time).toEqual({
      from: `${ascending[0]}`,
      to: `${ascending[ascending.length - 1]}`,
    });
    const opened = await Promise.all(
      (['iocb', 'io_event'] as const).map((kind, side) =>
        openSource(bytes[side], { kind, layout: 'traced' }),
      ),
    );
    const found = await survey(opened, { engine });
    expect(found.report.toJSON().matched).toEqual(json.matched);
    for (const [side, { earliest, latest }] of found.zones.entries()) {
      const own = sides[side].map(({ ts }) => BigInt(ts));
      const sorted = own.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
      expect([earliest[0], latest[0]]).toEqual([sorted[0], sorted[sorted.length - 1]]);
    }
    results.push({ ...plain(json), zones: found.zones.map((zones) => zones.toJSON()) });
    if (from === to) continue;
    // A range of time, and the records that are in it.
    const ranged = (await report(...bytes, { ...formats, engine, from, to })).toJSON();
    const alone = (await report(...kept, { ...formats, engine })).toJSON();
    expect(ranged.submissions).toEqual(placed(alone.submissions, places[0]));
    expect(ranged.completions).toEqual(placed(alone.completions, places[1]));
    // Blocks begin at other records: where times run backwards, that decides what is near.
    if (isInOrder) expect(figuresOf(ranged)).toEqual(figuresOf(alone));
  }
  expect(results[1]).toEqual(results[0]);
});
