/**
 * `aioscope/generate`: makes dumps of simulated programs, to try a tool or a layout before there
 * are real ones. Works in every runtime.
 *
 * @module
 */
export { type GenerateOptions, generate } from './generate.ts';
