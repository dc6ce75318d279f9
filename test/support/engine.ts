// The engine of this run of test/engines/, for tests that name the engine: each run asks about its own.
export const OWN_ENGINE: 'js' | 'wasm-simd' =
  process.env['AIOSCOPE_ENGINE'] === 'js' ? 'js' : 'wasm-simd';
