// What every candidate is given: several sets of records, taken in turn, so that no JIT can fold one into a constant.
import { readFileSync } from 'node:fs';

/** Two sets and the columns of one stay in an L2 cache of 1 MiB together. */
const SETS = 2;

/** `SETS` runs of `count` records each, cut from a shipped capture at different places. */
export function inputs(kind, count) {
  const bytes = readFileSync(new URL(`../examples/fio_nowait.${kind === 'iocb' ? 'iocb' : 'ioev'}`, import.meta.url));
  const size = kind === 'iocb' ? 64 : 32;
  const records = bytes.byteLength / size;
  return Array.from({ length: SETS }, (_, set) => {
    const copy = new Uint8Array(count * size);
    for (let i = 0; i < count; i++) {
      const from = ((i + set * 509) % records) * size;
      copy.set(bytes.subarray(from, from + size), i * size);
    }
    return copy;
  });
}
