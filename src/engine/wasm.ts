// The kernels of assembly/, embedded in kernel.text.ts by scripts/build-kernels.mjs.
import { AioscopeError, messageOf } from '../errors.ts';
import { DIGITS, KERNEL_BUILD } from './kernel.text.ts';
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
export const bytesOf = (text: string): InstanceType<Uint8ArrayConstructor> =>
  Uint8Array.from(
    { length: text.length / 2 },
    (_, i) => 16 * DIGITS.indexOf(text[2 * i]) + DIGITS.indexOf(text[2 * i + 1]),
  );

const compiled = new Map<KernelSet, WebAssembly.Module>();
/** The module of all sets that a program has handed in. */
let handedIn: WebAssembly.Module | undefined;

/** Compiles the module of a set, once per process, unless one was handed in. */
function compile(set: KernelSet): WebAssembly.Module {
  const known = handedIn ?? compiled.get(set);
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

/** The section of `aioscope/kernel.wasm` that names its build. */
const SECTION = 'aioscope';

/** The build of a kernel module; undefined if it does not name one. */
function buildOf(module: object): string | undefined {
  try {
    const [section] = WebAssembly.Module.customSections(module as WebAssembly.Module, SECTION);
    return section && new TextDecoder().decode(section);
  } catch (cause) {
    const message =
      'the kernel is not a compiled module; ' +
      'it must be a WebAssembly.Module of aioscope/kernel.wasm';
    throw new AioscopeError('AIOSCOPE_OPTION', message, { cause });
  }
}

/**
 * Uses a compiled module of `aioscope/kernel.wasm` from now on, where a runtime or a policy does
 * not let a program compile WebAssembly: `import kernel from 'aioscope/kernel.wasm'` is such a
 * module in edge runtimes. The engine is `wasm-simd` then, in workers too.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for anything but a compiled module, `AIOSCOPE_ENGINE` for
 *   one that is not the kernel of this build, or without WebAssembly
 */
export function useKernel(module: object): void {
  if (typeof WebAssembly === 'undefined')
    throw new AioscopeError(
      'AIOSCOPE_ENGINE',
      'a kernel needs WebAssembly, which is not available',
    );
  const build = buildOf(module);
  if (build !== KERNEL_BUILD)
    throw new AioscopeError(
      'AIOSCOPE_ENGINE',
      `the kernel is ${build === undefined ? 'not that of aioscope' : `of build ${build}`}, ` +
        `expected build ${KERNEL_BUILD}; take kernel.wasm from the same package as the code`,
    );
  handedIn = module as WebAssembly.Module;
  failure = '';
}

/** The module that `useKernel` was given, for other threads. */
export const kernelInUse = (): object | undefined => handedIn;

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
