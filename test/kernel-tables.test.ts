// Do both engines count results and requests where the tables say, by hand?
import { expect, test } from 'vitest';
import { SECTOR_BYTES } from '../src/abi/limit.ts';
import { jsEngine } from '../src/engine/js-kernels.ts';
import type { Engine } from '../src/engine/kernel.ts';
import { COUNTING } from '../src/engine/sets.ts';
import {
  COMMON_SHIFT,
  COMMON_SIZES,
  COMPLETION_SLOTS,
  COMPLETION_TABLES,
  SUBMISSION_BYTES,
  SUBMISSION_TABLE_BYTES,
  SUBMISSION_TABLES,
  VALUE_SLOTS,
} from '../src/engine/tables.ts';
import { wasmEngine } from '../src/engine/wasm.ts';

const wasm = wasmEngine();
if (typeof wasm === 'string') throw new Error(wasm);
const SOURCE = 64;
const STATE = 65536;
const engines = [wasm, jsEngine(null)];
/** Memory and its counting kernels. */
function allocate(engine: Engine, byteLength: number) {
  const arena = engine.allocate(byteLength);
  return { buffer: arena.buffer, kernels: arena.kernels(COUNTING) };
}
const arenas = engines.map((engine) => allocate(engine, 8 * 65536));

test('results are counted where the definition says, whatever the tables held', () => {
  const results = [
    0n,
    1n,
    2n,
    3n,
    4096n,
    4097n,
    2n ** 20n,
    2n ** 20n + 512n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 62n,
    2n ** 63n - 1n,
    -1n,
    -5n,
    -4095n,
    -4096n,
    -(2n ** 63n),
    7n,
  ];
  const errnos = [65, 69, 64 + 4095, 64 + 4096, 64 + 4096];
  // Multiples of 512 up to 1 MiB come last.
  const sizes = 64 + 4097;
  const large = [13, sizes + 2048, 21, 32, 33, 63, 63];
  const slots = [sizes, 1, 2, 2, sizes + 8, ...large, ...errnos, 3];
  for (const { buffer, kernels } of arenas) {
    const tables = new Uint32Array(buffer, STATE, COMPLETION_SLOTS * COMPLETION_TABLES).fill(2);
    new BigInt64Array(buffer, SOURCE, results.length).set(results);
    kernels.count_completions(SOURCE, results.length, STATE, 1);
    const sums = Array.from(
      { length: COMPLETION_SLOTS },
      (_, slot) =>
        tables[slot] +
        tables[slot + COMPLETION_SLOTS] +
        tables[slot + 2 * COMPLETION_SLOTS] +
        tables[slot + 3 * COMPLETION_SLOTS],
    );
    const expected = new Array<number>(COMPLETION_SLOTS).fill(8);
    for (const slot of slots) expected[slot] += 1;
    expect(sums).toEqual(expected);
  }
});

test('requests are counted up to the first that has no room in the tables', () => {
  for (const { buffer, kernels } of arenas) {
    new Uint8Array(buffer).fill(0);
    new Uint16Array(buffer, SOURCE, 4).set([1, 15, 0, 16]);
    new Uint32Array(buffer, 1024, 4).set([4095, 0, 4096, 0]);
    new BigUint64Array(buffer, 2048, 4).fill(2n ** 64n - 1n);
    const count = (begin: number) => kernels.count_submissions(SOURCE, 1024, 2048, begin, 4, STATE);
    expect([count(0), count(1), count(3), count(4)]).toEqual([2, 2, 3, 4]);
    /** Count, sum of low words and sum of high words of an entry, whichever table has it. */
    const entry = (at: number, high: number) => {
      const words = new BigUint64Array(buffer, STATE, SUBMISSION_BYTES / 8);
      const tables = Array.from(
        { length: SUBMISSION_TABLES },
        (_, table) => (table * SUBMISSION_TABLE_BYTES) / 8 + 2 * at,
      );
      const sum = (field: number) =>
        tables.reduce((total, table) => total + words[table + field], 0n);
      return [sum(0), sum(1), words[(SUBMISSION_TABLES * SUBMISSION_TABLE_BYTES) / 8 + high]];
    };
    const [most, fds] = [2n ** 32n - 1n, 16 * 65];
    expect(entry(65 + 64, 1)).toEqual([1n, most, most]);
    expect(entry(15 * 65 + 64, 15)).toEqual([2n, 2n * most, 2n * most]);
    expect(entry(64, 0)).toEqual([0n, 0n, 0n]);
    expect(entry(fds + 4095, 16 + 4095)).toEqual([1n, most, most]);
    expect(entry(fds, 16)).toEqual([2n, 2n * most, 2n * most]);
  }
});

test('common sizes are multiples of a sector', () => {
  expect(2 ** COMMON_SHIFT).toBe(SECTOR_BYTES);
  expect((COMMON_SIZES - 1) * SECTOR_BYTES).toBe(2 ** 20);
});

