// Is a tally exact over blocks of any mixture, whatever it knows from the blocks before?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCALARS } from '../src/abi/scalar.ts';
import { jsEngine } from '../src/engine/js-kernels.ts';
import type { Engine } from '../src/engine/kernel.ts';
import { COUNTING } from '../src/engine/sets.ts';
import { wasmEngine } from '../src/engine/wasm.ts';

const wasm = wasmEngine();
if (typeof wasm === 'string') throw new Error(wasm);
const engines: Engine[] = [wasm, jsEngine(null)];

const STATE = 0;
const COLUMN = 64;
const ROWS = 2200;

type Shape = 'same' | 'near' | 'grows' | 'streams' | 'wide' | 'highs' | 'ends';

/** A block of `count` values of some shape around `base`, one of which may be far from the others. */
function block(
  shape: Shape,
  base: bigint,
  count: number,
  outlier: readonly [number, bigint] | null,
  random: () => bigint,
): bigint[] {
  const values = Array.from({ length: count }, (_, i) => {
    const index = BigInt(i);
    if (shape === 'same') return base;
    if (shape === 'near') return base + (random() & 0xffffn);
    if (shape === 'grows') return base + index * 4096n;
    if (shape === 'streams') return base + (index % 7n) * 0x1_0000_0000n + index * 512n;
    if (shape === 'wide') return random();
    // High words that are 2^22 apart are the last that a block of 2048 can sum in 32 bits.
    if (shape === 'highs') return base + (random() & 1n) * ((0x3f_ffffn + (random() & 3n)) << 32n);
    return i % 2 === 0 ? 0n : -1n;
  });
  if (outlier !== null && count > 0) values[outlier[0] % count] = outlier[1];
  return values;
}

/** A small generator of 64-bit words, so that a failing run can be told from its seed. */
function words(seed: number): () => bigint {
  let state = BigInt(seed) + 1n;
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return state ^ (state >> 29n);
  };
}

const shape = fc.constantFrom<Shape>('same', 'near', 'grows', 'streams', 'wide', 'highs', 'ends');
const longs = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 32n - 1n, 2n ** 47n),
);
const blocks = fc.array(
  fc.record({
    shape,
    base: longs,
    count: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(511, 512, 2047, 2048, 2049)),
    outlier: fc.option(fc.tuple(fc.nat(4096), longs)),
  }),
  { minLength: 1, maxLength: 8 },
);

describe.each(['u16', 'i16', 'u32', 'i32', 'u64', 'i64'] as const)('tally_%s', (type) => {
  const { byteLength, signed, array } = SCALARS[type];
  const bits = byteLength * 8;
  const wrap = signed ? BigInt.asIntN : BigInt.asUintN;

  test.each(engines.map((engine) => [engine.name, engine] as const))('%s', (_, engine) => {
    const arena = engine.allocate(COLUMN + ROWS * 8);
    const { buffer } = arena;
    const kernels = arena.kernels(COUNTING);
    const state = new BigInt64Array(buffer, STATE, 4);
    const check = fc.property(blocks, fc.nat(), (run, seed) => {
      const random = words(seed);
      const all: bigint[] = [];
      state.set(signed ? [2n ** 63n - 1n, -(2n ** 63n), 0n, 0n] : [-1n, 0n, 0n, 0n]);
      for (const { shape: how, base, count, outlier } of run) {
        const values = block(how, base, count, outlier, random).map((value) => wrap(bits, value));
        const column = new array(buffer, COLUMN, ROWS);
        values.forEach((value, i) => {
          column[i] = byteLength === 8 ? value : Number(value);
        });
        const varies = kernels[`tally_${type}`](COLUMN, count, STATE);
        expect(varies).toBe(Number(values.some((value) => value !== values[0])));
        all.push(...values);
      }
      const [min, max, low, high] = state;
      expect((high << 32n) + low).toBe(all.reduce((sum, value) => sum + value, 0n));
      if (all.length === 0) return;
      const sorted = all.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      expect([wrap(64, min), wrap(64, max)]).toEqual([sorted[0], sorted.at(-1)]);
    });
    fc.assert(check, { seed: 20, numRuns: 150 });
  });
});
