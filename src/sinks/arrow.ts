/**
 * Writes records as Apache Arrow, with their columns as they are, and without another package.
 *
 * @example
 * ```js
 * import { createWriteStream } from 'node:fs';
 * import { Readable } from 'node:stream';
 * import { pipeline } from 'node:stream/promises';
 * import { open } from 'aioscope';
 * import { arrowFile } from 'aioscope/arrow';
 *
 * const failed = open('examples/fio_nowait.ioev', { kind: 'io_event', where: 'res<0' });
 * const chunks = arrowFile(failed, { names: true });
 * await pipeline(Readable.from(chunks), createWriteStream('failed.arrow'));
 * console.log(failed.quality.selected);
 * ```
 *
 * ```text
 * 2557
 * ```
 *
 * @module
 */
export { type ArrowOptions, arrowFile, arrowStream } from './arrow/ipc.ts';
export type { TableOptions } from './table.ts';
