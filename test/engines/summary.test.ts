// Are the statistics exact, mergeable and bounded? The engine is the one of the environment, unless
// a test runs both.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encode,
  type Kind,
  type Summary,
  type SummaryJson,
  summarize,
  version,
} from '../../src/index.ts';
import { ERRNOS, IOCB_COLUMNS, naiveIocb, naiveIoEvent, type Plain } from '../naive/summary.ts';
import { OWN_ENGINE } from '../support/engine.ts';
import { random } from '../support/random.ts';
import { runs } from '../support/runs.ts';

const ENGINES = ['wasm-simd', 'js'] as const;
const NAIVE = { io_event: naiveIoEvent, iocb: naiveIocb };
type Section = keyof typeof NAIVE;

/** A section as it is printed: the order of keys matters. */
const text = (summary: Summary, kind: Section): string =>
  JSON.stringify(summary.toJSON()[kind], null, 1);
const expected = (records: Plain[], kind: Section): string =>
  JSON.stringify(NAIVE[kind](records), null, 1);

const bits = (n: bigint) => fc.bigInt({ min: 0n, max: 2n ** n - 1n });
const u64 = fc.oneof(
  fc.constantFrom(0n, 1n, 512n, 4096n, 2n ** 20n, 2n ** 20n + 512n),
  fc.constantFrom(2n ** 32n, 2n ** 41n, 2n ** 63n, 2n ** 64n - 1n),
  bits(64n),
  bits(33n),
);
const i64 = fc.oneof(
  fc.constantFrom(0n, -1n, -(2n ** 63n), 2n ** 63n - 1n),
  bits(63n),
  bits(63n).map((value) => -value - 1n),
);
const u32 = fc.oneof(fc.constantFrom(0n, 1n, 2n ** 31n, 2n ** 32n - 1n), bits(32n), bits(4n));
const res = fc.oneof(
  fc.constantFrom(...Object.keys(ERRNOS).map((errno) => -BigInt(errno))),
  fc.constantFrom(
    0n,
    1n,
    512n,
    4096n,
    -4096n,
    -4097n,
    -(2n ** 32n),
    -(2n ** 32n) - 5n,
    -(2n ** 63n),
    2n ** 63n - 1n,
  ),
  bits(63n),
);

const RECORDS: Record<Section, fc.Arbitrary<Plain>> = {
  io_event: fc.record({
    data: u64,
    obj: u64,
    res,
    res2: fc.oneof(fc.constant(0n), fc.constant(2n ** 32n), i64),
  }),
  iocb: fc.record({
    aio_data: u64,
    aio_key: u32,
    aio_rw_flags: u32,
    aio_lio_opcode: fc.oneof(bits(4n), fc.constantFrom(0n, 1n, 7n, 8n, 15n, 16n, 65535n)),
    aio_reqprio: fc.oneof(fc.constant(0n), fc.constantFrom(-32768n, 32767n, -1n), bits(15n)),
    aio_fildes: fc.oneof(
      bits(5n),
      fc.constantFrom(4095n, 4096n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n),
    ),
    aio_buf: u64,
    aio_nbytes: u64,
    aio_offset: i64,
    aio_reserved2: u64,
    aio_flags: u32,
    aio_resfd: u32,
  }),
};
/** Records in runs: the values of a block may be equal, share their high words, or vary. */
const inRuns = (kind: Section) =>
  fc
    .array(fc.tuple(RECORDS[kind], fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 70 }))), {
      maxLength: 12,
    })
    .map((list) => list.flatMap(([record, count]) => Array<Plain>(count).fill(record)));

