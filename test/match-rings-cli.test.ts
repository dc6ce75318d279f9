// Does `aioscope match` recognize images of rings among its files, and say what completed and what did not?
import { describe, expect, test } from 'vitest';
import { fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';

const log = fixture('qemu_bench_read.iocb88');
const image = (state: string) => fixture(`qemu_bench_read.${state}.ring`);

test('the text says what the rings hold, when they were captured, and what completed', async () => {
  const text = await printedHere(['match', log, image('wrap')]);
  expect(text).toContain('rings      ring 0 of pid 9675, 2,175 slots');
  expect(text).toContain('1 completion not reaped, 2,174 reaped');
  expect(text).toContain('images     ring 0: captured after submission 2,174 and before 2,212');
  expect(text).toContain('completed  2,175 requests with a completion in the images');
  expect(text).not.toContain('latency');
});

test('files may be in any order, and JSON has the same', async () => {
  const of = async (...files: string[]) =>
    JSON.parse(await printedHere(['match', '--json', ...files]));
  const first = await of(log, image('pend'), image('used'), image('wrap'));
  expect(first).toMatchObject({ completedLive: 1, completedStale: 2174, rings: [{ id: 0 }] });
  const second = await of(image('pend'), image('used'), log, image('wrap'));
  expect(second).toEqual(first);
});

test('--to is the moment of the images', async () => {
  const json = JSON.parse(
    await printedHere(['match', '--json', '--to', '2677897590200', log, image('wrap')]),
  );
  expect(json).toMatchObject({ after: 0, rings: [{ captured: { before: null } }] });
});

describe('what makes no sense is an error', () => {
  test.each([
    ['--slowest', ['--slowest', '3'], /no times: --slowest cannot be used with them/],
    ['--pairs', ['--pairs'], /no times: --pairs cannot/],
    ['--order', ['--order', 'counting'], /no times: --order cannot/],
    ['--key', ['--key', 'data'], /remove --key data/],
    ['completions as well', [fixture('qemu_bench_read.ioev56')], /with one or the other/],
    ['several logs', [log], /one dump of submissions; got 2/],
  ])('%s', async (_, args, message) => {
    const { status, stderr } = await ran(['match', ...args, log, image('wrap')]);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test('no submissions', async () => {
    const { status, stderr } = await ran(['match', image('wrap'), image('full')]);
    expect(stderr).toMatch(/one dump of submissions; got 0/);
    expect(status).toBe(2);
  });
});
