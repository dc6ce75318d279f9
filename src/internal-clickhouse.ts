/**
 * What the command line needs besides `aioscope/clickhouse`: files as parts of a load. package.json
 * does not export it.
 *
 * @module
 */
export { applyStatements, hasCodecs } from './clickhouse/apply.ts';
export { FileParts } from './clickhouse/file-parts.ts';
export { fingerprintAt } from './clickhouse/fingerprint.ts';
export { loadParts } from './clickhouse/load.ts';
export { type LoadPart, lackedBy, streamPart } from './clickhouse/load-part.ts';
