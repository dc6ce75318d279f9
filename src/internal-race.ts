/**
 * What the race of the page needs, which is loaded with it. package.json does not export it.
 *
 * @module
 */
export { checkAgreement } from './benchmark/agreement.ts';
export { type BenchRecords, type Contender, load } from './benchmark/contender.ts';
export { readBenchInput } from './benchmark/input.ts';
export { viewsTask } from './benchmark/tasks.ts';
export { jsEngine } from './engine/js-kernels.ts';
export { wasmEngine } from './engine/wasm.ts';
export { columnArray } from './stream/decoder.ts';
