// Do both engines count results and requests where the tables say, by hand?
import { expect, test } from 'vitest';
import { jsEngine } from '../src/engine/js.ts';
import { REQUEST_TABLES, RESULT_SLOTS, RESULT_TABLES, VALUE_SLOTS, VALUE_TABLES } from '../src/engine/tally.ts';
import { wasmEngine } from '../src/engine/wasm.ts';

const wasm = wasmEngine();
if (typeof wasm === 'string') throw new Error(wasm);
const SOURCE = 64;
const STATE = 65536;
const arenas = [wasm, jsEngine(null)].map((engine) => engine.allocate(4 * 65536));

test('results are counted where the definition says, whatever the tables held', () => {
  const results = [0n, 1n, 2n, 3n, 4096n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 62n, 2n ** 63n - 1n, -1n, -5n, -4095n, -4096n, -(2n ** 63n), 7n];
  const slots = [0, 1, 2, 2, 13, 32, 33, 63, 63, 65, 69, 64 + 4095, 64 + 4096, 64 + 4096, 3];
  for (const { buffer, kernels } of arenas) {
    const tables = new Uint32Array(buffer, STATE, RESULT_SLOTS * RESULT_TABLES).fill(2);
    new BigInt64Array(buffer, SOURCE, results.length).set(results);
    kernels.count_results(SOURCE, results.length, STATE, 1);
    const sums = Array.from(
      { length: RESULT_SLOTS },
      (_, slot) => tables[slot] + tables[slot + RESULT_SLOTS] + tables[slot + 2 * RESULT_SLOTS] + tables[slot + 3 * RESULT_SLOTS],
    );
    const expected = new Array<number>(RESULT_SLOTS).fill(8);
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
    const count = (begin: number) => kernels.count_requests(SOURCE, 1024, 2048, begin, 4, STATE);
    expect([count(0), count(1), count(3), count(4)]).toEqual([2, 2, 3, 4]);
    const row = (at: number) => [...new BigUint64Array(buffer, STATE + at, 3)];
    expect(row(REQUEST_TABLES.opcodes + 24)).toEqual([1n, 2n ** 32n - 1n, 2n ** 32n - 1n]);
    expect(row(REQUEST_TABLES.opcodes + 24 * 15)).toEqual([2n, 2n ** 33n - 2n, 2n ** 33n - 2n]);
    expect(row(REQUEST_TABLES.fds + 24 * 4095)).toEqual([1n, 2n ** 32n - 1n, 2n ** 32n - 1n]);
    const lengths = new Uint32Array(buffer, STATE + REQUEST_TABLES.lengths, 16 * 65);
    expect([lengths[65 + 64], lengths[15 * 65 + 64], lengths[64]]).toEqual([1, 2, 0]);
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
    const tables = new Uint32Array(buffer, STATE, VALUE_SLOTS * VALUE_TABLES).fill(3);
    const column = new Values(buffer, SOURCE, values.length + 2);
    column.set([...values, tooLarge, values[0]]);
    expect(kernels[kernel](SOURCE, values.length, STATE)).toBe(values.length);
    expect(kernels[kernel](SOURCE, values.length + 2, STATE)).toBe(values.length);
    const expected = new Array<number>(VALUE_SLOTS).fill(6);
    for (const slot of slots) expected[slot] += 2;
    expect(Array.from({ length: VALUE_SLOTS }, (_, slot) => tables[slot] + tables[slot + VALUE_SLOTS])).toEqual(expected);
  }
});
