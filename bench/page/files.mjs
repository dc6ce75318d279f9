// Long files for the bench of the page: a simulated run of completions, again and again, in the order of time.
import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { generate } from '../../dist/generate/index.js';
import { resolveSchema } from '../../dist/node.js';

export const FORMAT = { kind: 'io_event', layout: 'traced', endian: 'little' };
const BLOCK_RECORDS = 2 ** 18;

const { stride, columns } = resolveSchema(FORMAT);
export const STRIDE = stride;
const TS_OFFSET = columns.find(({ name }) => name === 'ts').sourceOffset;

let block;

/** A simulated run, and the least and the greatest of its times. */
function simulated() {
  const bytes = Buffer.concat([...generate({ ...FORMAT, records: BLOCK_RECORDS })]);
  let [least, greatest] = [2n ** 64n, 0n];
  for (let at = TS_OFFSET; at < bytes.byteLength; at += stride) {
    const ts = bytes.readBigUInt64LE(at);
    if (ts < least) least = ts;
    if (ts > greatest) greatest = ts;
  }
  return { bytes, length: greatest - least + 1n };
}

/** Writes `dense` bytes of records, the times of every run after those of the run before it; the file then has `bytes`. */
export function makeFile(file, bytes, dense = bytes) {
  block ??= simulated();
  const { bytes: run, length } = block;
  const copy = Buffer.from(run);
  const fd = openSync(file, 'w');
  for (let written = 0, turn = 0n; written < dense; written += copy.byteLength, turn += 1n) {
    for (let at = TS_OFFSET; at < copy.byteLength; at += stride)
      copy.writeBigUInt64LE(run.readBigUInt64LE(at) + turn * length, at);
    writeSync(fd, copy, 0, Math.min(copy.byteLength, dense - written));
  }
  ftruncateSync(fd, bytes);
  closeSync(fd);
}
