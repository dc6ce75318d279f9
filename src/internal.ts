/**
 * What the command line needs besides the public doors: the values of its options, and what other
 * programs have no use for. package.json does not export it.
 *
 * @module
 */
export { findMisaligned } from './analysis/findings/find-misaligned.ts';
export { sidesOfMany } from './analysis/match/many.ts';
export { MATCH_KEYS, MATCH_ORDERS } from './analysis/match/options.ts';
export { addCalls } from './analysis/report/calls.ts';
export { reportRefused } from './analysis/report/one.ts';
export { ENGINES } from './engine/kernel.ts';
export { exportText } from './host/node/export-text.ts';
export { type TextOptions, textOf } from './host/node/text-rows.ts';
export { possibleSchemas } from './layout/detect.ts';
export { PRESETS } from './layout/preset.ts';
export { ENDIANS, haveSameColumns, joinSchemas, KINDS } from './layout/schema.ts';
export { runColumns, runNameReader } from './sinks/run-columns.ts';
export { PARQUET_CODECS, TS_TYPES } from './sinks/table.ts';
export { inspectPart } from './stream/inspect.ts';
export { Opened } from './stream/open-source.ts';
export { COMPRESSIONS } from './stream/options.ts';
export { placeEmpty, released } from './stream/recognize.ts';
export { type OpenOne, openerOf, openTogether } from './stream/siblings.ts';
export { TimeConversion, TS_UNITS } from './stream/times.ts';
