/**
 * `aioscope/bench`: measures how fast records are decoded here, and checks first that all engines
 * agree. For Node, Bun and Deno.
 *
 * @module
 */
export type { BenchCold, BenchRow, BenchTask } from './benchmark/bench.ts';
export type { BenchRole, BenchTaskName } from './benchmark/contender.ts';
export { type BenchOptions, type BenchReport, bench } from './host/node/bench.ts';
export type { BenchFile } from './host/node/bench-file.ts';
