// Is a stream that is too long for one tally counted correctly? The limit of 2^31 - 1 records is
// lowered to a few blocks.
import { expect, test, vi } from 'vitest';
import { encode, type SummaryJson, summarize } from '../../src/index.ts';
import { IOCB_COLUMNS, naiveIocb, naiveIoEvent, type Plain } from '../naive/summary.ts';
import { random } from '../support/random.ts';

vi.mock('../../src/engine/tables.ts', async (original) => ({
  ...(await original<object>()),
  TALLY_RECORDS_MAX: 5000,
}));

const COUNT = 20_000;
const zeros = Object.fromEntries(IOCB_COLUMNS.map((name) => [name, 0n]));

test.each(['wasm-simd', 'js'] as const)(
  'completions, some of them impossible: %s',
  async (engine) => {
    const { below, pick } = random(51);
    // A few impossible results per block: they are summed separately, when their count has grown.
    const records: Plain[] = Array.from({ length: COUNT }, (_, i) => {
      const res =
        below(500) === 0
          ? pick([-4096n, -(2n ** 63n), -(2n ** 32n)])
          : pick([4096n, -5n, 2n ** 63n - 1n]);
      return { data: BigInt(i), obj: 2n ** 64n - 1n, res, res2: 0n };
    });
    const { io_event }: SummaryJson = (
      await summarize(encode(records, { kind: 'io_event' }), { kind: 'io_event', engine })
    ).toJSON();
    expect(io_event).toEqual(naiveIoEvent(records));
  },
);

test.each(['wasm-simd', 'js'] as const)('submissions: %s', async (engine) => {
  const { below, pick } = random(52);
  const records: Plain[] = Array.from({ length: COUNT }, () => ({
    ...zeros,
    aio_lio_opcode: pick([0n, 1n, 7n, 99n]),
    aio_fildes: BigInt(below(5000)),
    aio_nbytes: 2n ** 64n - 1n - BigInt(below(2)),
    aio_offset: -(2n ** 63n),
  }));
  const { iocb }: SummaryJson = (
    await summarize(encode(records, { kind: 'iocb' }), { kind: 'iocb', engine })
  ).toJSON();
  expect(iocb).toEqual(naiveIocb(records));
});
