// How many pairs are false, and how far percentiles are off, where records were lost?
// `npm run bench:loss [RUNS] [FOLDER]`: drops records of captures at random on both sides, with
// aio_data 0, matches the rest, and compares with the pairs of the whole. FOLDER has captures as
// NAME.iocb88 and NAME.ioev56; of test/fixtures/captures unless given. Prints a row per share lost.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const library = process.env.AIOSCOPE_DIST ?? join(root, 'dist');
const { match, openPairs } = await import(pathToFileURL(join(library, 'node.js')).href);

const RUNS = Number(process.argv[2] ?? 10);
const folder = process.argv[3] ?? join(root, 'test/fixtures/captures');
const LEVELS = [0, 0.001, 0.005, 0.01, 0.05, 0.2];
/** Captures with fewer requests have too few false pairs to count. */
const REQUESTS_MIN = 4000;
const SIDES = [
  { end: 'iocb88', stride: 88, data: 24 },
  { end: 'ioev56', stride: 56, data: 24 },
];

/** Random numbers from 0 to 1, the same for the same seed. */
function randoms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A side of a capture, with data 0: only addresses tell requests apart. */
function sideOf(name, { end, stride, data }) {
  const file = readdirSync(folder).find((each) =>
    new RegExp(`^${name}\\.${end}(\\.gz)?$`).test(each),
  );
  const bytes = readFileSync(join(folder, file));
  const whole = new Uint8Array(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  for (let at = 0; at + stride <= whole.length; at += stride)
    whole.fill(0, at + data, at + data + 8);
  return whole;
}

/** The records that are kept, and the index that each had in the whole. */
function thinned(bytes, stride, share, random) {
  const kept = [];
  for (let i = 0; i < bytes.length / stride; i++) if (random() >= share) kept.push(i);
  const left = new Uint8Array(kept.length * stride);
  for (const [to, i] of kept.entries())
    left.set(bytes.subarray(i * stride, (i + 1) * stride), to * stride);
  return { left, kept };
}

const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
};

async function pairsOf(submissions, completions) {
  const pairs = [];
  for await (const { columns, length } of await openPairs(submissions, completions, FORMAT))
    for (let i = 0; i < length; i++)
      pairs.push([
        Number(columns.submissionIndex[i]),
        Number(columns.completionIndex[i]),
        columns.doubt?.[i] ?? 0,
      ]);
  return pairs;
}

const names = readdirSync(folder)
  .map((file) => /^(.+)\.iocb88(\.gz)?$/.exec(file)?.[1])
  .filter((name) => name !== undefined);
const captures = [];
for (const name of new Set(names)) {
  const sides = SIDES.map((side) => sideOf(name, side));
  if (sides[0].length / 88 < REQUESTS_MIN) continue;
  const truth = new Map((await pairsOf(...sides)).map(([s, c]) => [c, s]));
  const { latencyNs } = (await match(...sides, FORMAT)).toJSON();
  captures.push({ name, sides, truth, latencyNs });
}

const near = (found, right, share) =>
  Math.abs(Number(found) - Number(right)) <= share * Number(right);
const rows = [];
for (const level of LEVELS) {
  const row = {
    lost: `${level * 100} %`,
    runs: 0,
    pairs: 0,
    wrong: 0,
    expected: 0,
    p50: 0,
    p99: 0,
    max: 0,
  };
  for (const { name, sides, truth, latencyNs } of captures)
    for (let run = 0; run < RUNS; run++) {
      const random = randoms(run * 7919 + name.length * 104729 + Math.round(level * 1e6));
      const [first, second] = sides.map((side, i) => thinned(side, SIDES[i].stride, level, random));
      const result = (await match(first.left, second.left, FORMAT)).toJSON();
      const counts = result.quality.counted?.secondPairs ?? true;
      for (const [s, c, doubt] of await pairsOf(first.left, second.left)) {
        if (doubt === 1 && !counts) continue;
        row.pairs += 1;
        if (truth.get(second.kept[c]) !== first.kept[s]) row.wrong += 1;
      }
      row.runs += 1;
      row.expected += result.quality.expectedFalsePairs ?? 0;
      if (near(result.latencyNs.p50, latencyNs.p50, 0.01)) row.p50 += 1;
      if (near(result.latencyNs.p99, latencyNs.p99, 0.01)) row.p99 += 1;
      if (near(result.latencyNs.max, latencyNs.max, 0.01)) row.max += 1;
    }
  rows.push({
    lost: row.lost,
    runs: row.runs,
    'wrong %': Number(((100 * row.wrong) / row.pairs).toFixed(4)),
    'expected / wrong': row.wrong === 0 ? null : Number((row.expected / row.wrong).toFixed(2)),
    'p50 within 1 %': Number((row.p50 / row.runs).toFixed(3)),
    'p99 within 1 %': Number((row.p99 / row.runs).toFixed(3)),
    'max within 1 %': Number((row.max / row.runs).toFixed(3)),
  });
}
console.log(captures.map(({ name }) => name).join(', '));
console.table(rows);
