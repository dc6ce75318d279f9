// Is a lost block, another clock or a hanging descriptor found wherever it is put in a clean capture?
import { expect, test } from 'vitest';
import { report } from '../src/node.ts';
import { describeFinding } from '../src/words/findings.ts';
import { FORMAT, sidesOf } from './support/captured-sides.ts';
import { hangingDescriptor, LOSS_FAULTS, randomsOf } from './support/injected-loss.ts';

/** `npm run findings` draws more. */
const DRAWS = 5;
const CLEAN = ['sysbench_fileio', 'qemu_bench_read'];

test.each(CLEAN)('of %s nothing of the kind is found', async (name) => {
  const { sides } = hangingDescriptor(sidesOf(name), 0, randomsOf(1));
  const { findings } = (await report(...sides, FORMAT)).toJSON();
  const ids = findings.map(({ id }) => id);
  for (const id of ['lost', 'two-clocks', 'hung']) expect(ids).not.toContain(id);
});

test.each(Object.entries(LOSS_FAULTS))('%s', async (_, inject) => {
  for (const name of CLEAN)
    for (let draw = 0; draw < DRAWS; draw++) {
      const injected = inject(sidesOf(name), randomsOf(draw));
      if (injected === undefined) throw new Error(`${name} has no place for it`);
      const { sides, id, fd, count } = injected;
      const { findings } = (await report(...sides, FORMAT)).toJSON();
      const found = findings.find((finding) => finding.id === id);
      const said = findings.map((each) => describeFinding(each).text);
      expect(found, `${name}, draw ${draw}: ${said}`).toMatchObject({
        id,
        ...(fd !== undefined && { where: { fd } }),
        ...(count !== undefined && { count }),
      });
    }
});
