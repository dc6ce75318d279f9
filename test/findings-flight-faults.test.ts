// Is a fault found that was put at a random place of a clean capture, with its descriptor?
import { expect, test } from 'vitest';
import { report } from '../src/node.ts';
import { FORMAT, sidesOf } from './support/captured-sides.ts';
import { FLIGHT_FAULTS } from './support/injected-flight.ts';
import { random } from './support/random.ts';

/** `npm run findings` draws more. */
const DRAWS = 6;
/** Captures without these findings that have a place for each fault. */
const CLEAN = {
  overlappingWrite: ['fio_nowait', 'fio_eio', 'fio_enospc', 'case_sync'],
  sharedBuffer: ['fio_nowait', 'fio_eio', 'fio_enospc'],
  emptyRead: ['fio_nowait', 'fio_eio', 'sysbench_fileio', 'case_resfd'],
} as const;

test.each(Object.entries(FLIGHT_FAULTS))('%s', async (name, inject) => {
  let drawn = 0;
  for (const capture of CLEAN[name as keyof typeof CLEAN])
    for (let seed = 1; seed <= DRAWS; seed++) {
      const injected = inject(random(seed), sidesOf(capture));
      if (injected === undefined) continue;
      drawn += 1;
      const { id, pid, fd } = injected.expected;
      const { findings } = (await report(...injected.sides, FORMAT)).toJSON();
      const finding = findings.find((each) => each.id === id);
      expect(finding?.where, `${capture}, seed ${seed}`).toMatchObject(
        id === 'shared-buffer' ? { pid } : { pid, fd },
      );
    }
  expect(drawn).toBeGreaterThanOrEqual(DRAWS);
});
