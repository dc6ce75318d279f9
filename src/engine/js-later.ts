import { jsEngineOf, type MakeEngine } from './js.ts';

/** The engine whose kernels are loaded on demand: wait for `ready` of its arenas. */
export const laterJsEngine: MakeEngine = jsEngineOf(
  async () => (await import('./js-kernels.ts')).JS_KERNELS,
);
