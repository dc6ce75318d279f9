/**
 * aioscope under Node: everything in the module for other runtimes, with paths as sources, and
 * `bench`.
 *
 * @module
 */
import { nodeHost } from './host/node/host.ts';
import { useHost } from './stream/host.ts';

export type { BenchCold, BenchRow, BenchTask } from './benchmark/bench.ts';
export type { BenchRole, BenchTaskName } from './benchmark/contender.ts';
export { type BenchOptions, type BenchReport, bench } from './host/node/bench.ts';
export type { BenchFile } from './host/node/bench-file.ts';
export * from './index.ts';

useHost(nodeHost);
