// Do `and`, `or`, parentheses, names and quantities select what a naive evaluator selects?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AioscopeError, decode, encode, open } from '../src/node.ts';

const FORMAT = { kind: 'iocb', layout: 'ts:u64,comm:char8,n:i8,record' } as const;
const COMMS = ['', 'a', 'a b', '(x)', 'or', 'é'];
const records = Array.from({ length: 600 }, (_, i) => ({
  ts: BigInt(i),
  comm: COMMS[i % COMMS.length],
  n: (i * 7) % 5,
  aio_lio_opcode: i % 9,
  aio_reqprio: BigInt.asIntN(16, BigInt(i % 8) << 13n) + BigInt(i % 3),
  aio_fildes: (i % 7) - 1,
  aio_nbytes: BigInt(i % 11) * 4096n,
  aio_rw_flags: i % 16,
}));
type Row = (typeof records)[number];
const bytes = encode(records, FORMAT);
const selected = (where: string | string[]): number[] => {
  const batch = decode(bytes, { ...FORMAT, where });
  return Array.from({ length: batch.length }, (_, i) => batch.indexOf(i));
};
const naive = (holds: (row: Row) => boolean): number[] =>
  records.flatMap((row, i) => (holds(row) ? [i] : []));

test.each<[string, (row: Row) => boolean]>([
  ['n=1 or n=3', ({ n }) => n === 1 || n === 3],
  ['n=1 or n=3 and ts<100', ({ n, ts }) => n === 1 || (n === 3 && ts < 100n)],
  ['(n=1 or n=3) and ts<100', ({ n, ts }) => (n === 1 || n === 3) && ts < 100n],
  ['n=1 or n=3, ts<100', ({ n, ts }) => n === 1 || (n === 3 && ts < 100n)],
  ['((ts<100))', ({ ts }) => ts < 100n],
  ['(n=1)or(n=3)AND(ts<100)', ({ n, ts }) => n === 1 || (n === 3 && ts < 100n)],
  ['( ts<9 , n=1 ) OR comm=(x)', ({ ts, n, comm }) => (ts < 9n && n === 1) || comm === '(x)'],
  ['(comm=(x) or comm=é)', ({ comm }) => comm === '(x)' || comm === 'é'],
  ['comm="or" or comm = a b', ({ comm }) => comm === 'or' || comm === 'a b'],
  ['(comm="" or comm="or")', ({ comm }) => comm === '' || comm === 'or'],
  ['aio_lio_opcode=PWRITE', (r) => r.aio_lio_opcode === 1],
  ['aio_lio_opcode!=IOCB_CMD_PREADV', (r) => r.aio_lio_opcode !== 7],
  ['aio_reqprio=RT', (r) => r.aio_reqprio >> 13n === 1n],
  ['aio_reqprio!=IOPRIO_CLASS_BE', (r) => r.aio_reqprio >> 13n !== 2n],
  ['aio_reqprio>RT', (r) => r.aio_reqprio >= 0x4000n],
  ['aio_reqprio<=RT', (r) => r.aio_reqprio <= 0x3fffn],
  ['aio_reqprio>=BE', (r) => r.aio_reqprio >= 0x4000n],
  ['aio_reqprio<BE', (r) => r.aio_reqprio < 0x4000n],
  ['aio_reqprio=INVALID', (r) => r.aio_reqprio >> 13n === -1n],
  ['aio_rw_flags=NOWAIT|RWF_HIPRI', (r) => r.aio_rw_flags === 9],
  ['aio_rw_flags = NOWAIT | DSYNC or n=1', (r) => r.aio_rw_flags === 10 || r.n === 1],
  ['fd=-1', (r) => r.aio_fildes === -1],
  ['fd>=2,fd<4', (r) => r.aio_fildes === 2 || r.aio_fildes === 3],
  ['aio_nbytes>=16K', (r) => r.aio_nbytes >= 16384n],
  ['aio_nbytes<0.01953125MiB', (r) => r.aio_nbytes < 20480n],
  ['aio_nbytes=8kib', (r) => r.aio_nbytes === 8192n],
  ['ts>=0.3k', ({ ts }) => ts >= 300n],
  ['ts<1M', () => true],
  ['ts>=16E', () => false],
])('%s', (where, holds) => {
  expect(selected(where)).toEqual(naive(holds));
});

test.each([
  ['EWOULDBLOCK', -11n],
  ['-EWOULDBLOCK', -11n],
  ['EDEADLOCK', -35n],
  ['ENOTSUP', -95n],
  ['ENOTSUPP', -524n],
  ['EIO', -5n],
  ['4K', 4096n],
])('res=%s is %d', (name, res) => {
  const dump = encode([{ res }, { res: 0n }], { kind: 'io_event' });
  const batch = decode(dump, { kind: 'io_event', where: `res=${name}` });
  expect([...batch].map((event) => event.res)).toEqual([res]);
});

