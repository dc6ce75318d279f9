// Is the queue depth over time that of the records, and left out where it is not known?
import { expect, test } from 'vitest';
import { decode, encode, report } from '../src/node.ts';
import { depthOverTime } from '../src/words/report-depth-over-time.ts';
import { bytesOf, dumps } from './support/captures.ts';

const LAYOUT = 'ts:u64,addr:u64,pid:u32,tid:u32,record';
const SUBMISSION = { kind: 'iocb', layout: LAYOUT } as const;
const COMPLETION = { kind: 'io_event', layout: LAYOUT } as const;

const pathOf = (label: string) => dumps.find((dump) => dump.label === label)?.path ?? '';

test.each(['sysbench_fileio', 'case_vec', 'qemu_bench_read'])(
  'at the end of each bin, %s has so many submissions without a completion',
  async (name) => {
    const [submitted, completed] = ['iocb88', 'ioev56'].map((suffix) =>
      bytesOf(pathOf(`${name}.${suffix}`)),
    );
    const times = (bytes: Uint8Array, format: typeof SUBMISSION | typeof COMPLETION) => [
      ...decode(bytes, format).columns.ts,
    ];
    const [begins, ends] = [times(submitted, SUBMISSION), times(completed, COMPLETION)];
    const series = depthOverTime((await report(submitted, completed)).toJSON());
    if (series === undefined) throw new Error('it has no depth');
    const { from, step, bins } = series.axis;
    const naive = Array.from({ length: bins }, (_, i) => {
      const end = BigInt(from) + BigInt(step) * BigInt(i + 1);
      const until = (all: readonly bigint[]) => all.filter((ts) => ts < end).length;
      return until(begins) - until(ends);
    });
    expect(series.values).toEqual(naive);
    expect(Math.max(...naive)).toBeGreaterThan(0);
  },
);

test('a submission without a completion leaves the depth unknown', async () => {
  const submissions = Array.from({ length: 10 }, (_, i) => ({
    ...{ ts: BigInt(i) * 1000n, addr: BigInt(i + 1) * 64n, pid: 1, tid: 1, aio_nbytes: 512n },
  }));
  const completions = submissions.map(({ ts, addr, pid, tid }) => ({
    ...{ ts: ts + 500n, addr, pid, tid, obj: addr, res: 512n },
  }));
  const depthOf = async (count: number) => {
    const found = await report(
      encode(submissions, SUBMISSION),
      encode(completions.slice(0, count), COMPLETION),
      { submissions: { layout: LAYOUT }, completions: { layout: LAYOUT } },
    );
    return depthOverTime(found.toJSON());
  };
  expect((await depthOf(10))?.values).toContain(1);
  expect(await depthOf(9)).toBeUndefined();
});
