// Who computes the exact minimum, maximum and sum of every column: each makes `run(set)`, which gives them as text.
import { ColumnStats, ColumnTallies } from '../../dist/analysis/summary/column-stats.js';
import { jsEngine } from '../../dist/engine/js-kernels.js';
import { wasmEngine } from '../../dist/engine/wasm.js';
import { resolveSchema, summarize } from '../../dist/index.js';
import { Decoder } from '../../dist/stream/decoder.js';
import { RECORDS } from '../inputs.mjs';
import { DECODE } from './decode.mjs';

/** What `summarize` decodes and counts at once. */
const BLOCK_RECORDS = 2048;

const texts = (stats) => stats.map(({ min, max, sum }) => `${min} ${max} ${sum}`).join('\n');

/** The engine's own part of `summarize`: decode a block, tally its columns, go on. The records lie in the arena already. */
const engine = (make) => (kind, sets, count) => {
  const schema = resolveSchema({ kind });
  const decoder = new Decoder(
    schema,
    make(),
    BLOCK_RECORDS,
    Math.ceil((sets.length * count) / BLOCK_RECORDS),
  );
  for (const [i, set] of sets.entries()) decoder.source.set(set, i * set.byteLength);
  const tallies = new ColumnTallies(decoder);
  return {
    run(set) {
      for (let done = 0; done < count; done += BLOCK_RECORDS) {
        const records = Math.min(BLOCK_RECORDS, count - done);
        decoder.decode((set * count + done) * schema.stride, records);
        tallies.add(records);
      }
      const stats = new Map(schema.columns.map(({ name }) => [name, new ColumnStats()]));
      tallies.settle(stats);
      return [...stats.values()];
    },
    bytes: texts,
  };
};

/** The whole of it, as a user calls it; it counts errors, sizes, opcodes, descriptors and flags besides. */
const api = (kind, sets) => ({
  run: (set) => summarize(sets[set], { kind }),
  bytes: (summary) => texts(Object.values(summary.toJSON()[kind].columns)),
  isAsync: true,
});

const ARRAYS = {
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  i64: BigInt64Array,
};

/** The plain loop over one field, by its distance in values: 64-bit sums are bigint, the others stay numbers (up to 2^21 records). */
function statisticsOf(values, first, step, zero) {
  let min = values[first];
  let max = min;
  let sum = zero;
  for (let i = first; i < values.length; i += step) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, max, sum };
}
/** One loop for bigint and one for numbers, so that neither slows the other. */
const bigintStatistics = new Function(`return ${statisticsOf}`)();

const bigints = (kind, sets) => ({
  run: (set) =>
    RECORDS[kind].fields.map(({ type, offset }) => {
      const Values = ARRAYS[type];
      const { buffer, byteOffset, byteLength } = sets[set];
      const width = Values.BYTES_PER_ELEMENT;
      const values = new Values(buffer, byteOffset, byteLength / width);
      const loop = width === 8 ? bigintStatistics : statisticsOf;
      return loop(values, offset / width, RECORDS[kind].byteLength / width, width === 8 ? 0n : 0);
    }),
  bytes: texts,
});

export const STATISTICS = [
  DECODE[0],
  {
    name: 'aioscope',
    role: 'ours',
    make: engine(wasmEngine),
    why: 'the calls take longer than so few records',
  },
  {
    name: 'aioscope, js engine',
    role: 'ours-js',
    make: engine(() => jsEngine(null)),
    why: 'it makes columns first, which takes too long for a block of few records',
  },
  {
    name: 'aioscope, summarize()',
    role: 'ours-owned',
    make: api,
    why: 'opening a source, planning an arena and totalling its tables takes a tenth of a millisecond whatever the size; it also counts errors, sizes, opcodes and descriptors',
  },
  { name: 'BigInt loop', role: 'loop', make: bigints },
];
