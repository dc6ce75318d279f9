/**
 * Makes dumps of simulated programs, to try a layout or a tool before there are real ones.
 *
 * @example
 * ```js
 * import { decode } from 'aioscope';
 * import { generate } from 'aioscope/generate';
 *
 * for (const bytes of generate({ kind: 'iocb', layout: 'traced', records: 1000, seed: 2 })) {
 *   const batch = decode(bytes, { kind: 'iocb', layout: 'traced' });
 *   console.log(batch.length, batch.columns.pid[0], batch.named('aio_lio_opcode', 0));
 * }
 * ```
 *
 * ```text
 * 1000 1873 IOCB_CMD_PREAD
 * ```
 *
 * @module
 */
export { type GenerateOptions, generate } from './generate.ts';
