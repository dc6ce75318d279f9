// Is a lost block, another clock or a hanging descriptor found wherever it is put in a clean capture?
import { expect, test } from 'vitest';
import { report } from '../src/node.ts';
import { describeFinding } from '../src/words/findings.ts';
import { FORMAT } from './support/captured-sides.ts';
import {
  hangingDescriptor,
  type Injected,
  lostBlock,
  randomsOf,
  shiftedClock,
} from './support/injected-loss.ts';

/** `npm run findings` makes 100 draws. */
const DRAWS = Number(process.env['AIOSCOPE_DRAWS'] ?? 5);
const CLEAN = ['sysbench_fileio', 'qemu_bench_read'];

/** How many of the draws the finding was missing or wrong in. */
async function misses(inject: (draw: number) => Injected): Promise<string[]> {
  const missed: string[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const { sides, id, fd, count } = inject(draw);
    const { findings } = (await report(...sides, FORMAT)).toJSON();
    const found = findings.find((finding) => finding.id === id);
    const isRight =
      found !== undefined &&
      (fd === undefined || found.where.fd === fd) &&
      (count === undefined || found.count === count);
    if (!isRight)
      missed.push(`draw ${draw}: ${findings.map((each) => describeFinding(each).text)}`);
  }
  return missed;
}

const most = Math.floor(DRAWS / 100);

test.each(CLEAN)('of %s nothing of the kind is found', async (name) => {
  const { sides } = hangingDescriptor(name, 0, randomsOf(1));
  const { findings } = (await report(...sides, FORMAT)).toJSON();
  const ids = findings.map(({ id }) => id);
  for (const id of ['lost', 'two-clocks', 'hung']) expect(ids).not.toContain(id);
});

test.each(CLEAN)('a block of 200 records that %s lacks', async (name) => {
  const missed = await misses((draw) => lostBlock(name, 200, randomsOf(draw)));
  expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(most);
});

test.each(CLEAN)('another clock of the completions of %s', async (name) => {
  const missed = await misses((draw) => shiftedClock(name, randomsOf(draw)));
  expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(most);
});

test.each(CLEAN)('a descriptor of %s with three requests that hang', async (name) => {
  const missed = await misses((draw) => hangingDescriptor(name, 3, randomsOf(draw)));
  expect(missed.length, missed.join('\n')).toBeLessThanOrEqual(most);
});