test('common sizes of PREAD and PWRITE have entries of their own, behind the descriptors', () => {
  for (const { buffer, kernels } of arenas) {
    new Uint8Array(buffer).fill(0);
    new Uint16Array(buffer, SOURCE, 6).set([0, 1, 1, 2, 0, 1]);
    new BigUint64Array(buffer, 2048, 6).set([0n, 4096n, 4097n, 4096n, 2n ** 20n, 2n ** 41n]);
    expect(kernels.count_submissions(SOURCE, 1024, 2048, 0, 6, STATE)).toBe(6);
    const words = new BigUint64Array(buffer, STATE, SUBMISSION_BYTES / 8);
    const found = Array.from({ length: SUBMISSION_TABLE_BYTES / 16 }, (_, at) => at).filter((at) =>
      [0, SUBMISSION_TABLE_BYTES / 8].some((table) => words[table + 2 * at] > 0n),
    );
    const [fds, sizes] = [16 * 65, 16 * 65 + 4096];
    expect(found).toEqual([
      ...[65 + 13, 65 + 42, 2 * 65 + 13, fds],
      ...[sizes, sizes + 2048, sizes + 2049 + 8],
    ]);
  }
});

test.each([
  ['count_values_32', Uint32Array, [0, 2 ** 32 - 1, 1022, 1, 1], [1, 0, 1023, 2, 2], 1023],
  [
    'count_values_16',
    Uint16Array,
    [0, 0x2000, 0x607f, 0xe001, 0x6004, 0x6004],
    [0, 128, 3 * 128 + 127, 7 * 128 + 1, 3 * 128 + 4, 3 * 128 + 4],
    0x2080,
  ],
] as const)('%s counts as far as there is room', (kernel, Values, values, slots, tooLarge) => {
  for (const { buffer, kernels } of arenas) {
    const tables = new Uint32Array(buffer, STATE, VALUE_SLOTS).fill(3);
    const column = new Values(buffer, SOURCE, values.length + 2);
    column.set([...values, tooLarge, values[0]]);
    expect(kernels[kernel](SOURCE, values.length, STATE)).toBe(values.length);
    expect(kernels[kernel](SOURCE, values.length + 2, STATE)).toBe(values.length);
    const expected = new Array<number>(VALUE_SLOTS).fill(3);
    for (const slot of slots) expected[slot] += 2;
    expect([...tables]).toEqual(expected);
  }
});

/** Columns of `different` values, of every length that ends elsewhere in a vector, with or without one that has no room. */
function* fewValued(Values: typeof Uint32Array | typeof Uint16Array, tooLarge: number) {
  const known = [0, 3, 0x2001, 5, 6, 0x4002].map((value) =>
    Values === Uint16Array ? value : value % 1000,
  );
  for (let different = 1; different <= known.length; different++) {
    for (const length of [1, 2, 7, 8, 9, 31, 64, 65, 1000, 2048]) {
      const column = new Values(length).map((_, i) => known[((i * i + (i >> 3)) * 7) % different]);
      yield column;
      yield column.map((value, i) => (i === length >> 1 ? tooLarge : value));
      yield column.map((value, i) => (i < length - 1 ? known[0] : value));
    }
  }
}

test.each([
  ['count_values_32', Uint32Array, 4000],
  ['count_values_16', Uint16Array, 0x2080],
] as const)(
  '%s of few different values leaves what the definition leaves',
  (kernel, Values, tooLarge) => {
    for (const values of fewValued(Values, tooLarge)) {
      const left = arenas.map(({ buffer, kernels }) => {
        const tables = new Uint32Array(buffer, STATE, VALUE_SLOTS).fill(1);
        new Values(buffer, SOURCE, values.length).set(values);
        return { counted: kernels[kernel](SOURCE, values.length, STATE), tables: tables.slice() };
      });
      expect(left[0]).toEqual(left[1]);
    }
  },
);

test.each([
  ['tally_u16', Uint16Array, 65535],
  ['tally_i16', Int16Array, -32768],
  ['tally_u32', Uint32Array, 2 ** 32 - 1],
  ['tally_i32', Int32Array, -(2 ** 31)],
] as const)('%s has the sum of a column whose lanes overflow', (kernel, Values, extreme) => {
  const rows = 600_001;
  const column = new Values(rows).fill(extreme);
  column[0] = 1;
  const sums = engines.map((engine) => {
    const { buffer, kernels } = allocate(engine, 64 * 65536);
    new Values(buffer, SOURCE, rows).set(column);
    const state = buffer.byteLength - 64;
    expect(kernels[kernel](SOURCE, rows, state)).toBe(1);
    const [, , low, high] = new BigInt64Array(buffer, state, 4);
    return (high << 32n) + low;
  });
  expect(sums).toEqual([1n, 1n].map((one) => one + BigInt(extreme) * BigInt(rows - 1)));
});