describe.each(['io_event', 'iocb'] as const)('%s', (kind) => {
  test.each([OWN_ENGINE])('equals a naive count: %s', async (engine) => {
    const property = fc.asyncProperty(
      inRuns(kind),
      fc.constantFrom('little', 'big'),
      async (records, endian) => {
        const summary = await summarize(encode(records, { kind, endian }), {
          kind,
          engine,
          endian,
        });
        expect(text(summary, kind)).toBe(expected(records, kind));
      },
    );
    await fc.assert(property, { seed: 31, numRuns: runs(60) });
  });

  // 2047 … 2049 are around the size of a block; 4097 needs a third block for a single record.
  test('is exact over several blocks, with equal and with different values', async () => {
    const [few] = fc.sample(fc.array(RECORDS[kind], { minLength: 40, maxLength: 40 }), {
      seed: 32,
      numRuns: 1,
    });
    const { pick } = random(33);
    for (const count of [2047, 2048, 2049, 4097]) {
      const varied = Array.from({ length: count }, () => pick(few));
      const constant = Array<Plain>(count).fill(few[3]);
      const lastDiffers = [...constant.slice(1), few[4]];
      for (const records of [varied, constant, lastDiffers, [...constant, ...varied]]) {
        expect(text(await summarize(encode(records, { kind }), { kind }), kind)).toBe(
          expected(records, kind),
        );
      }
    }
  });

  test('parts, cut at any record and merged in any order, equal the whole', async () => {
    const property = fc.asyncProperty(
      inRuns(kind),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.nat(),
      async (records, cuts, order) => {
        const ends = [
          ...cuts.map((place) => place % (records.length + 1)).sort((a, b) => a - b),
          records.length,
        ];
        const parts = await Promise.all(
          ends.map((end, i) =>
            summarize(encode(records.slice(ends[i - 1] ?? 0, end), { kind }), {
              kind,
              engine: ENGINES[i % 2],
            }),
          ),
        );
        const { pick } = random(order);
        while (parts.length > 1) {
          const from = pick(parts);
          const to = pick(parts.filter((part) => part !== from));
          to.merge(from);
          parts.splice(parts.indexOf(from), 1);
        }
        expect(text(parts[0], kind)).toBe(expected(records, kind));
        expect(parts[0].toJSON().inputs.reduce((total, input) => total + input.records, 0)).toBe(
          records.length,
        );
      },
    );
    await fc.assert(property, { seed: 34, numRuns: runs(40) });
  });

  test('of no records has neither minimum nor maximum', async () => {
    const summary = await summarize(new Uint8Array(7), { kind });
    expect(text(summary, kind)).toBe(expected([], kind));
    expect(summary.toJSON().inputs).toEqual([
      {
        file: 'memory',
        kind,
        endian: 'little',
        layout: 'record',
        bytes: 7,
        records: 0,
        tornBytes: 7,
      },
    ]);
    const records = fc.sample(RECORDS[kind], { seed: 35, numRuns: 3 });
    expect(text(summary.merge(await summarize(encode(records, { kind }), { kind })), kind)).toBe(
      expected(records, kind),
    );
  });
});

/** Yields the same chunk repeatedly, to use no memory for the rest. */
function* repeated(chunk: Uint8Array, times: number): Generator<Uint8Array> {
  for (let i = 0; i < times; i++) yield chunk;
}

// The sum of 2^21 words of 2^32 - 1 exceeds 2^53, up to which doubles are exact. Keys are in the
// tables of the arena and beyond them.
test('sums of words beyond 2^53 are exact', async () => {
  const most = 2n ** 64n - 1n;
  const pair = [
    { aio_lio_opcode: 0, aio_fildes: 3, aio_nbytes: most, aio_offset: -(2n ** 63n) },
    { aio_lio_opcode: 77, aio_fildes: -1, aio_nbytes: most, aio_offset: 2n ** 63n - 1n },
  ];
  const times = 2 ** 9 + 1;
  const each = 4096 * times;
  const chunk = encode(
    Array.from({ length: 8192 }, (_, i) => pair[i & 1]),
    { kind: 'iocb' },
  );
  const { iocb } = (await summarize(repeated(chunk, times), { kind: 'iocb' })).toJSON();
  const nbytes = (most * BigInt(each)).toString();
  expect(each).toBeGreaterThan(2 ** 21);
  expect(iocb?.columns.aio_nbytes).toEqual({
    min: most.toString(),
    max: most.toString(),
    sum: (most * BigInt(2 * each)).toString(),
  });
  expect(iocb?.columns.aio_offset.sum).toBe((-BigInt(each)).toString());
  expect(iocb?.opcodes).toEqual([
    { opcode: 0, name: 'IOCB_CMD_PREAD', count: each, nbytes },
    { opcode: 77, name: null, count: each, nbytes },
  ]);
  expect(iocb?.fds).toEqual([
    { fd: -1, count: each, nbytes },
    { fd: 3, count: each, nbytes },
  ]);
});

