// The kernels of assembly/, embedded in kernel.base64.ts by scripts/embed-kernel.mjs.
import { messageOf } from '../errors.ts';
import { KERNEL_BASE64 } from './kernel.base64.ts';
import type { Engine, Kernels } from './kernel.ts';

const PAGE_BYTES = 65536;

let compiled: WebAssembly.Module | string | undefined;

/** Compiles the kernel's module, once per process; returns the reason if it cannot be compiled. */
function compile(): WebAssembly.Module | string {
  if (typeof WebAssembly === 'undefined') return 'WebAssembly is not available';
  try {
    return new WebAssembly.Module(
      Uint8Array.from(atob(KERNEL_BASE64), (char) => char.charCodeAt(0)),
    );
  } catch (error) {
    return `WebAssembly SIMD is not available: ${messageOf(error)}`;
  }
}

/** Returns the engine of WebAssembly SIMD kernels, or the reason why it does not run here. */
export function wasmEngine(): Engine | string {
  compiled ??= compile();
  if (typeof compiled === 'string') return compiled;
  const module = compiled;
  return {
    name: 'wasm-simd',
    reason: null,
    allocate(byteLength) {
      const pages = Math.ceil(byteLength / PAGE_BYTES);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const instance = new WebAssembly.Instance(module, { env: { memory } });
      return { buffer: memory.buffer, kernels: instance.exports as Kernels };
    },
  };
}
