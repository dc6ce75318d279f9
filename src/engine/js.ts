import { type Heap, heapOf } from './js-heap.ts';
import { type Engine, type KernelSets, kernelsOnce, type SetName } from './kernel.ts';

/** Kernels in plain JavaScript, by set. */
export type JsKernels = { readonly [N in SetName]: (heap: Heap) => KernelSets[N] };

/** Makes an engine, for the reason why no faster one runs. */
export type MakeEngine = (reason: string | null) => Engine;

/**
 * The reference engine, which runs everywhere: kernels in plain JavaScript. Every other engine must
 * produce the same bytes. `load` returns the sets that its callers use, at once or later.
 */
export const jsEngineOf =
  (load: () => Partial<JsKernels> | Promise<JsKernels>): MakeEngine =>
  (reason) => {
    const engine: Engine = {
      name: 'js',
      reason,
      origin: load,
      allocate(byteLength) {
        const buffer = new ArrayBuffer(byteLength);
        const heap = heapOf(buffer);
        const loaded = load();
        let sets = (loaded instanceof Promise ? {} : loaded) as JsKernels;
        const ready = Promise.resolve(loaded).then((later) => {
          sets = later as JsKernels;
        });
        return { engine, buffer, ready, kernels: kernelsOnce(({ name }) => sets[name](heap)) };
      },
    };
    return engine;
  };
