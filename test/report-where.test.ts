// Does a report with conditions show the records and the pairs that meet them, and say so?
import { expect, test } from 'vitest';
import { encode, match, report } from '../src/node.ts';
import { bytesOf } from './support/captures.ts';
import { expectPairs, formats, type Pair, pairsOf, shortOnes } from './support/report-pairs.ts';

interface Case {
  readonly where: string | string[];
  /** What of it selects submissions, and completions. */
  readonly submissions?: string;
  readonly completions?: string;
  readonly pairsOnly: readonly string[];
  holds(pair: Pair): boolean;
}

const CASES: readonly Case[] = [
  {
    where: 'fd=5 or aio_lio_opcode=PWRITE',
    submissions: 'fd=5 or aio_lio_opcode=PWRITE',
    pairsOnly: [],
    holds: (p) => p.aio_fildes === 5n || p.aio_lio_opcode === 1n,
  },
  {
    where: 'latency>300us',
    pairsOnly: ['latency'],
    holds: (p) => p.latencyNs > 300_000n,
  },
  { where: 'res<0', completions: 'res<0', pairsOnly: [], holds: (p) => p.res < 0n },
  {
    where: ['aio_nbytes>=4K and (res>=0 or res=EAGAIN)', 'depth>2'],
    submissions: 'aio_nbytes>=4K',
    completions: 'res>=0 or res=EAGAIN',
    pairsOnly: ['depth'],
    holds: (p) =>
      BigInt.asUintN(64, p.aio_nbytes) >= 4096n && (p.res >= 0n || p.res === -11n) && p.depth > 2n,
  },
  {
    where: 'aio_lio_opcode=PREAD or res<=0',
    pairsOnly: ['aio_lio_opcode', 'res'],
    holds: (p) => p.aio_lio_opcode === 0n || p.res <= 0n,
  },
  {
    where: 'pid>1, tid>1, completionTid>1',
    submissions: 'pid>1, tid>1',
    completions: 'pid>1, tid>1',
    pairsOnly: [],
    holds: (p) => p.pid > 1n && p.tid > 1n && p.completionTid > 1n,
  },
  {
    where: 'data>0 and obj>0x1000',
    completions: 'data>0 and obj>0x1000',
    pairsOnly: [],
    holds: (p) => p.aio_data !== 0n && BigInt.asUintN(64, p.addr) > 0x1000n,
  },
];

// Each case is asked of every third capture.
const turns = shortOnes.map((each, turn) => ({ ...each, turn }));

test.each(turns)('$name', async ({ iocb, ioev, turn }) => {
  const [first, second] = [bytesOf(iocb), bytesOf(ioev)];
  const all = await pairsOf(first, second);
  for (const [i, { where, submissions, completions, pairsOnly, holds }] of CASES.entries()) {
    if (i % 3 !== turn % 3) continue;
    const engine = i % 4 < 2 ? 'js' : 'wasm-simd';
    const json = (await report(first, second, { ...formats, engine, where })).toJSON();
    expect(json.selected).toMatchObject({ where: [where].flat(), pairsOnly });
    const alone = async (bytes: Uint8Array, kind: 'iocb' | 'io_event', conditions?: string) =>
      (await report(bytes, { kind, layout: 'traced', where: conditions })).toJSON();
    const [ofFirst, ofSecond] = [
      await alone(first, 'iocb', submissions),
      await alone(second, 'io_event', completions),
    ];
    const { fired: _, matched: __, ...poll } = json.submissions?.poll ?? {};
    expect({ ...json.submissions, poll }).toEqual({
      ...ofFirst.submissions,
      poll: ofFirst.submissions?.poll ?? {},
    });
    expect(json.completions).toEqual(ofSecond.completions);
    const counts = ({ doubt }: Pair) => doubt !== 1n;
    const wanted = all.filter((pair) => counts(pair) && holds(pair));
    expect(json.matched?.figures.selected).toMatchObject({ pairs: wanted.length });
    // What of conditions is of columns of completions has other names in pairs.
    const ofPairs = [where]
      .flat()
      .map((text) => text.replace('data>', 'aio_data!=').replace('obj>', 'addr>'));
    const {
      version: _v,
      engine: _e,
      inputs: _i,
      ...figures
    } = (await match(first, second, { ...formats, where: ofPairs })).toJSON();
    expect(json.matched?.figures).toEqual({
      ...figures,
      selected: { ...figures.selected, where: [where].flat() },
    });
    expectPairs(json, wanted);
  }
});

const LAYOUT = 'ts:u64,addr:u64,comm:char8,cpu:u8,record';
const sides = {
  submissions: { layout: LAYOUT, endian: 'little' },
  completions: { layout: 'ts:u64,shard:u32,record', endian: 'little' },
} as const;
const numbers = Array.from({ length: 5000 }, (_, i) => i);
const requests = encode(
  numbers.map((i) => ({
    ...{ ts: 100 * i, addr: 64 * i + 64, comm: ['fio', 'a b', ''][i % 3], cpu: i % 4 },
    ...{ aio_lio_opcode: 1, aio_nbytes: 512, aio_fildes: 3 },
  })),
  { kind: 'iocb', layout: LAYOUT },
);
const events = encode(
  numbers.map((i) => ({ ts: 100 * i + 40, obj: 64 * i + 64, res: 512, shard: i % 2 })),
  { kind: 'io_event', layout: 'ts:u64,shard:u32,record' },
);

test.each([
  ['comm=fio', (i: number) => i % 3 === 0],
  ['comm="a b" or cpu=3', (i: number) => i % 3 === 1 || i % 4 === 3],
  ['cpu!=0 and ts<1234', (i: number) => i % 4 !== 0 && 100 * i < 1234],
  ['comm!=fio and latency=40ns', (i: number) => i % 3 !== 0],
])('columns of submissions that pairs lack select pairs: %s', async (where, holds) => {
  for (const engine of ['js', 'wasm-simd'] as const) {
    const json = (await report(requests, events, { ...sides, engine, where })).toJSON();
    const count = numbers.filter(holds).length;
    expect(count).toBeGreaterThan(0);
    expect([json.submissions?.records, json.matched?.figures.matched]).toEqual([count, count]);
    expect(json.completions?.records).toBe(5000);
  }
});

test.each([
  ['shard=1', 'where: pairs have no shard, so that this condition cannot select them'],
  ['comm=fio or res<0', 'where: pairs have no comm, so that this condition cannot select them'],
  ['zip=1', "column 'zip' does not exist; the columns are"],
  ['path=/a', 'path is the file of a descriptor'],
])('%s is an error', async (where, message) => {
  await expect(report(requests, events, { ...sides, where })).rejects.toThrow(message);
});

test('a condition on pairs is an error if nothing can be matched', async () => {
  const bare = { layout: 'record', endian: 'little' } as const;
  const [first, second] = [
    encode([{ aio_fildes: 3 }], { kind: 'iocb' }),
    encode([{ res: 1 }], { kind: 'io_event' }),
  ];
  const formats = { submissions: bare, completions: bare };
  await expect(report(first, second, { ...formats, where: 'latency>1ms' })).rejects.toThrow(
    'where: a condition on latency selects pairs, but there are none: ',
  );
  const json = (await report(first, second, { ...formats, where: 'fd=4' })).toJSON();
  expect([json.submissions?.records, json.completions?.records]).toEqual([0, 1]);
  expect(json.matchFailed?.lacks).not.toEqual([]);
});
