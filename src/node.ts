/**
 * aioscope under Node: everything of the door for every runtime, and `open`, `summarize` and `check` also take paths.
 *
 * @module
 */
export type { BenchCold, BenchRow, BenchTask } from './benchmark/bench.ts';
export type { BenchRole, BenchTaskName } from './benchmark/contender.ts';
export type { BenchOptions, BenchReport } from './host/node/bench.ts';
export type { BenchFile } from './host/node/bench-file.ts';
export { bench } from './host/node/paths/bench.ts';
export { check } from './host/node/paths/check.ts';
export { findRings } from './host/node/paths/find-rings.ts';
export { match, matchPairs, openPairs } from './host/node/paths/match.ts';
export { open } from './host/node/paths/open.ts';
export { inspect, recognize } from './host/node/paths/recognize.ts';
export { addMatch, report } from './host/node/paths/report.ts';
export type { FollowOption, NodeSource } from './host/node/paths/source.ts';
export { summarize } from './host/node/paths/summarize.ts';
export type { WorkersOption } from './host/node/summarize.ts';
export * from './index.ts';
export type { Recognized, RecognizeOptions } from './stream/recognize.ts';
