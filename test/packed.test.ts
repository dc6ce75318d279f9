// Are statistics without columns exact at the borders of what one vector can hold?
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  COMPLETION_SIZES,
  COMPLETION_SLOTS,
  COMPLETION_TABLES,
  SIZE_BUCKETS,
} from '../src/engine/tables.ts';
import { arenas } from './support/memory.ts';

const SOURCE = 64;
const TALLIES = 4 * 65536;
const TABLES = TALLIES + 128;

type Event = readonly [bigint, bigint, bigint, bigint];
const SIGNED = [false, false, true, true];
const STARTS = [-1n, 0n, 5n, 7n, -1n, 0n, 5n, 7n].concat(
  [2n ** 63n - 1n, -(2n ** 63n), 5n, 7n],
  [2n ** 63n - 1n, -(2n ** 63n), 5n, 7n],
);

/** What a kernel of either engine leaves of events, after a tally that had a sum already. */
function summarized(kernels: typeof arenas.wasm, events: readonly Event[], stride: number) {
  const { buffer } = kernels;
  new Uint8Array(buffer, TALLIES, 128 + COMPLETION_SLOTS * COMPLETION_TABLES * 4).fill(0);
  const state = new BigInt64Array(buffer, TALLIES, 16);
  state.set(STARTS);
  const view = new DataView(buffer);
  events.forEach((event, i) => {
    event.forEach((value, field) => {
      view.setBigUint64(SOURCE + i * stride + 8 * field, BigInt.asUintN(64, value), true);
    });
  });
  const nonzero = kernels.kernels.summarize_io_event(
    SOURCE,
    stride,
    events.length,
    TALLIES,
    TABLES,
  );
  const tables = new Uint32Array(buffer, TABLES, COMPLETION_SLOTS * COMPLETION_TABLES);
  const counts = new Map<number, number>();
  for (let at = 0; at < tables.length; at++) {
    if (tables[at] === 0) continue;
    const slot = at % COMPLETION_SLOTS;
    counts.set(slot, (counts.get(slot) ?? 0) + tables[at]);
  }
  const words = (at: number) => SIGNED.map((_, field) => state[4 * field + at]);
  const [low, high] = [words(2), words(3)];
  return {
    nonzero,
    counts: [...counts].sort(([a], [b]) => a - b),
    min: words(0).map((word, field) => (SIGNED[field] ? word : BigInt.asUintN(64, word))),
    max: words(1).map((word, field) => (SIGNED[field] ? word : BigInt.asUintN(64, word))),
    sum: low.map((word, field) => (high[field] << 32n) + word),
    isNormal: low.every((word) => word >= 0n && word < 2n ** 32n),
  };
}

/** Where a result is counted, from the definition of the tables. */
function slotOf(res: bigint): number {
  if (res >= 0n && res % 512n === 0n && res <= 2n ** 20n)
    return COMPLETION_SIZES + Number(res >> 9n);
  if (res >= 0n) return res.toString(2).length;
  return SIZE_BUCKETS + (res < -4095n ? 4096 : Number(-res));
}

/** The same of events, value by value. */
function expected(events: readonly Event[]) {
  const columns = SIGNED.map((isSigned, field) =>
    events.map((event) => (isSigned ? BigInt.asIntN : BigInt.asUintN)(64, event[field])),
  );
  const counts = new Map<number, number>();
  for (const res of columns[2]) counts.set(slotOf(res), (counts.get(slotOf(res)) ?? 0) + 1);
  const sorted = columns.map((values) => values.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
  return {
    nonzero: columns[3].filter((value) => value !== 0n).length,
    counts: [...counts].sort(([a], [b]) => a - b),
    min: sorted.map(([least]) => least),
    max: sorted.map((values) => values[values.length - 1]),
    sum: columns.map((values) => values.reduce((a, b) => a + b, 5n + (7n << 32n))),
    isNormal: true,
  };
}

const check = (events: readonly Event[], stride = 32) => {
  const right = expected(events);
  expect(summarized(arenas.wasm, events, stride)).toEqual(right);
  expect(summarized(arenas.js, events, stride)).toEqual(right);
};

const POWERS = [0n, 9n, 20n, 31n, 52n, 60n, 61n, 62n, 63n].map((n) => 1n << n);
/** Borders: of types, of doubles, of slots, and of what a sum of 2^k values of some width can hold. */
const borders = POWERS.flatMap((power) => [-1n, 0n, 1n].flatMap((d) => [power + d, -power + d]));
const value = fc.oneof(
  fc.constantFrom(...borders, 2n ** 61n - 2n ** 52n, 2n ** 52n - 2n ** 61n, 4096n, -11n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
);

/** A field of a block: one value, values of a range that begins at a border, or any. */
const field = fc.oneof(
  value.map((one) => () => one),
  fc.tuple(value, fc.constantFrom(...POWERS)).map(
    ([base, width]) =>
      (random: bigint) =>
        base + (random % width),
  ),
  fc
    .array(value, { minLength: 2, maxLength: 4 })
    .map((few) => (random: bigint) => few[Number(random % BigInt(few.length))]),
);
const counts = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(255, 256, 257, 511, 512));

test('blocks of any mixture of fields', () => {
  const block = fc.record({
    fields: fc.tuple(field, field, field, field),
    count: counts,
    seed: fc.bigInt({ min: 1n, max: 2n ** 32n }),
    stride: fc.constantFrom(32, 41, 56),
  });
  const run = fc.property(block, ({ fields, count, seed, stride }) => {
    let state = seed;
    const random = () => {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
      return state ^ (state >> 31n);
    };
    const events = Array.from(
      { length: count },
      () => fields.map((of) => of(random())) as unknown as Event,
    );
    check(events, stride);
  });
  fc.assert(run, { seed: 21, numRuns: 500 });
});

test.each([1, 2, 3, 4, 5])(
  'every pair of borders among %i events',
  (count) => {
    for (const first of borders) {
      for (const other of borders) {
        const events = Array.from({ length: count }, (_, i): Event => {
          const one = i === count - 1 ? other : first;
          return [one, first, one, other];
        });
        check(events);
      }
    }
  },
  60_000,
);

test('a sum that wraps only because there are so many, by one', () => {
  for (const bits of [1n, 8n, 9n]) {
    const count = 2 ** Number(bits);
    const width = 2n ** (64n - bits);
    for (const most of [width / 4n, width / 2n - 1n, width - 1n, width, width + 1n]) {
      for (const base of [0n, 5n, 2n ** 63n - most, -(2n ** 63n)]) {
        const events = Array.from({ length: count }, (_, i): Event => {
          const one = base + (i === 0 ? 0n : most);
          return [one, one, one, one];
        });
        check(events);
      }
    }
  }
});