test('any expression selects what a naive evaluator does, in blocks of any size', async () => {
  interface Made {
    readonly text: string;
    holds(row: Row): boolean;
  }
  const COMPARE: Record<string, (a: bigint | string, b: bigint | string) => boolean> = {
    '=': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  };
  const number = fc
    .record({
      name: fc.constantFrom('ts', 'n', 'aio_fildes', 'aio_nbytes', 'aio_reqprio'),
      sign: fc.constantFrom(...Object.keys(COMPARE)),
      at: fc.nat(records.length - 1),
    })
    .map(({ name, sign, at }): Made => {
      const value = records[at][name as 'ts'];
      const holds = (row: Row) => COMPARE[sign](BigInt(row[name as 'ts']), BigInt(value));
      return { text: `${name} ${sign}${value}`, holds };
    });
  const text = fc.record({ sign: fc.constantFrom('=', '!='), comm: fc.constantFrom(...COMMS) }).map(
    ({ sign, comm }): Made => ({
      text: `comm${sign}'${comm}'`,
      holds: (row) => COMPARE[sign](row.comm, comm),
    }),
  );
  const { any } = fc.letrec<{ any: Made; all: Made; one: Made }>((tie) => ({
    one: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(number, text),
      tie('any').map((each) => ({ ...each, text: `(${each.text})` })),
    ),
    all: fc
      .tuple(
        fc.array(tie('one'), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(' and ', ',', ' ,\t', '\nAND '),
      )
      .map(
        ([parts, by]): Made => ({
          text: parts.map((each) => each.text).join(by),
          holds: (row) => parts.every((each) => each.holds(row)),
        }),
      ),
    any: fc.array(tie('all'), { minLength: 1, maxLength: 3 }).map(
      (parts): Made => ({
        text: parts.map((each) => each.text).join(' or '),
        holds: (row) => parts.some((each) => each.holds(row)),
      }),
    ),
  }));
  const check = fc.asyncProperty(
    fc.array(any, { minLength: 1, maxLength: 2 }),
    fc.constantFrom(7, 64, 8192),
    async (wheres, batchSize) => {
      const where = wheres.map((each) => each.text);
      const expected = naive((row) => wheres.every((each) => each.holds(row)));
      expect(selected(where)).toEqual(expected);
      const found: number[] = [];
      for await (const batch of open(bytes, { ...FORMAT, where, batchSize }))
        for (let i = 0; i < batch.length; i++) found.push(batch.indexOf(i));
      expect(found).toEqual(expected);
    },
  );
  await fc.assert(check, { seed: 12, numRuns: 300 });
});

test('times select beside alternatives', () => {
  const batch = decode(bytes, { ...FORMAT, where: 'n=1 or n=3', from: '+100ns', to: '+200ns' });
  expect(Array.from({ length: batch.length }, (_, i) => batch.indexOf(i))).toEqual(
    naive(({ n, ts }) => (n === 1 || n === 3) && ts >= 100n && ts < 200n),
  );
});

const refusal = (where: string): string => {
  try {
    open(new Uint8Array(0), { ...FORMAT, where });
  } catch (error) {
    if (error instanceof AioscopeError) return error.message;
  }
  return 'nothing';
};

describe('what is no condition is refused', () => {
  test.each([
    ['(n=1', 'a parenthesis is not closed'],
    ['n=1)', "'1)' is not a value of n"],
    ['(n=1))', "')' does not join conditions"],
    ['(n=1) n=2', "'n=2' does not join conditions"],
    ['()', "'' is not a condition"],
    ['n=1 or', "'' is not a condition"],
    ['n=1 or or n=2', "'or n=2' is not a condition"],
    ['n=1,', "'' is not a condition"],
    ['PWRITE', "'PWRITE' is not a condition"],
    [`${'('.repeat(101)}n=1`, 'more than 100 parentheses are open'],
    ['n=RT', "'RT' is not a value of n"],
    ['n=1K', "'1K' is not a value of n"],
    ['aio_nbytes=0.3K', "'0.3K' is not a value of aio_nbytes"],
    ['fd=1k', "'1k' is not a value of aio_fildes"],
    ['aio_lio_opcode=pwrite', "'pwrite' is not a value of aio_lio_opcode"],
    ['aio_rw_flags=NOWAIT|', "'NOWAIT|' is not a value of aio_rw_flags"],
  ])('%s', (where, message) => {
    expect(refusal(where)).toContain(message);
  });
});
