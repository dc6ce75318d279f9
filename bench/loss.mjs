// How many pairs are false, and how far percentiles are off, where records were lost?
// `npm run bench:loss [RUNS] [FOLDER]`: drops records of captures on both sides, at random or in a
// burst, with aio_data 0 and perhaps refused submissions added, matches the rest, and compares
// with the pairs of the whole. FOLDER has captures as NAME.iocb88 and NAME.ioev56; of
// test/fixtures/captures unless given. Prints a row per way of losing records.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { randoms } from './randoms.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const library = process.env.AIOSCOPE_DIST ?? join(root, 'dist');
const { match, openPairs } = await import(pathToFileURL(join(library, 'node.js')).href);

const RUNS = Number(process.argv[2] ?? 10);
const folder = process.argv[3] ?? join(root, 'test/fixtures/captures');
const LEVELS = [0, 0.001, 0.005, 0.01, 0.05, 0.2];
const WAYS = [
  ...LEVELS.map((share) => ({ name: `${share * 100} %`, share })),
  ...LEVELS.map((share) => ({ name: `${share * 100} %, 5 % refused`, share, refused: 0.05 })),
  { name: 'burst of 1,000', share: 0, burst: () => 1000 },
  { name: 'bursts of 1,000: 5 %', share: 0, burst: () => 1000, bursts: 0.05 },
];
/** Captures with fewer requests have too few false pairs to count. */
const REQUESTS_MIN = 4000;
const SIDES = [
  { end: 'iocb88', stride: 88, data: 24 },
  { end: 'ioev56', stride: 56, data: 24 },
];

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

const timeOf = (bytes, at) => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true);

/** The records in order of time of both sides, as [time, side, index]. */
function timeline(sides) {
  const all = sides.flatMap((bytes, side) => {
    const { stride } = SIDES[side];
    return Array.from({ length: bytes.length / stride }, (_, i) => [
      timeOf(bytes, i * stride),
      side,
      i,
    ]);
  });
  return all.sort((a, b) => (a[0] < b[0] ? -1 : Number(a[0] > b[0])));
}

/** Whether each record of each side is lost. */
function lostOf({ sides, ordered }, { share, burst, bursts }, random) {
  const lost = sides.map((bytes, side) =>
    Uint8Array.from({ length: bytes.length / SIDES[side].stride }, () => Number(random() < share)),
  );
  if (burst === undefined) return lost;
  const length = burst();
  const count = bursts === undefined ? 1 : Math.round((bursts * ordered.length) / length);
  for (let b = 0; b < count; b++) {
    const from = Math.floor(random() * (ordered.length - length));
    for (const [, side, i] of ordered.slice(from, from + length)) lost[side][i] = 1;
  }
  return lost;
}

/** A copy of a submission that io_submit refused: of no opcode, or submitted again at once. */
function refusedCopy(record, random) {
  const copy = record.slice();
  const view = new DataView(copy.buffer);
  view.setBigUint64(0, view.getBigUint64(0, true) - 500n, true);
  if (random() < 0.5) view.setUint16(24 + 16, 0x7777, true);
  return copy;
}

/** The records that are kept, and the index that each had in the whole; -1 of added ones. */
function thinned(bytes, side, lost, refused, random) {
  const { stride } = SIDES[side];
  const kept = [];
  const records = [];
  for (let i = 0; i < bytes.length / stride; i++) {
    const record = bytes.slice(i * stride, (i + 1) * stride);
    if (side === 0 && refused !== undefined && random() < refused) {
      kept.push(-1);
      records.push(refusedCopy(record, random));
    }
    if (lost[i] === 1) continue;
    kept.push(i);
    records.push(record);
  }
  return { left: new Uint8Array(Buffer.concat(records)), kept };
}

const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
};

/** The exact percentile of ascending latencies: those of a match are within 0.8 %. */
const percentile = (ascending, share) =>
  ascending[Math.max(1, Math.ceil(ascending.length * share)) - 1];

const sorted = (latencies) => Float64Array.from(latencies).sort();

