// The memory in which the kernels of both engines are compared, and contents for it.
import { expect } from 'vitest';
import { jsEngine } from '../../src/engine/js-kernels.ts';
import type {
  Arena,
  CheckingKernels,
  CountingKernels,
  DecodingKernels,
  Engine,
  MatchingKernels,
} from '../../src/engine/kernel.ts';
import type { RequestKernels } from '../../src/engine/request-kernels.ts';
import { CHECKING, COUNTING, DECODING, MATCHING, REQUESTS } from '../../src/engine/sets.ts';
import { wasmEngine } from '../../src/engine/wasm.ts';
import { random } from './random.ts';

const wasm = wasmEngine();
if (typeof wasm === 'string') throw new Error(wasm);

// The arena of a case: packed records or a column at SOURCE, the output of a kernel after it.
const BYTES = 11 * 65536;
export const SOURCE = 64;
export const TARGET = 3 * 65536;
export const STATE = 5 * 65536;

/** All kernels of an engine. */
export type Kernels = DecodingKernels &
  CheckingKernels &
  CountingKernels &
  RequestKernels &
  MatchingKernels;
export const kernelsOf = (arena: Arena): Kernels => ({
  ...arena.kernels(DECODING),
  ...arena.kernels(CHECKING),
  ...arena.kernels(COUNTING),
  ...arena.kernels(REQUESTS),
  ...arena.kernels(MATCHING),
});

const memoryOf = (engine: Engine) => {
  const arena = engine.allocate(BYTES);
  return { buffer: arena.buffer, kernels: kernelsOf(arena) };
};
export const arenas = { wasm: memoryOf(wasm), js: memoryOf(jsEngine(null)) };
const before = new Uint8Array(BYTES);

// Around every lane boundary, the unrolled loops and 64 bytes; and many.
export const COUNTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 63, 64, 65, 1000];

export const noise = random(1).bytes(BYTES);
const longs = (value: (i: number) => bigint): Uint8Array =>
  new Uint8Array(
    BigInt64Array.from({ length: BYTES / 8 }, (_, i) => BigInt.asIntN(64, value(i))).buffer,
  );
const EXTREMES = [
  -(2n ** 63n),
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
  0n,
  1n,
  2n ** 32n,
  2n ** 32n - 1n,
  2n ** 31n,
  -(2n ** 31n),
  -4095n,
  -4096n,
  -1n,
];
const mixed = random(2);
const shared = random(3);

/** Contents of the memory. */
export const CONTENTS: Record<string, Uint8Array> = {
  'random bytes': noise,
  'all ones': new Uint8Array(BYTES).fill(0xff),
  'all zeros': new Uint8Array(BYTES),
  'the extremes of 64 bits': longs(() => mixed.pick(EXTREMES)),
  'both sides of what is moderate': longs(
    () => mixed.pick([2n ** 61n, -(2n ** 61n), 2n ** 52n - 2n ** 61n]) - BigInt(mixed.word() & 1),
  ),
  'bits of doubles that are no numbers': longs(() =>
    mixed.pick([0x5ff8000000000000n, 0x5ff0000000000001n, 7n, 2n ** 60n]),
  ),
  'far apart, and moderate': longs(() => (BigInt(shared.word()) << 28n) - 2n ** 59n),
  'near each other and moderate': longs(() => BigInt(shared.word()) * 16n - 2n ** 34n),
  'one value': longs(() => 0x8123456789abcdefn),
  'shared high words': longs(() => (0x80000001n << 32n) | BigInt(shared.word())),
  'shared high words of a positive number': longs(() => (7n << 32n) | BigInt(shared.word())),
  'rare results': longs(() => mixed.pick([-5n, 4096n, -4095n, -4096n, 0n, -11n])),
  'small numbers': noise.map((byte, i) => (i % 8 === 0 ? byte & 31 : 0)),
};

/** Where a kernel writes: `bytes` that both engines agree on, then `spare` unspecified ones. */
export interface Span {
  at: number;
  bytes: number;
  spare?: number;
}

const firstDifference = (a: Uint8Array, b: Uint8Array): number =>
  Buffer.compare(a, b) === 0 ? -1 : a.findIndex((byte, i) => byte !== b[i]);

/** As `expect(found).toBe(expected)`, which takes longer than most kernels. */
function same(found: unknown, expected: unknown): void {
  if (!Object.is(found, expected)) expect(found).toBe(expected);
}

const constant = new Set(Object.values(CONTENTS));
/** Which of them `before` and both memories hold, unless a case has failed. */
let held: Uint8Array | undefined;

/**
 * Expects a kernel of both engines to return and write the same, and only within the spans.
 * `prepare` changes the memory from STATE on. Contents may be a part of the memory, its beginning.
 */
export function agree(
  content: Uint8Array,
  run: (kernels: Kernels) => unknown,
  spans: Span[],
  prepare?: (memory: Uint8Array) => void,
): void {
  const [expected, ours, reference] = [before, arenas.wasm.buffer, arenas.js.buffer].map(
    (memory) => new Uint8Array('buffer' in memory ? memory.buffer : memory, 0, content.byteLength),
  );
  const all = [expected, ours, reference];
  const begin = held === content ? STATE : 0;
  if (held !== content) expected.set(content);
  prepare?.(expected);
  if (held !== content || prepare !== undefined)
    for (const memory of [ours, reference]) memory.set(expected.subarray(begin), begin);
  held = undefined;
  same(run(arenas.wasm.kernels), run(arenas.js.kernels));
  for (const { at, bytes, spare = 0 } of spans)
    for (const memory of all) memory.fill(0, at + bytes, at + bytes + spare);
  same(firstDifference(ours, reference), -1);
  for (const { at, bytes } of spans)
    for (const memory of [expected, ours]) memory.fill(0, at, at + bytes);
  same(firstDifference(ours, expected), -1);
  if (!constant.has(content)) return;
  // Everything else equals the contents: copying all of them takes longer than most kernels.
  const prepared = prepare === undefined ? [] : [{ at: STATE, bytes: content.byteLength - STATE }];
  for (const { at, bytes, spare = 0 } of [...spans, ...prepared] as Span[]) {
    const part = content.subarray(at, at + bytes + spare);
    for (const memory of all) memory.set(part, at);
  }
  held = content;
}
