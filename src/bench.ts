/**
 * Measures how fast records are decoded here, after a check that all engines agree: under Node, Bun
 * and Deno.
 *
 * @example
 * ```js
 * import { bench } from 'aioscope/bench';
 *
 * const { tasks } = await bench('examples/fio_nowait.ioev', { time: 0.05 });
 * for (const { task, place, rows } of tasks)
 *   console.log(task, place, ...rows.map((row) => `${row.name} ${row.nsPerRecord} ns`));
 * ```
 *
 * @module
 */
export type { BenchCold, BenchRow, BenchTask } from './benchmark/bench.ts';
export type { BenchRole, BenchTaskName } from './benchmark/contender.ts';
export { type BenchOptions, type BenchReport, bench } from './host/node/bench.ts';
export type { BenchFile } from './host/node/bench-file.ts';
