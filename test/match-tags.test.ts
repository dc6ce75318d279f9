// Is aio_data taken as a key only where it tells requests in flight apart?
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { encode, type MatchOptions, match, openPairs } from '../src/node.ts';
import { findings } from '../src/words/match-findings.ts';
import { aioscope, fixture } from './support/cli.ts';
import { randomBytes } from './support/events.ts';

const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;
const STRIDES = [88, 56];
/** Captures with tags; of case_vec 56 of 4,000 share theirs with another in flight, too many. */
const TAGGED = ['case_sync', 'case_poll'];
/** Captures whose aio_data is the same throughout. */
const EQUAL = ['fio_nowait', 'sysbench_fileio', 'fio_eio', 'qemu_bench_read'].filter((name) =>
  existsSync(fixture(`${name}.iocb88`)),
);

const sidesOf = (name: string) => [
  readFileSync(fixture(`${name}.iocb88`)),
  readFileSync(fixture(`${name}.ioev56`)),
];
const matched = async ([submissions, completions]: Uint8Array[], options: MatchOptions) =>
  (await match(submissions, completions, { ...FORMAT, ...options })).toJSON();

test.each(TAGGED)('%s: tags are taken, however many records are lost', async (name) => {
  for (const share of [0, 0.01, 0.05, 0.2]) {
    const sides = sidesOf(name).map((side, s) => {
      const random = randomBytes(side.length / STRIDES[s], 5 + s);
      const kept = [...random.keys()].filter((i) => random[i] / 256 >= share);
      return Buffer.concat(kept.map((i) => side.subarray(i * STRIDES[s], (i + 1) * STRIDES[s])));
    });
    const byAddress = await matched(sides, {});
    const byData = await matched(sides, { key: 'data' });
    expect(Math.abs(byData.matched - byAddress.matched)).toBeLessThan(0.02 * byAddress.matched);
  }
});

const EQUAL_TAGS = /all submissions have the same aio_data, so that pairs would be guesses/;

test.each(EQUAL)('%s: equal tags are refused, by time and by counting', async (name) => {
  const [submissions, completions] = sidesOf(name);
  const refusal = {
    code: 'AIOSCOPE_UNMATCHABLE',
    message: expect.stringMatching(EQUAL_TAGS),
    lacks: [{ stream: 'submissions', column: 'addr' }],
  };
  for (const order of ['time', 'counting'] as const) {
    const options = { ...FORMAT, key: 'data', order } as const;
    await expect(match(submissions, completions, options)).rejects.toMatchObject(refusal);
    const pairs = await openPairs(submissions, completions, options);
    await expect(
      (async () => {
        for await (const _ of pairs);
      })(),
    ).rejects.toMatchObject(refusal);
  }
});

const LAYOUT = 'ts';
/** Requests one after another, of which every `every`-th has the tag of the one in flight. */
function tagged(count: number, every: number): Uint8Array[] {
  const rows = Array.from({ length: count }, (_, i) => ({
    ts: BigInt(100_000 * i),
    data: BigInt(i % every === 1 ? i : i + 1),
  }));
  return [
    encode(
      rows.map(({ ts, data }) => ({ ts, aio_data: data })),
      { kind: 'iocb', layout: LAYOUT },
    ),
    encode(
      rows.map(({ ts, data }) => ({ ts: ts + 150_000n, data })),
      { kind: 'io_event', layout: LAYOUT },
    ),
  ];
}
const sideFormat = { layout: LAYOUT, endian: 'little' } as const;
const options = { submissions: sideFormat, completions: sideFormat, key: 'data' } as const;

test('a few shared tags are said, more are refused', async () => {
  const [few, many] = [tagged(2000, 400), tagged(2000, 4)];
  const json = await matched(few, options);
  expect(json).toMatchObject({ matched: 2000, unmatchedCompletions: 0 });
  const texts = findings(json).map(({ text }) => text);
  expect(texts).toContain('5 pairs of requests that were in flight twice with one aio_data');
  await expect(matched(many, options)).rejects.toThrow(
    /500 of 2000 submissions had the aio_data of another one in flight, so that pairs would be gu/,
  );
});

test('one request at a time may always have the same tag', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ ts: BigInt(1000 * i) }));
  const submissions = encode(rows, { kind: 'iocb', layout: LAYOUT });
  const completions = encode(
    rows.map(({ ts }) => ({ ts: ts + 500n })),
    { kind: 'io_event', layout: LAYOUT },
  );
  expect((await matched([submissions, completions], options)).matched).toBe(50);
});

test('without addresses and tags nothing is matched', () => {
  const files = ['data0.iocb96.gz', 'data0.ioev64.gz'].map((file) =>
    fixture(`../no-address-no-tags/${file}`),
  );
  expect(gunzipSync(readFileSync(files[0])).length / 96).toBe(2000);
  for (const given of [
    ['--key', 'data'],
    ['--key', 'data', '--order', 'counting'],
  ])
    expect(aioscope(['match', ...given, ...files])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(EQUAL_TAGS),
    });
  expect(aioscope(['match', ...files])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('has no addr'),
  });
});
