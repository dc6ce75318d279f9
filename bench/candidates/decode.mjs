// Who turns records into columns or objects: each makes `run(set)` of its inputs, and `bytes(output)` to compare what came out.
import { jsEngine } from '../../dist/engine/js-kernels.js';
import { DECODING } from '../../dist/engine/sets.js';
import { wasmEngine } from '../../dist/engine/wasm.js';
import { decode } from '../../dist/index.js';
import { RECORDS } from '../inputs.mjs';
import { aliases, LOOPS } from '../loops.mjs';
import { bytesOf, bytesOfObjects, makeColumns } from './columns.mjs';

/** An arena that holds every input set and room for the columns of one. */
function arenaOf(engine, sets) {
  const [{ byteLength: setBytes }] = sets;
  const target = setBytes * sets.length + 4096;
  const arena = engine.allocate(target + setBytes + 4096);
  for (const [i, set] of sets.entries()) new Uint8Array(arena.buffer).set(set, i * setBytes);
  return {
    buffer: arena.buffer,
    kernels: arena.kernels(DECODING),
    target,
    setBytes,
    bytes: () => Buffer.from(arena.buffer, target, setBytes),
  };
}

function copy(_, sets) {
  const { kernels, target, setBytes } = arenaOf(wasmEngine(), sets);
  return { run: (set) => kernels.gather_bytes(set * setBytes, 0, 1, target, setBytes) };
}

const kernel = (engine) => (kind, sets, count) => {
  const { kernels, target, setBytes, bytes } = arenaOf(engine(), sets);
  const run = kernels[`decode_${kind}`];
  return {
    run: (set) => run(set * setBytes, RECORDS[kind].byteLength, count, target, count),
    bytes,
  };
};

const api = (kind, sets) => ({
  run: (set) => decode(sets[set], { kind }),
  bytes: ({ columns }) => bytesOf(Object.values(columns)),
});

/** A loop into columns that it is given again and again, as the arena's are. */
const reusing = (loop, Long) => (kind, sets, count) => {
  const from = sets.map(aliases);
  const columns = makeColumns(kind, count, Long);
  return {
    run: (set) => LOOPS[loop][kind](from[set], columns, count),
    bytes: () => bytesOf(columns),
  };
};

/** A loop into columns that are made for it. */
const owning = (loop, Long) => (kind, sets, count) => ({
  run(set) {
    const columns = makeColumns(kind, count, Long);
    LOOPS[loop][kind](aliases(sets[set]), columns, count);
    return columns;
  },
  bytes: bytesOf,
});

/** A parser of `bench/peers` into objects: that is what it makes, so nothing else is timed. */
const parser = (name) => async (kind, sets) => {
  const { makeParser, keyOf } = await import(`../peers/${name}.mjs`);
  const parse = await makeParser(RECORDS[kind]);
  return {
    run: (set) => parse(sets[set]),
    bytes: (objects) => bytesOfObjects(kind, objects, keyOf),
  };
};

/** `role`: what a ratio compares; `why`: what is to be said of a row of ours where another is faster. */
export const DECODE = [
  { name: 'memory.copy', role: 'ceiling', make: copy },
  {
    name: 'aioscope, views',
    role: 'ours',
    make: kernel(wasmEngine),
    why: 'calling into WebAssembly takes longer than decoding so few records',
  },
  {
    name: 'aioscope, views, js engine',
    role: 'ours-js',
    make: kernel(() => jsEngine(null)),
    why: 'it decodes any layout field by field, as the reference for the other engine; it is used only where WebAssembly SIMD is missing',
  },
  {
    name: 'aioscope, decode()',
    role: 'ours-owned',
    make: api,
    why: 'each call compares its options and makes a batch with its quality; more than 256 records are copied into an arena and their columns out of it',
  },
  { name: 'BigInt64Array loop', role: 'loop', make: reusing('longs', BigInt64Array) },
  { name: 'Uint32Array loop', role: 'loop', make: reusing('words', Uint32Array) },
  { name: 'BigInt64Array loop, new columns', role: 'loop', make: owning('longs', BigInt64Array) },
  { name: 'DataView loop, new columns', role: 'loop', make: owning('view', BigInt64Array) },
  { name: 'structurae, objects', role: 'parser', make: parser('structurae') },
  { name: 'binary-parser, objects', role: 'parser', make: parser('binary-parser') },
  { name: 'kaitai-struct, objects', role: 'parser', make: parser('kaitai-struct') },
];
