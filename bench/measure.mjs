// One candidate, one size, one process: `measure.mjs JSON` prints one line of JSON, the digests of what it makes or how long a record takes.
import { createHash } from 'node:crypto';
import { Bench } from 'tinybench';
import { DECODE } from './candidates/decode.mjs';
import { STATISTICS } from './candidates/statistics.mjs';
import { readInputs } from './inputs.mjs';
import { peakKb } from './peak.mjs';

/** Records of a measured step: the clock's own cost disappears among them. */
const STEP_RECORDS = 262144;
const MISSING = 'not installed: `npm install --prefix bench/peers --no-package-lock`';

const { task, kind, data, counts, name, folder, digest } = JSON.parse(process.argv[2]);
const candidate = { decode: DECODE, statistics: STATISTICS }[task].find(
  (each) => each.name === name,
);

/** What comes of each set, as a digest. */
async function digests(count) {
  const sets = readInputs(folder, kind, data, count);
  const { run, bytes } = await candidate.make(kind, sets, count);
  const all = [];
  for (const set of sets.keys()) {
    const output = await run(set);
    if (bytes !== undefined) all.push(createHash('sha256').update(bytes(output)).digest('hex'));
  }
  return all;
}

async function time(count) {
  const sets = readInputs(folder, kind, data, count);
  const { run, isAsync } = await candidate.make(kind, sets, count);
  const rounds = STEP_RECORDS / count;
  const bench = new Bench({ time: 150, warmupTime: 80, iterations: 3, warmupIterations: 2 });
  const step = () => {
    for (let round = 0; round < rounds; round++) globalThis.output = run(round % sets.length);
  };
  const asyncStep = async () => {
    for (let round = 0; round < rounds; round++) globalThis.output = await run(round % sets.length);
  };
  bench.add(name, isAsync ? asyncStep : step);
  await bench.run();
  const [{ result }] = bench.tasks;
  if (result.error) throw result.error;
  return { nsPerRecord: (result.latency.p50 * 1e6) / STEP_RECORDS, peakMb: peakKb() / 1024 };
}

try {
  const results = [];
  for (const count of counts) results.push(digest ? await digests(count) : await time(count));
  console.log(JSON.stringify({ results }));
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.log(JSON.stringify({ missing: MISSING }));
}
