// Does a report summarize pairs correctly, and give the reason if there are none?
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encode, type MatchOptions, match, type ReportJson, report } from '../src/node.ts';
import { bytesOf } from './support/captures.ts';
import { random } from './support/random.ts';
import { expectPairs, formats, matchable, pairsOf } from './support/report-pairs.ts';

const reportOn = async (submissions: Uint8Array, completions: Uint8Array): Promise<ReportJson> =>
  (await report(submissions, completions, formats)).toJSON();

test.each(matchable)(
  '$name has the figures of a match and of its pairs',
  async ({ iocb, ioev }) => {
    const [submissions, completions] = [bytesOf(iocb), bytesOf(ioev)];
    const json = await reportOn(submissions, completions);
    const {
      version: _,
      engine: _e,
      inputs: _i,
      ...figures
    } = (await match(submissions, completions, formats)).toJSON();
    expect(figures.matched).toBeGreaterThan(0);
    expect(json.matched?.figures).toEqual(figures);
    expectPairs(json, await pairsOf(submissions, completions));
  },
);

test('all kinds of records, backward times and extremes equal a count of their pairs', async () => {
  const { below } = random(91);
  const times = [0n, 5n, 2n ** 32n - 1n, 2n ** 40n, 2n ** 64n - 1n];
  const any = <T>(values: readonly T[]): T => values[below(values.length)];
  for (let run = 0; run < 60; run++) {
    const clock = () => (below(9) === 0 ? any(times) : 2n ** 33n + BigInt(below(5000) * 1000));
    const envelope = () => ({ ts: clock(), pid: any([1, 2]), tid: 1 });
    const submissions = Array.from({ length: below(80) }, () => ({
      ...envelope(),
      addr: BigInt(64 * below(12)),
      aio_lio_opcode: any([0, 1, 2, 5, 5, 7, 8]),
      aio_fildes: 3,
      aio_rw_flags: any([0, 0, 16]),
      aio_flags: any([0, 0, 2]),
      aio_reqprio: any([0, 0x2000, 0x4004, 0x4004]),
      aio_buf: any([0x1000n, 0x11n, 0x5n, 0x2001n]),
      aio_nbytes: any([0n, 0n, 0n, 512n, 512n, 100n]),
      aio_offset: any([0n, 0n, 0n, 4096n, 700n]),
    }));
    const completions = Array.from({ length: below(80) }, () => ({
      ...envelope(),
      obj: BigInt(64 * below(12)),
      res: any([0n, 1n, 512n, -22n, -5n, 0x2011n, 2n ** 40n]),
    }));
    const [iocbs, events] = [
      encode(submissions, { kind: 'iocb', layout: 'traced' }),
      encode(completions, { kind: 'io_event', layout: 'traced' }),
    ];
    expectPairs(await reportOn(iocbs, events), await pairsOf(iocbs, events));
  }
});

describe('records that cannot be matched', () => {
  const bare = new Uint8Array(640);

  test.each([
    [
      'no address',
      'record',
      'traced',
      expect.stringMatching(
        /^the submissions are bare records, without addr \(the address of each iocb\) and ts; capture both/,
      ),
    ],
    [
      'no time in submissions',
      'addr:u64,record',
      'traced',
      expect.stringMatching(
        /^layout 'addr:u64,record' of the submissions has no ts; capture both in an envelope such as [^ ]+$/,
      ),
    ],
    [
      'no time in completions',
      'traced',
      'record',
      expect.stringMatching(/^the completions are bare records, without ts; capture both/),
    ],
  ] as const)(
    '%s is the reason, and the rest of the report stays',
    async (_, iocb, io_event, why) => {
      const endian = 'little';
      const whole = await report(bare, bare, {
        submissions: { layout: iocb, endian },
        completions: { layout: io_event, endian },
      });
      expect(whole.toJSON()).toMatchObject({ matchFailed: { text: why }, inputs: [{}, {}] });
      expect(whole.toJSON().submissions?.records).toBeGreaterThan(0);
      expect(whole.matched).toBeUndefined();
    },
  );

  test('a source that is read only once, and wide pids are reasons', async () => {
    async function* once() {
      yield new Uint8Array(0);
    }
    const wide = { layout: 'ts:u64,addr:u64,pid:u64,record', endian: 'little' } as const;
    const reasons = [
      await report(new Uint8Array(0), once(), formats),
      await report(new Uint8Array(88), new Uint8Array(56), { ...formats, submissions: wide }),
    ].map(({ matchFailed }) => matchFailed?.text);
    expect(reasons).toEqual([
      'stream can be read only once',
      `layout '${wide.layout}': pid must be a number of up to 32 bits to match by`,
    ]);
  });

  test('the error of a match lists what is missing', async () => {
    const given = { submissions: { layout: 'record', endian: 'little' } } as const;
    await expect(match(bare, bare, { ...formats, ...given })).rejects.toMatchObject({
      code: 'AIOSCOPE_UNMATCHABLE',
      lacks: [
        { stream: 'submissions', column: 'addr' },
        { stream: 'submissions', column: 'ts' },
      ],
    });
    await expect(match('/nowhere/iocb', bare, formats)).rejects.toMatchObject({ lacks: [] });
  });

  test('errors of the caller and of sources are errors, not reasons', async () => {
    const engine = 'foo' as unknown as MatchOptions['engine'];
    await expect(report(bare, bare, { ...formats, engine })).rejects.toMatchObject({
      code: 'AIOSCOPE_OPTION',
    });
    await expect(report(bare, bare, { ...formats, refused: [-1] })).rejects.toMatchObject({
      code: 'AIOSCOPE_OPTION',
    });
    await expect(report('/nowhere/iocb', bare, formats)).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
    });
  });
});

