/**
 * `aioscope/capture`: captures the native AIO of running programs, as `aioscope capture` does. For
 * Node on Linux; most methods need root.
 *
 * @example
 * ```js
 * import { CAPTURE_METHODS, checkCapture } from 'aioscope/capture';
 *
 * const working = checkCapture().filter(({ lacks }) => lacks.length === 0);
 * console.log(CAPTURE_METHODS, working.length <= CAPTURE_METHODS.length);
 * ```
 *
 * ```text
 * [ 'kprobe', 'bpftrace', 'uprobe', 'ring' ] true
 * ```
 *
 * @module
 */

export type { PartChunk } from '../trace/builder.ts';
export type { CallBatch } from '../trace/calls.ts';
export type { ImportedBatch } from '../trace/decode-chunk.ts';
export type { TraceManifest } from '../trace/manifest.ts';
export { Capture, capture } from './capture.ts';
export type { CaptureOptions } from './capture-options.ts';
export { CAPTURE_SCRIPTS, type CaptureScript, captureScript } from './capture-script.ts';
export type { CaptureProgress } from './counter.ts';
export { checkCapture, type MethodCheck } from './methods.ts';
export { CAPTURE_METHODS, type CaptureLack, type CaptureMethod } from './recorder.ts';