test.each([OWN_ENGINE])('sums of results beyond ±2^64 are exact: %s', async (engine) => {
  const events = [
    { res: 2n ** 63n - 1n },
    { res: -(2n ** 63n) },
    { res: -5n },
    { res: 2n ** 63n - 1n },
  ];
  const chunk = encode(
    Array.from({ length: 8192 }, (_, i) => events[i & 3]),
    { kind: 'io_event' },
  );
  const { io_event } = (
    await summarize(repeated(chunk, 40), { kind: 'io_event', engine })
  ).toJSON();
  const each = 40n * 2048n;
  expect(io_event).toMatchObject({
    bytes: (2n * each * (2n ** 63n - 1n)).toString(),
    succeeded: 163840,
    failed: 163840,
  });
  expect(io_event?.columns.res.sum).toBe((each * (2n ** 63n - 7n)).toString());
  expect(io_event?.errors).toEqual([
    { errno: 5, name: 'EIO', count: 81920 },
    { errno: null, name: null, count: 81920 },
  ]);
});

test('lists keep the 65,536 smallest values, and the rest is counted in other', async () => {
  const { word, below } = random(36);
  const records: Plain[] = Array.from({ length: 70_000 }, (_, i) => {
    const spread = i < 100 ? BigInt(i) : BigInt(word());
    const zeros = Object.fromEntries(IOCB_COLUMNS.map((name) => [name, 0n]));
    return {
      ...zeros,
      aio_fildes: spread,
      aio_flags: BigInt(word()),
      aio_rw_flags: BigInt(word()),
      aio_resfd: spread,
      aio_nbytes: 2n ** 64n - 1n - BigInt(below(9)),
    };
  });
  const [first, second] = [records.slice(0, 30_000), records.slice(20_000)];
  const options = { kind: 'iocb' } as const;
  expect(text(await summarize(encode(records, options), options), 'iocb')).toBe(
    expected(records, 'iocb'),
  );
  const merged = (await summarize(encode(second, options), options)).merge(
    await summarize(encode(first, options), options),
  );
  const whole = expected([...first, ...second], 'iocb');
  expect(text(merged, 'iocb')).toBe(whole);
  expect(Object.keys((JSON.parse(whole) as { other: object }).other)).toEqual([
    'fds',
    'flags',
    'rwFlags',
    'resfds',
  ]);
});

test('65,536 values are kept, without other', async () => {
  const { iocb } = (
    await summarize(
      encode(
        Array.from({ length: 65_536 }, (_, i) => ({ aio_fildes: -i })),
        { kind: 'iocb' },
      ),
      { kind: 'iocb' },
    )
  ).toJSON();
  expect(iocb?.fds.length).toBe(65_536);
  expect(iocb).not.toHaveProperty('other');
});

test.each([OWN_ENGINE])(
  'descriptors are counted by process, whichever came first: %s',
  async (engine) => {
    const layout = 'pid:u32,record';
    const { below, pick } = random(37);
    const record = (pid: number): Plain => ({
      ...Object.fromEntries(IOCB_COLUMNS.map((name) => [name, 0n])),
      ...{
        pid: BigInt(pid),
        aio_fildes: BigInt(below(7)),
        aio_nbytes: 2n ** 63n - BigInt(below(9)),
      },
    });
    // Blocks of one process, of several, of another one; and all in turns, with colliding keys.
    const lengths = [5000, 1, 2500, 4096, 3000];
    const alone = lengths.flatMap((length, i) => Array.from({ length }, () => record(7 + (i & 1))));
    const mixed = Array.from({ length: 9000 }, () => record(pick([1, 7, 8, 2 ** 32 - 1])));
    const orders = [alone, mixed, [...alone, ...mixed], [...mixed, ...alone]];
    const count = async (records: readonly Plain[]) => {
      const given = { kind: 'iocb', layout } as const;
      return summarize(encode(records, given), { ...given, engine });
    };
    for (const records of orders)
      expect((await count(records)).toJSON().iocb).toEqual(naiveIocb(records, ['pid']));
    const merged = (await count(mixed)).merge(await count(alone)).merge(await count(mixed));
    expect(merged.toJSON().iocb).toEqual(naiveIocb([...mixed, ...alone, ...mixed], ['pid']));
  },
);

