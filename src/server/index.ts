/**
 * A server of the page and of files on loopback, for `aioscope view`. package.json does not export
 * it.
 *
 * @module
 */
export type { FileToServe } from './files.ts';
export { serve } from './serve.ts';
