/**
 * `aioscope/trace`: opens a trace, which is what `aioscope import` writes: the submissions,
 * completions, refused submissions and calls of one run, and a description. For Node, Bun and Deno.
 *
 * @example
 * ```js
 * import { summarize } from 'aioscope';
 * import { openTrace } from 'aioscope/trace';
 *
 * const trace = openTrace('test/fixtures/case_rwf.trace');
 * const completions = trace.open('completions');
 * if (completions === undefined) throw new Error('no completions');
 * const { io_event } = (await summarize(completions)).toJSON();
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
export { type CallBatch, decodeCalls } from './trace/calls.ts';
export type {
  TraceAbsence,
  TraceClock,
  TraceDescriptor,
  TraceLoss,
  TraceManifest,
  TracePart,
  TraceProcess,
} from './trace/manifest.ts';
export { PARTS, type PartFormat, type PartName } from './trace/part.ts';
export { Trace, type TraceFiles } from './trace/trace.ts';
