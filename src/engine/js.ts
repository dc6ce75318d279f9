import { Heap } from './js-heap.ts';
import { type Engine, kernelsOnce } from './kernel.ts';

/**
 * The reference engine, which runs everywhere: kernels in plain JavaScript. Every other engine must
 * produce the same bytes.
 */
export function jsEngine(reason: string | null): Engine {
  const engine: Engine = {
    name: 'js',
    reason,
    allocate(byteLength) {
      const buffer = new ArrayBuffer(byteLength);
      const heap = new Heap(buffer);
      return { engine, buffer, kernels: kernelsOnce((set) => set.js(heap)) };
    },
  };
  return engine;
}