test('256 processes with the smallest pids are kept, with 256 descriptors each', async () => {
  const layout = 'pid:u32,record';
  const given = { kind: 'iocb', layout } as const;
  const { word } = random(38);
  const pids = Array.from({ length: 300 }, (_, i) => ({ pid: i + 1, aio_fildes: 3 }));
  const fds = Array.from({ length: 300 }, (_, i) => ({ pid: 9, aio_fildes: i }));
  const records = [...pids, ...fds]
    .map((record) => ({ record, rank: word() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ record }) => record);
  const [first, second] = [records.slice(0, 350), records.slice(350)].map((part) =>
    summarize(encode(part, given), given),
  );
  for (const summary of [
    await summarize(encode(records, given), given),
    (await first).merge(await second),
  ]) {
    const { iocb } = summary.toJSON();
    expect(iocb?.descriptors?.map(({ pid, fd }) => [pid, fd])).toEqual([
      ...Array.from({ length: 8 }, (_, i) => [i + 1, 3]),
      ...Array.from({ length: 256 }, (_, i) => [9, i]),
      ...Array.from({ length: 247 }, (_, i) => [i + 10, 3]),
    ]);
    expect(iocb?.descriptors?.find(({ pid, fd }) => pid === 9 && fd === 3)?.count).toBe(2);
    expect(iocb?.other?.descriptors).toEqual({ count: 44 + 44 });
  }
});

test('columns of the envelope follow those of the record; text has no statistics', async () => {
  const layout = 'ts:u64, comm:char4, delta:i16, record, cpu:u8';
  const records = [
    { ts: 2n ** 64n - 1n, comm: 'dd', delta: -32768, cpu: 255, res: 1 },
    { ts: 1n, comm: 'fio', delta: -1, cpu: 255, res: 2 },
  ];
  const summary = (
    await summarize(encode(records, { kind: 'io_event', layout }), { kind: 'io_event', layout })
  ).toJSON();
  expect(Object.entries(summary.io_event?.columns ?? {}).slice(2)).toEqual([
    ['res', { min: '1', max: '2', sum: '3' }],
    ['res2', { min: '0', max: '0', sum: '0' }],
    ['ts', { min: '1', max: '18446744073709551615', sum: '18446744073709551616' }],
    ['delta', { min: '-32768', max: '-1', sum: '-32769' }],
    ['cpu', { min: '255', max: '255', sum: '510' }],
  ]);
  expect(summary.inputs[0].layout).toBe('ts:u64,comm:char4,delta:i16,record,cpu:u8');
});

test('keys are in the documented order', async () => {
  const parts: Kind[] = ['iocb', 'aio_ring', 'io_event'];
  const [first, ...others] = await Promise.all(
    parts.map((kind) => summarize(encode([{}], { kind }), { kind, engine: 'js', name: kind })),
  );
  const json: SummaryJson = others.reduce((whole, part) => whole.merge(part), first).toJSON();
  expect(Object.keys(json)).toEqual([
    'version',
    'engine',
    'inputs',
    'io_event',
    'io_event_all',
    'iocb',
    'rings',
  ]);
  expect(json).toMatchObject({
    version,
    engine: 'js',
    io_event: { records: 2 },
    iocb: { records: 1 },
  });
  expect(json.inputs.map((input) => Object.keys(input).join())).toEqual(
    Array(3).fill('file,kind,endian,layout,bytes,records,tornBytes'),
  );
  expect(json.inputs.map(({ file, kind, bytes }) => [file, kind, bytes])).toEqual([
    ['iocb', 'iocb', 64],
    ['aio_ring', 'aio_ring', 4096],
    ['io_event', 'io_event', 32],
  ]);
  expect(Object.keys(json.rings?.[0] ?? {})).toEqual([
    'file',
    'header',
    'live',
    'wraps',
    'stale',
    'neverWritten',
  ]);
});
