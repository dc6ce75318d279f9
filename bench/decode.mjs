// How fast do 4,096 records in the L2 cache become columns, beside the best JavaScript loops and a plain copy?
import { Bench } from 'tinybench';
import { jsEngine } from '../dist/engine/js.js';
import { wasmEngine } from '../dist/engine/wasm.js';
import { inputs } from './inputs.mjs';
import { iocbLongs, iocbWords, ioEventLongs, ioEventWords } from './loops.mjs';

const COUNT = 4096;
/** Decodes a measured step: the clock's own cost disappears among them. */
const ROUNDS = 64;

const KINDS = {
  io_event: { size: 32, loops: { 'JS loop, BigInt64Array': ioEventLongs, 'JS loop, Uint32Array pairs': ioEventWords } },
  iocb: { size: 64, loops: { 'JS loop, BigInt64Array': iocbLongs, 'JS loop, Uint32Array pairs': iocbWords } },
};

/** An arena that holds every input set and room for columns. */
function arenaOf(engine, sets) {
  const setBytes = sets[0].byteLength;
  const target = setBytes * sets.length + 4096;
  const arena = engine.allocate(target + setBytes + 4096);
  for (const [i, set] of sets.entries()) new Uint8Array(arena.buffer).set(set, i * setBytes);
  return { ...arena, target, setBytes };
}

function candidates(kind, sets) {
  const { size, loops } = KINDS[kind];
  const wasm = arenaOf(wasmEngine(), sets);
  const js = arenaOf(jsEngine(null), sets);
  const kernel = (arena) => (source) => arena.kernels[`decode_${kind}`](source, size, COUNT, arena.target, COUNT);
  return {
    'memory.copy': { arena: wasm, run: (source) => wasm.kernels.gather_bytes(source, 0, 1, wasm.target, wasm.setBytes) },
    'wasm-simd engine': { arena: wasm, run: kernel(wasm) },
    'js engine': { arena: js, run: kernel(js) },
    ...Object.fromEntries(
      Object.entries(loops).map(([name, loop]) => [name, { arena: js, run: (source) => loop(js.buffer, source, COUNT, js.target, COUNT) }]),
    ),
  };
}

/** Every candidate but the copy must make the same columns, of every set. */
function checkAgreement(all, sets) {
  const columns = ({ arena, run }, set) => {
    run(set * arena.setBytes);
    return Buffer.from(arena.buffer, arena.target, arena.setBytes).toString('latin1');
  };
  const [[, first], ...others] = Object.entries(all).filter(([name]) => name !== 'memory.copy');
  for (const set of sets.keys()) {
    const expected = columns(first, set);
    for (const [name, other] of others) if (columns(other, set) !== expected) throw new Error(`${name} decodes set ${set} differently`);
  }
}

async function measure(kind) {
  const sets = inputs(kind, COUNT);
  const all = candidates(kind, sets);
  checkAgreement(all, sets);
  const bench = new Bench({ time: 400, warmupTime: 200 });
  for (const [name, { arena, run }] of Object.entries(all)) {
    bench.add(name, () => {
      for (let round = 0; round < ROUNDS; round++) run((round % sets.length) * arena.setBytes);
    });
  }
  await bench.run();
  return bench.tasks.map(({ name, result }) => ({ name, ms: result.latency.p50 / ROUNDS }));
}

/** One table a kind. */
export async function decodeTables() {
  const tables = [];
  for (const [kind, { size }] of Object.entries(KINDS)) {
    const rows = await measure(kind);
    const copy = rows[0].ms;
    const bestLoop = Math.min(...rows.filter(({ name }) => name.startsWith('JS loop')).map(({ ms }) => ms));
    tables.push({
      title: `${kind}: ${COUNT.toLocaleString('en-US')} records to columns, in the L2 cache`,
      heads: ['', 'GB/s', 'ns/record', 'of memory.copy', 'times the best JS loop'],
      rows: rows.map(({ name, ms }) => [
        name,
        ((COUNT * size) / ms / 1e6).toFixed(1),
        ((ms * 1e6) / COUNT).toFixed(2),
        (copy / ms).toFixed(2),
        (bestLoop / ms).toFixed(1),
      ]),
    });
  }
  return tables;
}