async function pairsOf(submissions, completions) {
  const pairs = [];
  for await (const { columns, length } of await openPairs(submissions, completions, FORMAT))
    for (let i = 0; i < length; i++)
      pairs.push([
        Number(columns.submissionIndex[i]),
        Number(columns.completionIndex[i]),
        columns.doubt[i],
        columns.ts[i],
        columns.completionTs[i],
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
  const pairs = await pairsOf(...sides);
  const truth = new Map(pairs.map(([s, c]) => [c, s]));
  const latencies = pairs.map(([, , , from, to]) => Number(to - from));
  captures.push({ name, sides, ordered: timeline(sides), truth, pairs, latencies });
}

const isNear = (found, right, share) =>
  Math.abs(Number(found) - Number(right)) <= share * Number(right);
const PARTS = [
  ['p50', 0.5, 0.01],
  ['p99', 0.99, 0.01],
  ['p99.9', 0.999, 0.01],
  ['max', 1, 0.01],
  ['p50', 0.5, 0.05],
  ['p99', 0.99, 0.1],
];

/** The latencies of the pairs of which neither record is lost. */
const leftOf = ({ pairs }, lost) =>
  pairs.filter(([s, c]) => !lost[0][s] && !lost[1][c]).map(([, , , from, to]) => Number(to - from));

/** Matches what is left of a capture, and adds to a row. */
async function run(row, capture, way, seed) {
  const random = randoms(seed);
  const lost = lostOf(capture, way, random);
  const [first, second] = capture.sides.map((bytes, side) =>
    thinned(bytes, side, lost[side], way.refused, random),
  );
  const { quality } = (await match(first.left, second.left, FORMAT)).toJSON();
  const gaps = quality.silences.filter((silence) => silence.lost);
  const isAcross = (from, to) =>
    gaps.some(({ at, lengthNs }) => BigInt(at) >= from && BigInt(at) + BigInt(lengthNs) <= to);
  let wrong = 0;
  const latencies = [];
  for (const [s, c, doubt, from, to] of await pairsOf(first.left, second.left)) {
    if (doubt === 1 && !quality.counted.secondPairs) continue;
    if (doubt === 2 && isAcross(from, to)) continue;
    latencies.push(Number(to - from));
    if (capture.truth.get(second.kept[c]) !== first.kept[s]) wrong += 1;
  }
  row.runs += 1;
  row.shares.push((100 * wrong) / latencies.length);
  row.wrong += wrong;
  row.expected += quality.expectedFalsePairs;
  const [ascending, whole, left] = [latencies, capture.latencies, leftOf(capture, lost)].map(
    sorted,
  );
  for (const [i, [, share, within]] of PARTS.entries())
    for (const [reference, near] of [
      [whole, row.near],
      [left, row.nearLeft],
    ])
      if (isNear(percentile(ascending, share), percentile(reference, share), within)) near[i] += 1;
}

const rows = [];
const percentiles = { all: [], left: [] };
for (const way of WAYS) {
  const counts = { near: PARTS.map(() => 0), nearLeft: PARTS.map(() => 0) };
  const row = { runs: 0, shares: [], wrong: 0, expected: 0, ...counts };
  for (const capture of captures)
    for (let seed = 0; seed < RUNS; seed++)
      await run(row, capture, way, seed * 7919 + capture.name.length * 104729 + way.name.length);
  const mean = row.shares.reduce((sum, share) => sum + share, 0) / row.runs;
  rows.push({
    lost: way.name,
    runs: row.runs,
    'wrong %': Number(mean.toFixed(4)),
    wrong: row.wrong,
    'expected / wrong': row.wrong < 50 ? null : Number((row.expected / row.wrong).toFixed(2)),
  });
  const sharesOf = (near) =>
    PARTS.map(([name, , within], i) => [
      `${name} ±${100 * within} %`,
      Number((near[i] / row.runs).toFixed(3)),
    ]);
  percentiles.all.push({ lost: way.name, ...Object.fromEntries(sharesOf(row.near)) });
  percentiles.left.push({ lost: way.name, ...Object.fromEntries(sharesOf(row.nearLeft)) });
}
console.log(captures.map(({ name }) => name).join(', '));
console.table(rows);
console.log('share of runs whose percentiles are those of all pairs of the whole capture');
console.table(percentiles.all);
console.log('share of runs whose percentiles are those of the pairs that lost no record');
console.table(percentiles.left);