describe('both sides of a trace', () => {
  const polls = Array.from({ length: 3000 }, (_, i) => ({
    ts: BigInt(1000 * i),
    pid: 1,
    tid: 1,
    addr: 64n,
    aio_lio_opcode: 5,
    aio_buf: 1n,
  }));
  const fired = polls.map(({ ts }) => ({ ts: ts + 10n, pid: 1, tid: 1, obj: 64n, res: 1n }));
  const [submissions, completions] = [
    encode(polls, { kind: 'iocb', layout: 'traced' }),
    encode(fired, { kind: 'io_event', layout: 'traced' }),
  ];

  test('polls that fired are counted once, and a matched report has no second match', async () => {
    const whole = await report(submissions, completions, formats);
    expect(whole.toJSON().submissions?.poll?.matched?.requests).toBe(3000);
    for (const [first, second] of [
      [whole, await report(submissions, completions, formats)],
      [await report(submissions, { kind: 'iocb', ...formats.submissions }), whole],
    ])
      expect(() => first.merge(second)).toThrow(/matched can be merged only with reports of rings/);
    expect(whole.toJSON().submissions?.poll?.matched?.requests).toBe(3000);
  });

  test('are the reports of each, and times with + count from the first record of both', async () => {
    const [one, other] = [
      await report(submissions, { kind: 'iocb', ...formats.submissions }),
      await report(completions, { kind: 'io_event', ...formats.completions }),
    ];
    // Matching adds findings, fired polls, and what a thread did between its records of one side.
    const {
      matched: _,
      findings: _f,
      submissions: own,
      batches: _b,
      ...rest
    } = await reportOn(submissions, completions);
    const whole = one.merge(other).toJSON();
    const { submissions: expected, batches: _o, findings: _w, ...others } = whole;
    expect(rest).toEqual(others);
    expect({ ...own, poll: undefined }).toEqual({ ...expected, poll: undefined });
    const times = { ...formats, from: '+1us', to: '+2010ns' };
    const part = (await report(submissions, completions, times)).toJSON();
    expect(part.submissions?.records).toBe(2);
    expect(part.completions?.records).toBe(1);
    expect(part.matched?.figures.matched).toBe(1);
  });

  test('progress is of all passes', async () => {
    const seen: { bytes: number; totalBytes: number | undefined }[] = [];
    await report(submissions, completions, { ...formats, onProgress: (now) => seen.push(now) });
    const totalBytes = 2 * (submissions.byteLength + completions.byteLength);
    expect(seen.at(-1)).toMatchObject({ bytes: totalBytes, totalBytes });
    expect(seen.map(({ bytes }) => bytes)).toEqual(
      seen.map(({ bytes }) => bytes).toSorted((a, b) => a - b),
    );
  });

  test('a file that is replaced between the passes is an error, not a report', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aioscope-passes-'));
    const files = ['iocb88', 'ioev56'].map((suffix) => join(folder, `trace.${suffix}`));
    try {
      for (const replaced of [0, 1]) {
        for (const [i, bytes] of [submissions, completions].entries())
          writeFileSync(files[i], bytes);
        let isReplaced = false;
        const onProgress = ({ bytes }: { bytes: number }) => {
          if (isReplaced || bytes < submissions.byteLength + completions.byteLength) return;
          isReplaced = true;
          writeFileSync(join(folder, 'new'), [submissions, completions][replaced].slice(0, -880));
          renameSync(join(folder, 'new'), files[replaced]);
        };
        await expect(report(files[0], files[1], { ...formats, onProgress })).rejects.toMatchObject({
          code: 'AIOSCOPE_CHANGED',
          message: expect.stringContaining(files[replaced]),
        });
        expect(isReplaced).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
