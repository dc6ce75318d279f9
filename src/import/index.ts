/**
 * `aioscope/import`: reads what other programs print of native AIO, such as the log of strace, as
 * records.
 *
 * @module
 */

export { CALLS, type CallName } from '../abi/call.ts';
export type { PartChunk } from '../trace/builder.ts';
export type { CallBatch } from '../trace/calls.ts';
export type {
  AbsentField,
  TraceClock,
  TraceDescriptor,
  TraceLoss,
  TraceManifest,
  TracePart,
  TraceProcess,
} from '../trace/manifest.ts';
export { MANIFEST_FILE, type PartName } from '../trace/part.ts';
export type { UnparsedLine } from './import-lines.ts';
export {
  type ImportedBatch,
  type ImportOptions,
  importLog,
  LOG_FORMATS,
  type LogFormatName,
  LogImport,
} from './import-log.ts';
