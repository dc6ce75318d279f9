/**
 * `aioscope/trace`: opens a trace, which is what `aioscope import` writes: the submissions,
 * completions, refused submissions and calls of one run, and a description. Functions that read
 * take a trace, or its path, in place of a source. For Node, Bun and Deno.
 *
 * @example
 * ```js
 * import { summarize } from 'aioscope';
 * import { openTrace } from 'aioscope/trace';
 *
 * const trace = await openTrace('test/fixtures/case_rwf.trace');
 * const { io_event } = (await summarize(trace)).toJSON();
 * console.log(trace.parts, trace.manifest.method, io_event?.records);
 * ```
 *
 * ```text
 * [ 'submissions', 'completions', 'refused', 'calls' ] strace 330
 * ```
 *
 * @module
 */
export { isTrace, openTrace } from './host/node/trace-folder.ts';
export type { RunNames, TraceDescriptor, TraceProcess } from './layout/run-names.ts';
export { type CallBatch, decodeCalls } from './trace/calls.ts';
export type {
  TraceAbsence,
  TraceClock,
  TraceLoss,
  TraceManifest,
  TracePart,
  TraceSelection,
} from './trace/manifest.ts';
export { packTrace } from './trace/pack.ts';
export { MANIFEST_FILE, PARTS, type PartFormat, type PartName } from './trace/part.ts';
export { Trace, type TraceFault, type TraceFiles } from './trace/trace.ts';
