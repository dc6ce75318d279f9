// Are the patterns and sizes of vectored requests those of the lengths that completions give?
import { expect, test } from 'vitest';
import { encode, open, type ReportJson, report } from '../src/node.ts';
import { naivePatterns } from './naive/streams.ts';
import type { Plain } from './naive/summary.ts';
import { naiveVectored } from './naive/vectored.ts';
import { bytesOf } from './support/captures.ts';
import { random } from './support/random.ts';
import { formats, matchable, type Pair, pairsOf } from './support/report-pairs.ts';

async function recordsOf(submissions: Uint8Array): Promise<Plain[]> {
  const records: Plain[] = [];
  for await (const batch of open(submissions, { kind: 'iocb', ...formats.submissions })) {
    for (const record of batch)
      records.push(
        Object.fromEntries(Object.entries(record).map(([name, value]) => [name, BigInt(value)])),
      );
  }
  return records;
}

const lengthsOf = (pairs: readonly Pair[]): Map<number, bigint> =>
  new Map(
    pairs
      .filter(({ res }) => res >= 0n && res <= 0x7ffff000n)
      .map(({ submissionIndex, res }) => [Number(submissionIndex), res]),
  );

const streamsOf = ({ submissions }: ReportJson, vectored: boolean) =>
  (submissions?.patterns.streams ?? [])
    .filter((stream) => stream.vectored === vectored)
    .map(({ pattern: _, program: _p, ...stream }) => stream);

/** Expects the streams and sizes of vectored requests to equal a naive count. */
async function expectVectored(submissions: Uint8Array, completions: Uint8Array): Promise<void> {
  const records = await recordsOf(submissions);
  const pairs = await pairsOf(submissions, completions);
  const json = (await report(submissions, completions, formats)).toJSON();
  const starts = naivePatterns(records, true).streams.filter(({ vectored }) => vectored);
  const naive = naiveVectored(records, lengthsOf(pairs)).map((stream, i) =>
    2 * stream.unknown > stream.requests ? starts[i] : stream,
  );
  expect(streamsOf(json, true)).toEqual(naive);
  for (const [name, opcode] of [
    ['readVectors', 7n],
    ['writeVectors', 8n],
  ] as const) {
    const moved = pairs
      .filter((pair) => pair['aio_lio_opcode'] === opcode && pair['aio_offset'] < 2n ** 53n)
      .map(({ res }) => res)
      .filter((res) => res >= 0n);
    const found = json.submissions?.sizes[name]?.moved;
    expect(found?.requests ?? 0).toBe(moved.length);
    expect(found?.bytes ?? '0').toBe(`${moved.reduce((a, b) => a + b, 0n)}`);
    const rows = json.submissions?.sizes.byProcess ?? [];
    expect(rows.reduce((sum, row) => sum + (row[name]?.requests ?? 0), 0)).toBe(moved.length);
  }
}

test.each(matchable.filter(({ name }) => /vec|qemu/.test(name)))(
  '$name has the patterns of the bytes that completions moved',
  async ({ iocb, ioev }) => {
    await expectVectored(bytesOf(iocb), bytesOf(ioev));
  },
);

/** Requests of two processes: some fail, some never complete, and completions are in any order. */
function requests(seed: number, isSequential: boolean) {
  const { below } = random(seed);
  const any = <T>(values: readonly T[]): T => values[below(values.length)];
  const ends = new Map<string, bigint>();
  const submissions = Array.from({ length: 30 + below(200) }, (_, i) => {
    const [pid, aio_fildes, aio_lio_opcode] = [any([7, 9]), any([3, 4]), any([7, 7, 8, 0])];
    const key = `${pid} ${aio_fildes} ${aio_lio_opcode}`;
    const length = any([4096n, 4096n, 8192n, 700n]);
    const aio_offset =
      isSequential || below(3) > 0 ? (ends.get(key) ?? 0n) : BigInt(below(2 ** 20));
    ends.set(key, aio_offset + length);
    const aio_nbytes = aio_lio_opcode === 0 ? length : 2n;
    const where = { ts: BigInt(1000 * i), pid, tid: 1, addr: BigInt(64 * i), aio_fildes };
    return { ...where, aio_lio_opcode, aio_nbytes, aio_offset, aio_buf: 64n, length };
  });
  const completions = submissions
    .filter(() => below(20) > 0)
    .map(({ ts, pid, addr, length }) => ({
      ts: ts + BigInt(1 + below(30_000)),
      pid,
      tid: 1,
      obj: addr,
      res: any([length, length, length, length, length / 2n, -5n]),
    }))
    .sort((a, b) => Number(a.ts - b.ts));
  return [
    encode(
      submissions.map(({ length: _, ...fields }) => fields),
      { kind: 'iocb', layout: 'traced' },
    ),
    encode(completions, { kind: 'io_event', layout: 'traced' }),
  ] as const;
}

test('requests that fail, or do not complete, follow none and are followed by none', async () => {
  for (let seed = 0; seed < 16; seed++) await expectVectored(...requests(seed, seed % 2 === 0));
});

test('more requests in flight than are kept have no length, and the others have theirs', async () => {
  const COUNT = 70_000;
  const place = (i: number) => ({ ts: BigInt(i), pid: 1, tid: 1 });
  const submissions = Array.from({ length: COUNT }, (_, i) => ({
    ...place(i),
    addr: BigInt(64 * (i + 1)),
    aio_lio_opcode: 8,
    aio_fildes: 3,
    aio_nbytes: 1n,
    aio_buf: 64n,
    aio_offset: BigInt(i) * 512n,
  }));
  // The first is the last to complete: all others wait for it.
  const completions = Array.from({ length: COUNT }, (_, i) => {
    const of = (i + 1) % COUNT;
    return { ...place(COUNT + i), obj: BigInt(64 * (of + 1)), res: 512n };
  });
  const whole = await report(
    encode(submissions, { kind: 'iocb', layout: 'traced' }),
    encode(completions, { kind: 'io_event', layout: 'traced' }),
    formats,
  );
  const json = whole.toJSON();
  const [stream] = json.submissions?.patterns.streams ?? [];
  const unknown = COUNT - 65_536;
  expect(json.matched?.figures.matched).toBe(COUNT);
  expect(stream).toMatchObject({ requests: COUNT, lengths: 'completions', unknown });
  expect(stream.classes.sequential).toBe(65_536 - 1);
});

test('without a match, or with conditions, distances are from start to start', async () => {
  const [submissions, completions] = requests(1, true);
  const alone = await report(submissions, { kind: 'iocb', ...formats.submissions });
  const some = await report(submissions, completions, { ...formats, where: 'res>0' });
  for (const json of [alone.toJSON(), some.toJSON()]) {
    const streams = streamsOf(json, true);
    expect(streams.length).toBeGreaterThan(0);
    expect(streams.filter((stream) => 'lengths' in stream || stream.bytes !== '0')).toEqual([]);
    expect(json.submissions?.sizes.readVectors).not.toHaveProperty('moved');
  }
});
