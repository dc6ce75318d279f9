/**
 * `aioscope/import`: reads logs of other programs, such as strace, as records.
 *
 * @example
 * ```js
 * import { importLog } from 'aioscope/import';
 *
 * const log = importLog('test/fixtures/captures/case_rwf.strace.gz');
 * const counts = new Map();
 * for await (const { part, batch } of log)
 *   counts.set(part, (counts.get(part) ?? 0) + batch.length);
 * console.log(Object.fromEntries(counts), log.manifest.clock.id);
 * ```
 *
 * ```text
 * { submissions: 330, completions: 330, refused: 96, calls: 757 } realtime
 * ```
 *
 * @module
 */

export type { UnparsedLine } from './import/import-lines.ts';
export {
  type ImportOptions,
  importLog,
  LOG_FORMATS,
  type LogFormatName,
  LogImport,
} from './import/import-log.ts';
export type { RunNames, TraceDescriptor, TraceProcess } from './layout/run-names.ts';
export type { PartChunk } from './trace/builder.ts';
export type { CallBatch } from './trace/calls.ts';
export type { ImportedBatch } from './trace/decode-chunk.ts';
export type {
  TraceAbsence,
  TraceClock,
  TraceLoss,
  TraceManifest,
  TracePart,
  TraceSelection,
} from './trace/manifest.ts';
export { MANIFEST_FILE, type PartName } from './trace/part.ts';
