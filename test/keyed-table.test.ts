// Does a keyed table keep exactly its smallest keys, in any order and after any merges?
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyedTable } from '../src/analysis/summary/keyed-table.ts';

const TABLES = 4;
type Step =
  | { do: 'add'; table: number; key: number; count: number; low: number; high: number }
  | { do: 'addSum'; table: number; key: number; count: number; sum: bigint }
  | { do: 'merge'; table: number; from: number }
  | { do: 'read'; table: number };

/** Every key, with its count and sum. */
type Naive = Map<number, { count: number; sum: bigint }>;

function add(naive: Naive, key: number, count: number, sum: bigint): void {
  const row = naive.get(key) ?? { count: 0, sum: 0n };
  naive.set(key, { count: row.count + count, sum: row.sum + sum });
}

function cap(naive: Naive, keysMax: number) {
  const rows = [...naive].map(([key, row]) => ({ key, ...row })).sort((a, b) => a.key - b.key);
  const rest = rows.slice(keysMax);
  const other = {
    count: rest.reduce((total, { count }) => total + count, 0),
    sum: rest.reduce((total, { sum }) => total + sum, 0n),
  };
  return { rows: rows.slice(0, keysMax), other: rest.length === 0 ? null : other };
}

// Few keys, so that they repeat; both sides of the directly indexed ones; the extremes.
const key = fc.oneof(
  fc.nat(12),
  fc.constantFrom(1022, 1023, 1024, 1025, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
);
const table = fc.nat(TABLES - 1);
const count = fc.integer({ min: 1, max: 5 });
const word = fc.oneof(fc.nat(9), fc.constantFrom(2 ** 32 - 1, 2 ** 52 - 1));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      table,
      key,
      count,
      low: word,
      high: word,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('addSum' as const),
      table,
      key,
      count,
      sum: fc.bigInt({ min: 0n, max: 2n ** 90n }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), table, from: table }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), table }) },
);

test.each([1, 2, 4, 8])(
  'with at most %i keys it equals a naive count, at any time and after any merges',
  (keysMax) => {
    const check = fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const tables = Array.from({ length: TABLES }, () => ({
        ours: new KeyedTable(keysMax),
        naive: new Map() as Naive,
      }));
      const agree = ({ ours, naive }: (typeof tables)[number]) =>
        expect({ rows: ours.rows(), other: ours.other() }).toEqual(cap(naive, keysMax));
      for (const next of steps) {
        const { ours, naive } = tables[next.table];
        if (next.do === 'add') {
          ours.add(next.key, next.count, next.low, next.high);
          add(naive, next.key, next.count, (BigInt(next.high) << 32n) + BigInt(next.low));
        } else if (next.do === 'addSum') {
          ours.addSum(next.key, next.count, next.sum);
          add(naive, next.key, next.count, next.sum);
        } else if (next.do === 'merge' && next.from !== next.table) {
          ours.merge(tables[next.from].ours.state());
          for (const [from, row] of tables[next.from].naive) add(naive, from, row.count, row.sum);
        } else agree(tables[next.table]);
      }
      for (const pair of tables) agree(pair);
    });
    fc.assert(check, { seed: 41, numRuns: 1500 });
  },
);

test('a stream has the same result as a whole or in parts, in any order', () => {
  const check = fc.property(
    fc.array(fc.tuple(key, fc.nat(3)), { maxLength: 100 }),
    fc.constantFrom(1, 2, 4, 8),
    (stream, keysMax) => {
      const whole = new KeyedTable(keysMax);
      const parts = Array.from({ length: TABLES }, () => new KeyedTable(keysMax));
      for (const [value, part] of stream) {
        whole.add(value, 1, 7);
        parts[part].add(value, 1, 7);
      }
      const [forwards, backwards] = [new KeyedTable(keysMax), new KeyedTable(keysMax)];
      for (const part of parts) forwards.merge(part.state());
      for (const part of parts.toReversed()) backwards.merge(part.state());
      const tree = [parts[1], parts[3]];
      tree[0].merge(parts[0].state());
      tree[1].merge(parts[2].state());
      tree[1].merge(tree[0].state());
      for (const merged of [forwards, backwards, tree[1]]) {
        expect(merged.rows()).toEqual(whole.rows());
        expect(merged.other()).toEqual(whole.other());
      }
    },
  );
  fc.assert(check, { seed: 42, numRuns: 1000 });
});

test('sums are exact beyond 2^53', () => {
  const counted = new KeyedTable(1);
  const times = 2 ** 21 + 1;
  for (let i = 0; i < times; i++) {
    counted.add(5, 1, 2 ** 32 - 1, 2 ** 32 - 1);
    counted.add(9, 1, 2 ** 32 - 1, 2 ** 32 - 1);
  }
  const sum = BigInt(times) * (2n ** 64n - 1n);
  expect(counted.rows()).toEqual([{ key: 5, count: times, sum }]);
  expect(counted.other()).toEqual({ count: times, sum });
});

test('it keeps 65,536 keys by default, in any order', () => {
  for (const order of [1, -1]) {
    const counted = new KeyedTable();
    for (let i = 0; i < 200_000; i++) counted.add((order === 1 ? i : 199_999 - i) * 3, 1, 1);
    const rows = counted.rows();
    expect([rows.length, rows[0].key, rows[65_535].key]).toEqual([65_536, 0, 65_535 * 3]);
    expect(counted.other()).toEqual({ count: 200_000 - 65_536, sum: 200_000n - 65_536n });
  }
});
