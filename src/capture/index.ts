/**
 * `aioscope/capture`: captures the native AIO of running programs, as `aioscope capture` does. For
 * Node on Linux; most ways need root.
 *
 * @example
 * ```js
 * import { capture, checkCapture } from 'aioscope/capture';
 *
 * for (const { method, lacks } of checkCapture())
 *   console.log(method, lacks.map(({ what }) => what));
 *
 * const running = capture({ command: ['fio', 'job.fio'], durationMs: 10_000 });
 * for await (const { part, batch } of running) console.log(part, batch.length);
 * console.log(running.manifest.complete);
 * ```
 *
 * @module
 */

export type { PartChunk } from '../trace/builder.ts';
export type { CallBatch } from '../trace/calls.ts';
export type { ImportedBatch } from '../trace/decode-chunk.ts';
export type { TraceManifest } from '../trace/manifest.ts';
export { Capture, type CaptureOptions, capture } from './capture.ts';
export type { CaptureProgress } from './counter.ts';
export { checkCapture, type MethodCheck } from './methods.ts';
export { CAPTURE_METHODS, type CaptureLack, type CaptureMethod } from './recorder.ts';
