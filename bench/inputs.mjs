// What every candidate in memory is given: two sets of records, taken in turn, so that no JIT can fold one into a constant.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { iocb, ioEvent } from '../dist/abi/index.js';
import { generate } from '../dist/generate/index.js';

export const RECORDS = { io_event: ioEvent, iocb };
/** Two sets of 4,096 and the columns of one stay in an L2 cache of 1 MiB together. */
const SETS = [0, 1];
const COUNT_MAX = 262144;

/** `generated` is a mix of busy programs; `captured` is one fio run, whose tag and second result are always 0. */
const MAKE = {
  generated: (kind, set) =>
    Buffer.concat([...generate({ kind, records: COUNT_MAX, seed: set + 1 })]),
  captured(kind, set) {
    const bytes = readFileSync(
      new URL(`../examples/fio_nowait.${kind === 'iocb' ? 'iocb' : 'ioev'}`, import.meta.url),
    );
    const { byteLength } = RECORDS[kind];
    const turned = Buffer.concat([
      bytes.subarray(set * 509 * byteLength),
      bytes.subarray(0, set * 509 * byteLength),
    ]);
    return Buffer.alloc(COUNT_MAX * byteLength, turned);
  },
};

const path = (folder, kind, data, set) => join(folder, `${kind}-${data}-${set}`);

/** Make every set once a run. */
export function writeInputs(folder) {
  for (const kind of Object.keys(RECORDS)) {
    for (const [data, make] of Object.entries(MAKE))
      for (const set of SETS) writeFileSync(path(folder, kind, data, set), make(kind, set));
  }
}

/** The first `count` records of every set, each in memory of its own. */
export const readInputs = (folder, kind, data, count) =>
  SETS.map((set) =>
    new Uint8Array(readFileSync(path(folder, kind, data, set))).slice(
      0,
      count * RECORDS[kind].byteLength,
    ),
  );
