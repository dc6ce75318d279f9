// Does a report find in captures of fio what fio was configured to do?
import { describe, expect, type TestContext, test } from 'vitest';
import { type ReportJson, report } from '../src/node.ts';
import { bytesOf, dumps, notShipped } from './support/captures.ts';

const formats = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;

const reportOn = async (submissions: Uint8Array, completions: Uint8Array): Promise<ReportJson> =>
  (await report(submissions, completions, formats)).toJSON();

describe('what fio was configured to do', () => {
  const load = async (
    name: string,
    skip?: TestContext['skip'],
  ): Promise<ReportJson | undefined> => {
    const found = ['iocb88', 'ioev56'].map((of) =>
      dumps.find(({ label }) => label === `${name}.${of}`),
    );
    const [iocb, ioev] = found;
    skip?.(iocb === undefined || ioev === undefined, notShipped(name));
    return iocb && ioev && reportOn(bytesOf(iocb.path), bytesOf(ioev.path));
  };

  // io_setup in the trace of fio_nowait requests 8; the others have the depth in their names.
  test.for([
    ['fio_nowait', 8],
    ['fio_randrw_qd8', 8],
    ['fio_randrw_qd32', 32],
  ] as const)('%s has the queue depth that was set', async ([name, depth], { skip }) => {
    const json = await load(name, skip);
    expect(json?.matched?.figures.depth?.max).toBe(depth);
  });

  test('filling a device is sequential, and random reads are not', async () => {
    const [filling, reading] = [await load('fio_enospc'), await load('fio_nowait')];
    const [[writes], [reads]] = [
      filling?.submissions?.patterns.streams ?? [],
      reading?.submissions?.patterns.streams ?? [],
    ];
    expect(writes).toMatchObject({
      direction: 'write',
      pattern: 'sequential',
      classes: { sequential: writes.requests - 1 },
    });
    expect(reads).toMatchObject({ direction: 'read', pattern: 'random' });
    expect(reads.classes.random / (reads.requests - 1)).toBeGreaterThan(0.95);
  });
});
