// What the first records cost in a fresh process: loading the module, the first call, and the second. `cold.mjs NAME FOLDER`

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ioEvent } from '../dist/abi/index.js';

const COUNT = 4096;
const [name, folder] = process.argv.slice(2);
const bytes = new Uint8Array(readFileSync(join(folder, 'io_event-generated-0'))).slice(
  0,
  COUNT * ioEvent.byteLength,
);

async function aioscope(engine) {
  const { decode } = await import('../dist/node.js');
  return () => decode(bytes, { kind: 'io_event', engine });
}

async function parser(peer) {
  const { makeParser } = await import(`./peers/${peer}.mjs`);
  const parse = makeParser(ioEvent);
  return () => parse(bytes);
}

async function loop() {
  const { aliases, LOOPS } = await import('./loops.mjs');
  const columns = Array.from({ length: 4 }, () => new BigInt64Array(COUNT));
  return () => LOOPS.longs.io_event(aliases(bytes), columns, COUNT);
}

const load = {
  aioscope: () => aioscope('wasm-simd'),
  'aioscope, js engine': () => aioscope('js'),
  'BigInt64Array loop': loop,
}[name];

function time(call) {
  const begun = performance.now();
  call();
  return performance.now() - begun;
}

try {
  const begun = performance.now();
  const call = await (load ?? (() => parser(name)))();
  const loadMs = performance.now() - begun;
  console.log(JSON.stringify({ loadMs, firstMs: time(call), secondMs: time(call) }));
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.log(
    JSON.stringify({
      missing: 'not installed: `npm install --prefix bench/peers --no-package-lock`',
    }),
  );
}
