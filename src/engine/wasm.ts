// The kernels of assembly/, embedded in kernel.text.ts by scripts/build-kernels.mjs.
import { messageOf } from '../errors.ts';
import { DIGITS } from './kernel.text.ts';
import {
  type Engine,
  type KernelSet,
  type KernelSets,
  kernelsOnce,
  type SetName,
} from './kernel.ts';
import { DECODING } from './sets.ts';

const PAGE_BYTES = 65536;

/** The bytes of an embedded module: two digits of base 16 each. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    { length: text.length / 2 },
    (_, i) => 16 * DIGITS.indexOf(text[2 * i]) + DIGITS.indexOf(text[2 * i + 1]),
  );

const compiled = new Map<KernelSet, WebAssembly.Module>();

/** Compiles the module of a set, once per process. */
function compile(set: KernelSet): WebAssembly.Module {
  const known = compiled.get(set);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(bytesOf(set.wasm));
  compiled.set(set, module);
  return module;
}

let failure: string | undefined;

/** Why WebAssembly SIMD does not run here; empty if it does. */
function reasonAgainst(): string {
  if (typeof WebAssembly === 'undefined') return 'WebAssembly is not available';
  try {
    compile(DECODING);
    return '';
  } catch (error) {
    return `WebAssembly SIMD is not available: ${messageOf(error)}`;
  }
}

/** Returns the engine of WebAssembly SIMD kernels, or the reason why it does not run here. */
export function wasmEngine(): Engine | string {
  failure ??= reasonAgainst();
  if (failure !== '') return failure;
  const engine: Engine = {
    name: 'wasm-simd',
    reason: null,
    origin: wasmEngine,
    allocate(byteLength) {
      const pages = Math.ceil(byteLength / PAGE_BYTES);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const kernels = kernelsOnce(<N extends SetName>(set: KernelSet<N>) => {
        const instance = new WebAssembly.Instance(compile(set), { env: { memory } });
        return instance.exports as unknown as KernelSets[N];
      });
      return { engine, buffer: memory.buffer, kernels };
    },
  };
  return engine;
}
